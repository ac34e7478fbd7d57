"""The Debian package, read and installed by Debian's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build import cmake

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg")
APP = """\
cmake_minimum_required(VERSION 3.18)
project(app C CXX)
find_package(mtc REQUIRED)
add_executable(app "${EXAMPLE}")
target_link_libraries(app PRIVATE mtc::mtc)
"""


def said(*command: str | Path, **environment: str) -> str:
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment)
    return found.stdout


def field(archive: Path, name: str) -> str:
    return said("dpkg-deb", "-f", archive, name).strip()


def test_what_it_says_of_itself(built, package):
    made = package(built.program, "--with-model", "--runtime", built.runtime, "--format", "deb", "--version", "1.2")
    assert made.output.name == "mtc-runtime_1.2_amd64.deb"
    assert [field(made.output, name) for name in ("Package", "Version", "Architecture")] == [
        "mtc-runtime", "1.2", "amd64",
    ]  # fmt: skip
    listed = said("dpkg-deb", "-c", made.output)
    for name in ("lib/x86_64-linux-gnu/libmtc.so", "include/mtc/mtc.hpp", "bin/mtc_run", "share/mtc/models/net.mtp"):
        assert f" ./usr/{name}\n" in listed


def test_it_depends_on_the_c_library_that_its_symbols_need(built, package):
    """As readelf reads them."""
    made = package("--runtime", built.runtime, "--format", "deb")
    symbols = [said("readelf", "-VW", built.runtime / file) for file in ("lib/libmtc.so", "bin/mtc_run")]
    versions = {word.removeprefix("GLIBC_") for text in symbols for word in text.split() if word.startswith("GLIBC_2")}
    newest = max(versions | {"2.17"}, key=lambda version: [int(part) for part in version.split(".")])
    assert field(made.output, "Depends") == f"libc6 (>= {newest})"


@pytest.mark.parametrize(
    ("target", "architecture", "folder"),
    [("linux-arm64", "arm64", "aarch64-linux-gnu"), ("linux-armv7", "armhf", "arm-linux-gnueabihf")],
)
def test_other_processors(package, other_target, target, architecture, folder):
    made = package("--runtime", other_target(target), "--format", "deb")
    assert made.output.name == f"mtc-runtime_0.1.0_{architecture}.deb"
    assert field(made.output, "Architecture") == architecture
    assert f"./usr/lib/{folder}/pkgconfig/mtc.pc\n" in said("dpkg-deb", "-c", made.output)


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg installs for root only")
def test_dpkg_installs_it(built, package, tmp_path):
    """Into a system of its own, which has no other package."""
    made = package("--runtime", built.runtime, "--format", "deb")
    system = tmp_path / "system"
    for folder in ("updates", "info"):
        (system / "var/lib/dpkg" / folder).mkdir(parents=True)
    (system / "var/lib/dpkg/status").touch()
    dpkg = ("dpkg", f"--root={system}", "--force-depends")
    said(*dpkg, "-i", made.output)
    assert said(*dpkg, "-V", "mtc-runtime") == ""  # every file has the checksum that the package says
    said(*dpkg, "-r", "mtc-runtime")
    assert not (system / "usr").exists()


def test_apps_find_it_where_debian_puts_it(built, package, tmp_path):
    made = package(built.program, "--with-model", "--runtime", built.runtime, "--format", "deb")
    usr = tmp_path / "system/usr"
    said("dpkg-deb", "-x", made.output, usr.parent)
    libraries = usr / "lib/x86_64-linux-gnu"
    app = tmp_path / "app"
    app.mkdir()
    (app / "CMakeLists.txt").write_text(APP)
    settings = [f"-DCMAKE_PREFIX_PATH={usr}", f"-DEXAMPLE={usr}/share/mtc/example.cpp"]
    cmake.configure(app, app / "build", settings, what="the app")
    cmake.build(app / "build", what="the app")
    programs = [app / "build/app"]
    if shutil.which("pkg-config"):
        found = {"PKG_CONFIG_PATH": str(libraries / "pkgconfig")}
        flags = said("pkg-config", "--static", "--cflags", "--libs", "mtc", **found).split()
        programs.append(tmp_path / "static")
        said("g++", "-std=c++17", usr / "share/mtc/example.cpp", "-o", programs[1], "-static", *flags)
    for program in programs:
        printed = said(program, usr / "share/mtc/models/net.mtp")
        assert float(printed.split("the first is ")[1]) == pytest.approx(built.outputs.flat[0], rel=1e-5)


def test_it_is_for_debian_only(package, other_target):
    refused = package("--runtime", other_target("android-arm64"), "--format", "deb")
    assert refused.code == 1 and "it is for `android-arm64`" in refused.err
    assert "it takes runtimes for linux-x86_64, linux-arm64" in refused.err


def test_one_runtime_at_a_time(built, package, other_target):
    refused = package("--runtime", built.runtime, "--runtime", other_target("linux-arm64"), "--format", "deb")
    assert refused.code == 1 and "a package of format deb holds one runtime, not 2" in refused.err


def test_a_runtime_that_does_not_say_where_its_headers_are(package, other_target):
    runtime = other_target("linux-x86_64")
    (runtime / "lib/pkgconfig/mtc.pc").write_text("Name: mtc\n")
    refused = package("--runtime", runtime, "--format", "deb")
    assert refused.code == 1 and "mtc.pc` does not say where the headers are" in refused.err
    assert "build the runtime again" in refused.err
