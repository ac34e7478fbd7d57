"""The search for MSVC: by what a Developer Command Prompt sets and by what Visual Studio's installer knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtc.build import toolchain
from mtc.build.targets import Target, target
from mtc.build.toolchains import msvc
from mtc.build.toolchains.found import Found, Missing
from mtc.diagnostics import MtcError

WINDOWS = target("windows-x86_64")
TOOLS, SDK = "VC/Tools/MSVC/14.44.35207", "Windows Kits/10"


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch) -> None:
    """No MSVC, and no compiler."""
    for name in ("VCToolsInstallDir", "WindowsSdkDir", "PROGRAMFILES(X86)", "CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def install(root: Path, *, without: str = "") -> Path:
    """What the search looks at."""
    for part in (
        f"{TOOLS}/include",
        f"{TOOLS}/lib/x64",
        f"{SDK}/Include/10.0.26100.0/ucrt",
        f"{SDK}/Include/10.0.26100.0/um",
        f"{SDK}/Lib/10.0.26100.0/ucrt/x64",
        f"{SDK}/Lib/10.0.26100.0/um/x64",
    ):
        if part != without:
            (root / part).mkdir(parents=True)
    return root


def put(folder: Path, *names: str, text: str = "#!/bin/sh\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


PROGRAMS = ("clang", "clang++", "lld-link", "llvm-ar")


def enter(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCToolsInstallDir", f"{root / TOOLS}/")
    monkeypatch.setenv("WindowsSdkDir", f"{root / SDK}/")


@pytest.mark.parametrize("place", ["VC/Tools/Llvm/x64/bin", "path"])
def test_clang_of_visual_studio_or_of_path_builds_with_its_folders(tmp_path, monkeypatch, place):
    enter(install(tmp_path), monkeypatch)
    put(tmp_path / place, *PROGRAMS)
    found = toolchain.toolchain_for(WINDOWS, "msvc")
    assert str(found) == "MSVC 14.44.35207"
    assert f"-DCMAKE_CXX_COMPILER={tmp_path / place / 'clang++'}" in found.cmake_args
    assert "-DCMAKE_C_COMPILER_TARGET=x86_64-pc-windows-msvc" in found.cmake_args
    assert (
        f'-DCMAKE_C_FLAGS=-Xmicrosoft-visualc-tools-root "{tmp_path / TOOLS}" '
        f'-Xmicrosoft-windows-sdk-root "{tmp_path / SDK}"' in found.cmake_args
    )
    assert str(toolchain.toolchain_for(WINDOWS)) == "MSVC 14.44.35207"  # before MinGW's compilers and zig


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_clang_the_search_goes_on_and_says_what_to_install(tmp_path, monkeypatch, program):
    enter(install(tmp_path), monkeypatch)
    put(tmp_path / "path", *(name for name in PROGRAMS if name != program))
    missing = msvc.find(WINDOWS)
    assert isinstance(missing, Missing) and "C++ Clang tools for Windows" in missing.fix


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (f"{TOOLS}/include", f"{TOOLS}` has no `include`"),
        (f"{TOOLS}/lib/x64", f"{TOOLS}` has no `lib/x64`"),
        (f"{SDK}/Include/10.0.26100.0/um", f"{SDK}` has no `Include/*/um`"),
        (f"{SDK}/Lib/10.0.26100.0/ucrt/x64", f"{SDK}` has no `Lib/*/ucrt/x64`"),
    ],
)
def test_an_incomplete_msvc_is_said(tmp_path, monkeypatch, part, said):
    enter(install(tmp_path, without=part), monkeypatch)
    put(tmp_path / "path", *PROGRAMS)
    with pytest.raises(MtcError, match="MSVC is incomplete") as caught:
        toolchain.toolchain_for(WINDOWS)
    assert caught.value.code.id == "MTC704" and said in str(caught.value) and "or neither" in str(caught.value)


@pytest.mark.parametrize("variable", ["VCToolsInstallDir", "WindowsSdkDir"])
def test_one_variable_alone_is_a_mistake(tmp_path, monkeypatch, variable):
    enter(install(tmp_path), monkeypatch)
    monkeypatch.delenv(variable)
    with pytest.raises(MtcError, match=f"{variable} is not set"):
        toolchain.toolchain_for(WINDOWS)


@pytest.fixture
def studio(tmp_path, monkeypatch) -> Path:
    """Where it is in a language's own letters, without the installer that knows of it."""
    studio = tmp_path / "Microsoft Visual Studio" / "2022" / "Università"
    install(studio)
    (tmp_path / SDK).parent.mkdir()
    (studio / SDK).rename(tmp_path / SDK)
    put(studio / "VC/Tools/Llvm/x64/bin", *PROGRAMS)
    version = studio / VERSION_FILE
    version.parent.mkdir(parents=True)
    version.write_text("14.44.35207\n")
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    return studio


VERSION_FILE = "VC/Auxiliary/Build/Microsoft.VCToolsVersion.default.txt"
# As vswhere does it: without the option another code page than UTF-8.
LOCATOR = """#!/bin/sh
case "$*" in
  *-utf8*) echo '{}' ;;
  *) printf 'Universit\\205\\n' ;;
esac
"""


def put_installer(studio: Path) -> None:
    put(studio.parents[1] / "Installer", "vswhere.exe", text=LOCATOR.format(studio))


def test_the_installer_knows_where_visual_studio_is(studio):
    assert isinstance(msvc.find(WINDOWS), Missing)  # there is no installer
    put_installer(studio)
    found = msvc.find(WINDOWS)
    assert isinstance(found, Found) and found.version == "14.44.35207"
    (studio / VERSION_FILE).unlink()  # without C++
    assert isinstance(msvc.find(WINDOWS), Missing)


def test_a_visual_studio_without_an_sdk_leaves_the_search_to_others(studio):
    """Nobody named it: it is no mistake."""
    put_installer(studio)
    (studio.parents[2] / SDK / "Lib/10.0.26100.0/um/x64").rmdir()
    missing = msvc.find(WINDOWS)
    assert isinstance(missing, Missing)
    assert "has no `Lib/*/um/x64`" in missing.looked_for and "Desktop development with C++" in missing.fix


def test_nothing_is_looked_for_by_other_targets(tmp_path, monkeypatch):
    enter(install(tmp_path, without=f"{TOOLS}/include"), monkeypatch)
    assert msvc.find(target("linux-arm64")) == Missing("", "")


@pytest.mark.parametrize("is_host", [False, True])
def test_compilers_of_the_environment_build_for_the_abi_too(tmp_path, monkeypatch, is_host):
    monkeypatch.setattr(Target, "is_host", is_host)
    put(tmp_path / "path", "clang", "clang++", text="#!/bin/sh\necho x86_64-pc-windows-msvc\n")
    monkeypatch.setenv("CXX", "clang++ --target=x86_64-pc-windows-msvc")
    found = toolchain.SEARCH["cc"](WINDOWS)
    assert isinstance(found, Found) and {*msvc.project_arguments()} <= {*found.cmake_args}
    monkeypatch.setattr(msvc, "project_state", lambda: "another")
    changed = toolchain.SEARCH["cc"](WINDOWS)
    assert isinstance(changed, Found) and changed.identity != found.identity
