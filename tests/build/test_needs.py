"""Which kernels need a section, by the references of real objects of 64 and 32 bits."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from mtc.build import cmake
from mtc.build.size_report import report
from mtc.build.toolchains.zig import zig_binary
from mtc.build.zig_map import write_zig_map

# Rows of a kernel table as mtc/build/kernel_table.py writes it: a name, and what the kernel's Prepare and Run are.
TABLE = """\
using Run = int (*)(int);
extern "C" int only_first(int), both(int), only_second(int);
struct Entry { const char* name; Run prepare; Run run; };
namespace { constexpr Entry kEntries[] = {{"a", both, only_first}, {"b", both, only_second}}; }
extern "C" __attribute__((visibility("default"))) int mtc_run(int i) { return kEntries[i & 1].run(i); }
"""
# Big enough that each is told from the rest by its bytes; `only_first` brings a helper along.
KERNELS = """\
extern "C" {
__attribute__((visibility("default"))) int sum[1];
__attribute__((noinline)) int helper(int x) { for (int i = 0; i < x; i++) sum[0] += x / (i + 3); return x; }
int only_first(int x) { return helper(x) * 3; }
int both(int x) { sum[0] += x * 5; return x / 7; }
int only_second(int x) { sum[0] ^= x; return x / 9; }
int nobody(int x) { return x * 11; }
}
"""
KEYS = ("a@portable:f32/1", "b@portable:f16/1")


TRIPLES = [
    *("aarch64-linux-musl", "x86_64-linux-musl", "arm-linux-musleabihf"),
    *("wasm32-wasi", "aarch64-macos", "x86_64-macos"),
]


@pytest.mark.parametrize("triple", TRIPLES)
@pytest.mark.parametrize("in_archive", [False, True], ids=["objects", "archive"])
def test_a_section_is_needed_by_whom_it_is_reached_from(triple: str, in_archive: bool, tmp_path: Path) -> None:
    zig = zig_binary()
    if zig is None:
        pytest.skip("needs zig: pip install ziglang")
    name = shlex.quote(str(zig))
    compiler = f"{name} c++ -target {triple} -g0 -O1 -fPIC -ffunction-sections -fdata-sections -fno-exceptions"
    dropping = "-nostdlib -Wl,--gc-sections"
    if triple.endswith("-macos"):
        dropping = "-install_name probe -Wl,-dead_strip -Wl,-x"
    (tmp_path / "selection").mkdir()
    (tmp_path / "selection/kernel_table.cpp").write_text(TABLE)
    (tmp_path / "kernels.cpp").write_text(KERNELS)
    linked = "libXNNPACK.a" if in_archive else "kernels.cpp.o"
    (tmp_path / "build.ninja").write_text(
        f"rule compile\n  command = {compiler} -c $in -o $out\n"
        f"rule archive\n  command = {name} ar rcs $out $in\n"
        f"rule link\n  command = : && {compiler} -s -shared {dropping} $in -o $out && :\n"
        "build selection/kernel_table.cpp.o: compile selection/kernel_table.cpp\n"
        "build kernels.cpp.o: compile kernels.cpp\n"
        "build libXNNPACK.a: archive kernels.cpp.o\n"
        f"build libprobe.so: link selection/kernel_table.cpp.o {linked}\n"
        "build probe: phony libprobe.so\n"
    )
    subprocess.run([cmake.program("ninja"), "probe"], cwd=tmp_path, check=True, capture_output=True)
    write_zig_map(tmp_path, "probe", tmp_path / "probe.map")
    made = report(tmp_path / "libprobe.so", tmp_path / "probe.map", kernels=KEYS)
    assert sum(row.bytes for row in made.rows) == made.total
    kernels = [row for row in made.rows if row.component == ("XNNPACK" if in_archive else "C and C++ libraries")]
    of = {row.kernels: row.bytes for row in kernels if row.kernels}
    assert {*of} == {KEYS[:1], KEYS[1:], KEYS}
    assert of[KEYS[:1]] > of[KEYS[1:]]  # with its helper
    rows = {row.kernels: row.bytes for row in made.rows if row.part == "kernel table" and row.kernels}
    width = 4 if triple.startswith(("arm-", "wasm32-")) else 8
    assert rows == {KEYS[:1]: 3 * width, KEYS[1:]: 3 * width}
