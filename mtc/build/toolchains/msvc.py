"""Microsoft's headers and libraries, with clang as the compiler: MSVC's own lacks the vector types that kernels are
written in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mtc.build.runtime_sources import runtime_sources
from mtc.build.targets import Target
from mtc.build.toolchains.found import Found, Missing, cross_compiling
from mtc.diagnostics import CANNOT_BUILD_TARGET

# As a Developer Command Prompt sets them. Elsewhere they name a copy of the two folders.
_TOOLS, _SDK = "VCToolsInstallDir", "WindowsSdkDir"
_PROMPT = f"set {_TOOLS} and {_SDK}, as a Developer Command Prompt does"
_COMPONENT = "install Visual Studio's component `C++ Clang tools for Windows`, or LLVM"
_SECONDS = 60


def find(target: Target) -> Found | Missing:
    """clang for the ABI of MSVC. Raises MtcError (MTC704) if what the environment names is not complete."""
    if target.system != "Windows":
        return Missing("", "")
    named = _named()
    folders = named or _installed()
    if folders is None:
        return Missing(f"MSVC by {_TOOLS} and {_SDK}", _PROMPT)
    tools, sdk = folders
    if lack := _lack(tools, sdk):
        if named:
            raise CANNOT_BUILD_TARGET.error(
                f"MSVC is incomplete: {lack}", help=f"{_PROMPT}, or neither to build without MSVC"
            )
        return Missing(f"MSVC, where {lack}", "install Visual Studio's `Desktop development with C++`")
    programs = _programs(tools)
    if programs is None:
        return Missing("clang, lld-link and llvm-ar, to build with MSVC's libraries", _COMPONENT)
    clang, clangxx, archiver = programs
    # In quotes, since Microsoft's folders have spaces in their names.
    options = f'-Xmicrosoft-visualc-tools-root "{tools.as_posix()}" -Xmicrosoft-windows-sdk-root "{sdk.as_posix()}"'
    arguments = (
        *(() if target.is_host else cross_compiling(target)),
        *project_arguments(),
        *(f"-DCMAKE_{language}_COMPILER_TARGET={target.processor}-pc-windows-msvc" for language in ("C", "CXX", "ASM")),
        *(f"-DCMAKE_{language}_FLAGS={options}" for language in ("C", "CXX")),
        f"-DCMAKE_AR={archiver}",
    )
    return Found("MSVC", (clang,), (clangxx,), tools.name, arguments, project_state())


def project_arguments() -> tuple[str, ...]:
    """What CMake is told for this ABI, whoever names the compiler; of no effect if that is for MinGW's."""
    return (
        f"-DCMAKE_PROJECT_INCLUDE={_project_file().as_posix()}",
        # The C library inside the DLL: an app need not install Microsoft's. In every project, however old its policies.
        "-DCMAKE_MSVC_RUNTIME_LIBRARY=MultiThreaded",
        "-DCMAKE_POLICY_DEFAULT_CMP0091=NEW",
    )


def project_state() -> str:
    """Changes when what these arguments name does."""
    return _project_file().read_text(encoding="utf-8")


def _project_file() -> Path:
    return runtime_sources() / "toolchains" / "msvc" / "project.cmake"


def _named() -> tuple[Path, Path] | None:
    """Of the environment. MSVC's own prompt sets both; one alone is a mistake."""
    tools, sdk = os.environ.get(_TOOLS), os.environ.get(_SDK)
    return (Path(tools or ""), Path(sdk or "")) if tools or sdk else None


def _installed() -> tuple[Path, Path] | None:
    """The newest that Visual Studio's installer has put on this machine."""
    programs = os.environ.get("PROGRAMFILES(X86)")  # as Windows has them all, whatever the case
    if not programs:
        return None
    locator = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    component = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
    command = [str(locator), "-latest", "-products", "*", "-requires", component, "-property", "installationPath"]
    command.append("-utf8")  # else in the code page of the user's language
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
        studio = Path(done.stdout.decode("utf-8", "replace").strip())
        version = (studio / "VC/Auxiliary/Build/Microsoft.VCToolsVersion.default.txt").read_text(encoding="utf-8")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return studio / "VC/Tools/MSVC" / version.strip(), Path(programs, "Windows Kits", "10")


def _lack(tools: Path, sdk: Path) -> str:
    """What is not there of the two folders; nothing if all is."""
    for variable, folder, parts in (
        (_TOOLS, tools, ("include", "lib/x64")),
        (_SDK, sdk, ("Include/*/ucrt", "Include/*/um", "Lib/*/ucrt/x64", "Lib/*/um/x64")),
    ):
        if not folder.parts:
            return f"{variable} is not set"
        for part in parts:
            if not any(folder.glob(part)):
                return f"`{folder}` has no `{part}`"
    return ""


def _programs(tools: Path) -> tuple[str, str, str] | None:
    """clang, clang++ and llvm-ar: Visual Studio's own, then those on PATH. clang calls the lld-link beside it."""
    own = tools.parents[2] / "Tools" / "Llvm" / "x64" / "bin" if len(tools.parents) > 2 else tools
    for path in (str(own), None):
        found = [shutil.which(name, path=path) for name in ("clang", "clang++", "llvm-ar", "lld-link")]
        if all(found):
            return str(found[0]), str(found[1]), str(found[2])
    return None
