"""The .tar.gz, unpacked and built against as a C++ project does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from mtc.build import cmake

APP = """\
cmake_minimum_required(VERSION 3.18)
project(app CXX)
find_package(mtc 0.1 REQUIRED)
foreach(kind IN ITEMS mtc mtc_static)
  add_executable(app_${kind} "${EXAMPLE}")
  target_link_libraries(app_${kind} PRIVATE mtc::${kind})
endforeach()
"""


def unpacked(archive: Path, folder: Path) -> Path:
    """The one folder that is in it."""
    with tarfile.open(archive) as content:
        if hasattr(tarfile, "data_filter"):  # Python 3.10.12, 3.11.4 and newer
            content.extraction_filter = tarfile.data_filter
        content.extractall(folder)
    (top,) = folder.iterdir()
    return top


def first_of(program: Path, model: Path, **environment: str) -> float:
    """What share/mtc/example.cpp prints of a run on ones."""
    said = subprocess.run(
        [program, model], capture_output=True, text=True, check=True, env=os.environ | environment
    ).stdout
    return float(said.split("the first is ")[1].split()[0])


def test_a_cmake_project_finds_it(built, package, tmp_path):
    made = package(built.program, "--runtime", built.runtime, "--format", "tar", "--with-model", "--name", "my-net")
    assert made.code == 0 and made.output.name == "my-net-0.1.0-linux-x86_64.tar.gz"
    top = unpacked(made.output, tmp_path / "unpacked")
    app = tmp_path / "app"
    app.mkdir()
    (app / "CMakeLists.txt").write_text(APP)
    settings = [f"-DCMAKE_PREFIX_PATH={top}", f"-DEXAMPLE={top}/share/mtc/example.cpp"]
    cmake.configure(app, app / "build", settings, what="the app")
    cmake.build(app / "build", what="the app")
    for kind in ("mtc", "mtc_static"):
        found = first_of(app / f"build/app_{kind}", top / "share/mtc/models/net.mtp")
        assert found == pytest.approx(built.outputs.flat[0], rel=1e-5)
    run = subprocess.run([top / "bin/mtc_run", top / "share/mtc/models/net.mtp"], capture_output=True, check=True)
    assert b"differs" not in run.stdout


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="needs pkg-config")
def test_pkg_config_finds_it(built, package, tmp_path):
    top = unpacked(package("--runtime", built.runtime, "--format", "tar").output, tmp_path / "unpacked")
    environment = {"PKG_CONFIG_PATH": str(top / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(top / "lib")}
    said = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "mtc"], capture_output=True, text=True, check=True,
        env=os.environ | environment,
    ).stdout.split()  # fmt: skip
    subprocess.run(["g++", "-std=c++17", top / "share/mtc/example.cpp", "-o", tmp_path / "app", *said], check=True)
    found = first_of(tmp_path / "app", built.program, **environment)
    assert found == pytest.approx(built.outputs.flat[0], rel=1e-5)


def test_several_runtimes_stand_beside_one_another(built, package, other_target):
    made = package("--runtime", built.runtime, "--runtime", other_target("linux-arm64"), "--format", "tar")
    assert made.output.name == "mtc-runtime-0.1.0.tar.gz"
    with tarfile.open(made.output) as content:
        names = set(content.getnames())
    assert {f"mtc-runtime-0.1.0/linux-{cpu}/lib/libmtc.a" for cpu in ("x86_64", "arm64")} <= names


def test_a_library_that_was_changed_is_named(built, package, tmp_path):
    """It may have been signed: the package has it."""
    library = shutil.copytree(built.runtime, tmp_path / "signed") / "lib/libmtc.so"
    library.write_bytes(library.read_bytes() + b"signature")
    made = package("--runtime", tmp_path / "signed", "--format", "tar")
    assert made.code == 0 and "lib/libmtc.so` is not the file that was built" in made.err
    sound = package("--runtime", built.runtime, "--format", "tar", "--overwrite")
    assert sound.code == 0 and "not the file that was built" not in sound.err


def test_its_list_makes_the_same_runtime(built, package, tmp_path):
    import mtc

    top = unpacked(package("--runtime", built.runtime, "--format", "tar").output, tmp_path / "unpacked")
    again = mtc.build_runtime(top / "share/mtc/ops.yaml", tmp_path / "again")
    assert again.was_cached and again.library.read_bytes() == (top / "lib/libmtc.so").read_bytes()
