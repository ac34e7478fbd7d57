"""What zig links has a link map, too."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from mtc.build import cmake
from mtc.build.binary import read_layout
from mtc.build.link_map import read_map
from mtc.build.size_report import UNATTRIBUTED, report
from mtc.build.toolchains.zig import zig_binary
from mtc.build.zig_map import write_zig_map

KERNEL = 'extern "C" __attribute__((used)) int probe(int x) { static int calls[9]; return ++calls[x & 7] * 3; }\n'


@pytest.fixture(params=["aarch64-linux-musl", "x86_64-windows-gnu", "wasm32-wasi", "aarch64-macos"])
def linked(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A build folder in which zig linked one kernel."""
    zig = zig_binary()
    if zig is None:
        pytest.skip("needs zig: pip install ziglang")
    folder = tmp_path / "a build"  # zig puts nothing around the space
    folder.mkdir()
    kernel = folder / "mtc_kernels.dir/kernels/portable/probe.cpp"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(KERNEL)
    named = "-install_name probe" if request.param.endswith("-macos") else ""  # as CMake does, or it is the path
    compiler = f"{shlex.quote(str(zig))} c++ -target {request.param} -g0 -O2 -fPIC -ffunction-sections"
    made = f"{kernel.relative_to(folder)}.o"
    (folder / "build.ninja").write_text(
        f"rule compile\n  command = {compiler} -c $in -o $out\n"
        f"rule link\n  command = : && {compiler} -s -shared {named} $in -o $out && :\n"
        f"build {made}: compile {kernel.relative_to(folder)}\n"
        f"build libprobe.so: link {made}\nbuild probe: phony libprobe.so\n"
    )
    subprocess.run([cmake.program("ninja"), "probe"], cwd=folder, check=True, capture_output=True)
    return folder


def test_the_map_is_of_what_was_linked(linked: Path) -> None:
    before = (linked / "libprobe.so").read_bytes()
    write_zig_map(linked, "probe", linked / "probe.map")
    made = report(linked / "libprobe.so", linked / "probe.map")
    assert ("mtc kernels", "probe@portable") in {(row.component, row.part) for row in made.rows}
    assert UNATTRIBUTED not in made.by_component() and sum(row.bytes for row in made.rows) == len(before)
    assert (linked / "libprobe.so").read_bytes() == before and not (linked / "probe.again").exists()
    assert any(entry.name in (".text.probe", ".text") for entry in read_map(linked / "probe.map"))


def test_what_cannot_be_linked_again_alike_has_no_map(linked: Path) -> None:
    product = linked / "libprobe.so"
    data = bytearray(product.read_bytes())
    loaded = next(section for section in read_layout(product).sections if section.is_loaded)
    data[loaded.offset + loaded.size - 1] ^= 1
    product.write_bytes(data)
    (linked / "probe.map").write_text("of an earlier link")
    write_zig_map(linked, "probe", linked / "probe.map")
    assert not (linked / "probe.map").exists()
