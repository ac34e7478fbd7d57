"""Windows: an app links `mtc.dll` and runs a program, from C and CMake as MinGW's compilers do and with MSVC's ABI.

The toolchain `msvc` is tested with a stand-in for Visual Studio, which is not here (visual_studio.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import visual_studio
from torch import nn

import mtc
from mtc.build import cmake, runtime
from mtc.build.runtime_folder import read_bill
from mtc.build.size_report import UNATTRIBUTED
from mtc.build.targets import TARGETS
from mtc.build.toolchain import Toolchain, toolchain_for
from mtc.build.toolchains.zig import zig_binary
from mtc.diagnostics import MtcError

TARGET = TARGETS["windows-x86_64"]
# No C library: what MSVC's would bring is on no other system. Exit code 42 if relu(-1, 2) is (0, 2).
APP = """\
#include <mtc/mtc.h>
static float x[2] = {-1, 2};
static mtc_error error;
static mtc_tensor input = {x, sizeof x, MTC_F32, 1, {2}}, output;
static int App(void) {
  mtc_program* program;
  mtc_session* session;
  if (mtc_program_load_file("relu.mtp", 0, &program, &error)) return 1;
  if (mtc_session_create(program, 0, &session, &error)) return 2;
  if (mtc_session_run(session, 0, &input, 1, &error)) return 3;
  if (mtc_session_output(session, 0, 0, &output)) return 4;
  const float* y = (const float*)output.data;
  return y[0] == 0 && y[1] == 2 ? 42 : 5;
}
#ifdef NO_C_LIBRARY
int _fltused;  // what the compiler asks for where floats are used
int mainCRTStartup(void) { return App(); }
#else
int main(void) { return App(); }
#endif
"""
PROJECT = """\
cmake_minimum_required(VERSION 3.18)
project(app LANGUAGES C CXX)
find_package(mtc REQUIRED)
add_executable(shared app.c)
target_link_libraries(shared PRIVATE mtc::mtc)
add_executable(static app.c)
target_link_libraries(static PRIVATE mtc::mtc_static)
set_target_properties(static PROPERTIES LINKER_LANGUAGE CXX)
"""


@pytest.fixture(scope="module", params=["zig", "system", "msvc"])
def choice(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "msvc" and zig_binary() is not None:
            visual_studio.enter(patch)
        yield request.param


@pytest.fixture(scope="module")
def toolchain(choice: str) -> Toolchain:
    try:
        return toolchain_for(TARGET, choice)
    except MtcError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, choice: str) -> Path:
    """A runtime, a program for it and the app's source."""
    folder = tmp_path_factory.mktemp("windows")
    model = mtc.optimize(mtc.export(nn.ReLU().eval(), (torch.randn(2),)), "portable")
    mtc.package(model, folder / "relu.mtp")
    runtime.build(mtc.select_ops(model).kernels, TARGET, folder / "runtime", toolchain=choice)
    (folder / "app.c").write_text(APP)
    (folder / "CMakeLists.txt").write_text(PROJECT)
    return folder


def check(program: Path, folder: Path) -> None:
    """Runs the app beside the DLL, where Wine is here."""
    wine = shutil.which("wine64") or shutil.which("wine") or shutil.which("/usr/lib/wine/wine64")
    if wine is None:
        pytest.skip("linked, but not run: Wine is not here")
    shutil.copy(folder / "runtime/bin/mtc.dll", program.parent)
    shutil.copy(folder / "relu.mtp", program.parent)
    quiet = os.environ | {"WINEDEBUG": "-all"}
    done = subprocess.run([wine, program.name], cwd=program.parent, env=quiet, check=False, timeout=300)
    assert done.returncode == 42


def test_the_bill_names_libraries_and_kernels(folder: Path) -> None:
    for report in read_bill(folder / "runtime").files:
        assert UNATTRIBUTED not in report.by_component()
        (kernel,) = {row for row in report.rows if row.component == "mtc kernels" and row.kernels}
        assert kernel.part.startswith("relu@portable") and kernel.kernels == ("relu@portable:f32/1",)
        assert {"pthreadpool", "mtc core"} < {*report.by_component()}


@pytest.mark.parametrize("app", ["shared", "static"])
def test_an_app_by_cmake(folder: Path, toolchain: Toolchain, app: str, tmp_path: Path) -> None:
    program = cmake.program("cmake")
    prefix = f"-Dmtc_DIR={folder / 'runtime/lib/cmake/mtc'}"
    configure = [program, "-S", folder, "-B", tmp_path, "-G", "Ninja", prefix, *toolchain.cmake_args]
    for command in ([*configure, f"-DCMAKE_MAKE_PROGRAM={cmake.program('ninja')}"], [program, "--build", tmp_path]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    check(tmp_path / f"{app}.exe", folder)


def test_an_app_in_the_abi_of_msvc(folder: Path, tmp_path: Path) -> None:
    clang = shutil.which("clang-19") or shutil.which("clang")
    if clang is None or zig_binary() is None:
        pytest.skip("needs clang, and zig's lld-link")
    include = folder / "runtime/include"
    options = ["--target=x86_64-pc-windows-msvc", "-ffreestanding", "-O1", "-DNO_C_LIBRARY", f"-I{include}"]
    made = tmp_path / "app.obj"
    subprocess.run([clang, *options, "-c", folder / "app.c", "-o", made], check=True)
    linker = [str(zig_binary()), "lld-link", "-nodefaultlib", "-subsystem:console", f"-out:{tmp_path / 'app.exe'}"]
    subprocess.run([*linker, made, folder / "runtime/lib/libmtc.dll.a"], check=True)
    check(tmp_path / "app.exe", folder)
