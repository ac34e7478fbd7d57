"""Building a runtime: what is cached, what is replaced, what an app can link. The runtime here is one function."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from mtc.build import (
    build_kind,
    cmake,
    kernel_table,
    runtime,
    runtime_folder,
    runtime_sources,
    size_text,
    sources_lock,
    third_party,
)
from mtc.build.build_kind import BuildKind
from mtc.build.runtime import build, host_runtime
from mtc.build.runtime_folder import RECORD, RuntimeBuild
from mtc.build.targets import host_target
from mtc.build.toolchain import toolchain_for
from mtc.delegates import registry
from mtc.delegates.registry import LIBRARIES
from mtc.diagnostics import MtcError

REAL = runtime_sources.runtime_sources()
CORE = """\
#include <mtc/mtc.h>
#include "selected_kernels.h"
extern "C" int HiddenHelper(int x);
const char* mtc_version(void) { return MTC_VERSION SELECTED; }
extern "C" int HiddenHelper(int x) { return x; }
"""
PROGRAM = """\
#include <mtc/mtc.h>
#include <cstdio>
int main() { std::puts(mtc_version()); }
"""
APP_C = "#include <mtc/mtc.h>\n#include <stdio.h>\nint main(void) { puts(mtc_version()); }\n"
APP = """\
cmake_minimum_required(VERSION 3.18)
project(app LANGUAGES C CXX)
find_package(mtc REQUIRED)
add_executable(app_shared app.c)
target_link_libraries(app_shared PRIVATE mtc::mtc)
add_executable(app_static app.c)
target_link_libraries(app_static PRIVATE mtc::mtc_static)
"""


def write_selection(keys, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    text = " ".join(sorted(keys))
    contents = {
        "selected_kernels.h": f'#define SELECTED " {text}"\n',
        "kernel_table.cpp": "namespace { [[maybe_unused]] int nothing; }\n",
        "kernels.cmake": "set(MTC_KERNEL_SOURCES)\nset(MTC_HOT_KERNEL_SOURCES)\n",
    }
    for name, content in contents.items():
        if not (folder / name).exists() or (folder / name).read_text() != content:
            (folder / name).write_text(content)
    return [folder / name for name in contents]


@pytest.fixture
def small_runtime(own_sources, monkeypatch) -> Path:
    """The sources of a runtime of one function."""
    for folder in ("cmake", "include", "third_party"):
        shutil.copytree(REAL / folder, own_sources / folder)
    shutil.copy(REAL / "CMakeLists.txt", own_sources)
    (own_sources / "LICENSE").symlink_to(REAL / "LICENSE")  # as in a checkout
    for name, content in {"core/version.cpp": CORE, "tools/mtc_run.cpp": PROGRAM, "tools/example.cpp": ""}.items():
        (own_sources / name).parent.mkdir(exist_ok=True)
        (own_sources / name).write_text(content)
    monkeypatch.setattr(kernel_table, "write", write_selection)
    monkeypatch.setattr(registry, "kernel_keys", lambda: ["a@portable:f32/1", "b@portable:f32/1"])
    return own_sources


def make(output: Path, *keys: str, **options) -> RuntimeBuild:
    return build(keys, host_target(), output, **options)


def run(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()


def test_every_library_of_kernels_is_built_but_the_portable_one() -> None:
    assert LIBRARIES.keys() - {"portable"} == third_party.KERNEL_LIBRARIES.keys()
    assert sources_lock.sources().keys() >= {*third_party.sources_of(third_party.KERNEL_LIBRARIES)}


def test_what_a_library_is_built_from_does_not_change_with_those_beside_it() -> None:
    """Or else XNNPACK, which takes minutes, would be built again for each choice of them."""
    given = host_target(), toolchain_for(host_target())
    both, (own,) = (third_party.third_party_keys(*given, names) for names in (["xnnpack", "qnnpack"], ["xnnpack"]))
    assert len(both) == 2 and own in both


@pytest.mark.parametrize(
    ("file", "counts"),
    {"core/span.h": True, "bindings/java/mtc_jni.cpp": True, "bindings/swift/Tensor.swift": False}.items(),
)
def test_a_runtime_is_built_again_for_its_own_sources_only(own_sources, file, counts):
    before = runtime_sources.content_hash()
    (own_sources / file).parent.mkdir(parents=True)
    (own_sources / file).write_text("// changed\n")
    assert (runtime_sources.content_hash() != before) == counts


def test_a_bill_in_the_cache_is_what_this_mtc_writes(small_runtime, tmp_path, monkeypatch):
    assert [make(tmp_path / "a", "a@portable:f32/1").was_cached for _ in range(2)] == [False, True]
    changed = tmp_path / "size_text.py"
    changed.write_text(Path(size_text.__file__).read_text(encoding="utf-8").replace("parts = {", 'parts = {"new": 1, '))
    module = types.ModuleType("size_text")
    exec(compile(changed.read_text(), changed, "exec"), module.__dict__)
    files = runtime_sources.documenting_files() | {"build/size_text.py": changed}
    monkeypatch.setattr(runtime_sources, "documenting_files", lambda: files)
    monkeypatch.setattr(runtime_folder, "size_text", module)
    again = make(tmp_path / "a", "a@portable:f32/1")
    assert not again.was_cached and json.loads((again.folder / "share/mtc/size.json").read_text())["new"] == 1


def test_all_code_that_a_bill_comes_from_is_in_the_key_of_its_runtime():
    """As Python itself says what of this floor takes part."""
    writes = "mtc.build.size_report, mtc.build.size_text, mtc.build.size_html, mtc.build.zig_map"
    told = f"import sys, {writes}; print(*(name for name in sys.modules if name.startswith('mtc.build.')))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()
    files = {name.removeprefix("mtc.").replace(".", "/") + ".py" for name in loaded if "toolchains" not in name}
    assert "build/needs.py" in files
    assert files | {"delegates/xnnpack/microkernels.py"} <= runtime_sources.documenting_files().keys()


def test_a_runtime_has_what_an_app_needs(small_runtime, tmp_path):
    made = make(tmp_path / "out", "a@portable:f32/1")
    assert run(made.program) == "0.1.0 a@portable:f32/1"
    assert (made.folder / "lib/libmtc.a").is_file() and (made.folder / "include/mtc/mtc.h").is_file()
    names = subprocess.run(["nm", "-D", "--defined-only", made.library], capture_output=True, text=True, check=True)
    assert [line.split()[-1] for line in names.stdout.splitlines()] == ["mtc_version"]
    for size in made.bill.files:
        assert sum(row.bytes for row in size.rows) == size.total == (made.folder / size.file).stat().st_size
    assert json.loads((made.folder / RECORD).read_text())["kernels"] == ["a@portable:f32/1"]
    for name in ("mtc", "cpuinfo"):
        assert "Copyright" in (made.folder / f"share/mtc/licenses/{name}.txt").read_text()


def test_programs_need_only_libc_and_libm(small_runtime, tmp_path):
    made = make(tmp_path / "out", "a@portable:f32/1")
    for product in (made.library, made.program):
        said = subprocess.run(["readelf", "-d", product], capture_output=True, text=True, check=True).stdout
        needed = {line.split("[")[1].split(".so")[0] for line in said.splitlines() if "(NEEDED)" in line}
        assert needed <= {"libc", "libm"}


def test_the_same_list_is_not_built_again(small_runtime, tmp_path):
    first = make(tmp_path / "one", "a@portable:f32/1", "b@portable:f32/1")
    second = make(tmp_path / "two", "b@portable:f32/1", "a@portable:f32/1")
    assert (first.was_cached, second.was_cached) == (False, True)
    assert first.key == second.key and first.library.read_bytes() == second.library.read_bytes()


def test_another_list_or_source_is_built(small_runtime, tmp_path):
    make(tmp_path / "out", "a@portable:f32/1")
    assert run(make(tmp_path / "out", "b@portable:f32/1").program) == "0.1.0 b@portable:f32/1"
    (small_runtime / "core/version.cpp").write_text(CORE.replace("MTC_VERSION SELECTED", '"changed"'))
    made = make(tmp_path / "out", "b@portable:f32/1")
    assert not made.was_cached and run(made.program) == "changed"


def test_other_options_and_libraries_are_another_runtime(small_runtime, tmp_path, monkeypatch):
    made = make(tmp_path / "out", "a@portable:f32/1")
    before = BuildKind._options
    with monkeypatch.context() as patch:
        patch.setattr(BuildKind, "_options", lambda kind: [*before(kind), "-DCMAKE_CXX_FLAGS=-DEXTRA"])
        assert make(tmp_path / "other", "a@portable:f32/1").key != made.key
    monkeypatch.setattr(build_kind, "third_party_keys", lambda *given: ("other",))
    assert make(tmp_path / "other", "a@portable:f32/1").key != made.key
    given = host_target(), toolchain_for(host_target()), ()
    keys = third_party.third_party_keys(*given)
    monkeypatch.setattr(third_party, "_FLAGS", (*third_party._FLAGS, "-DEXTRA=ON"))
    assert third_party.third_party_keys(*given) != keys


def test_a_failed_build_leaves_no_output_and_the_old_one_stands(small_runtime, tmp_path):
    make(tmp_path / "out", "a@portable:f32/1")
    (small_runtime / "core/version.cpp").write_text("#error broken on purpose\n")
    for output in (tmp_path / "out", tmp_path / "new"):
        with pytest.raises(MtcError, match="broken on purpose"):
            make(output, "a@portable:f32/1", overwrite=True)
    assert run(tmp_path / "out/bin/mtc_run") == "0.1.0 a@portable:f32/1"
    assert not (tmp_path / "new").exists()


def test_nothing_but_a_runtime_is_replaced(small_runtime, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("")
    with pytest.raises(MtcError) as caught:
        make(tmp_path / "out", "a@portable:f32/1")
    assert caught.value.code.id == "MTC105" and (tmp_path / "out/thesis.txt").exists()
    make(tmp_path / "out", "a@portable:f32/1", overwrite=True)
    assert not (tmp_path / "out/thesis.txt").exists() and (tmp_path / "out" / RECORD).exists()
    (tmp_path / "out/bin/notes.txt").write_text("")
    with pytest.raises(MtcError, match=r"1 file that mtc did not write, such as `bin/notes\.txt`"):
        make(tmp_path / "out", "a@portable:f32/1")
    (tmp_path / "out/bin/notes.txt").unlink()
    make(tmp_path / "out", "a@portable:f32/1")


def test_a_disk_that_fills_up_while_copying(small_runtime, tmp_path, monkeypatch):
    def full(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", target)

    make(tmp_path / "out", "a@portable:f32/1")
    monkeypatch.setattr(shutil, "copy2", full)
    monkeypatch.setattr(shutil.copytree, "__defaults__", (False, None, full, False, False))
    with pytest.raises(MtcError, match=f"cannot write `{tmp_path / 'out'}`: .*No space left"):
        make(tmp_path / "out", "a@portable:f32/1")
    assert run(tmp_path / "out/bin/mtc_run") == "0.1.0 a@portable:f32/1"


def test_an_unknown_sanitizer_is_refused(small_runtime, tmp_path):
    with pytest.raises(MtcError, match="did you mean `address`"):
        make(tmp_path / "out", sanitize="adress")


def test_a_sanitized_program_runs(small_runtime, tmp_path):
    made = make(tmp_path / "out", "a@portable:f32/1", mode="speed", sanitize="undefined,address")
    assert run(made.program) == "0.1.0 a@portable:f32/1"


def test_an_app_finds_the_package(small_runtime, tmp_path):
    made = make(tmp_path / "out", "a@portable:f32/1")
    made = replace(made, folder=shutil.move(made.folder, tmp_path / "moved"))
    app = tmp_path / "app"
    app.mkdir()
    (app / "CMakeLists.txt").write_text(APP)
    (app / "app.c").write_text(APP_C)
    cmake.configure(app, app / "build", [f"-DCMAKE_PREFIX_PATH={made.folder}"], what="app")
    cmake.build(app / "build", what="app")
    assert run(app / "build/app_shared") == run(app / "build/app_static") == "0.1.0 a@portable:f32/1"


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="needs pkg-config")
@pytest.mark.parametrize("options", [[], ["-static"]], ids=["shared", "static"])
def test_an_app_finds_it_by_pkg_config(small_runtime, tmp_path, options):
    made = make(tmp_path / "out", "a@portable:f32/1")
    shutil.move(made.folder, tmp_path / "moved")
    (tmp_path / "app.c").write_text(APP_C)
    asked = ["pkg-config", "--cflags", "--libs", *(["--static"] if options else []), "mtc"]
    libraries = tmp_path / "moved/lib"
    environment = os.environ | {"PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "LD_LIBRARY_PATH": str(libraries)}
    said = subprocess.run(asked, capture_output=True, text=True, check=True, env=environment).stdout.split()
    subprocess.run(["gcc", *options, "-o", tmp_path / "app", tmp_path / "app.c", *said], check=True)
    printed = subprocess.run([tmp_path / "app"], capture_output=True, text=True, check=True, env=environment).stdout
    assert printed == "0.1.0 a@portable:f32/1\n"


def test_the_host_runtime_is_built_once_and_then_found_without_a_look_at_its_kernels(small_runtime, monkeypatch):
    library = host_runtime()
    loaded = ctypes.CDLL(str(library))
    loaded.mtc_version.restype = ctypes.c_char_p
    assert loaded.mtc_version() == b"0.1.0 a@portable:f32/1 b@portable:f32/1"
    with monkeypatch.context() as patch:
        patch.setattr(registry, "kernel_keys", lambda: pytest.fail("reads every op and backend"))
        runtime._host_runtimes.clear()  # as in another process
        assert host_runtime() == library
    (small_runtime / "core/version.cpp").write_text(CORE + "// changed\n")
    assert host_runtime() == library  # what this process works with
    runtime._host_runtimes.clear()
    assert host_runtime() != library
