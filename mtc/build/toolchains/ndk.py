"""Android's own compilers, by the CMake toolchain file of the NDK."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mtc.build.targets import ANDROID_API, Target
from mtc.build.toolchains.found import Found, Missing
from mtc.diagnostics import CANNOT_BUILD_TARGET

# The first whose compiler and libraries know pages of 16 KB.
OLDEST = 27
_VARIABLES = ("ANDROID_NDK_HOME", "ANDROID_NDK_ROOT", "ANDROID_NDK")


def find(target: Target) -> Found | Missing:
    """The NDK that the environment names. Raises MtcError (MTC704) if that is none, or too old."""
    if target.system != "Android":
        return Missing("", "")
    variable = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return Missing("an NDK by ANDROID_NDK_HOME", "set ANDROID_NDK_HOME to the folder of an Android NDK")
    folder = Path(os.environ[variable])
    version = _version(folder, variable)
    file = folder / "build" / "cmake" / "android.toolchain.cmake"
    tools = next(iter(sorted(folder.glob("toolchains/llvm/prebuilt/*/bin"))), None)
    if not file.is_file() or tools is None:
        raise CANNOT_BUILD_TARGET.error(
            f"the NDK `{folder}`, which {variable} names, is incomplete",
            notes=(f"{file if not file.is_file() else 'toolchains/llvm/prebuilt'} is missing",),
            help="unpack it again",
        )
    arguments = (
        f"-DCMAKE_TOOLCHAIN_FILE={file}",
        f"-DANDROID_ABI={target.abi}",
        f"-DANDROID_PLATFORM=android-{ANDROID_API}",
        "-DANDROID_STL=c++_static",  # an app's other libraries bring their own, and nothing of it is in our API
        "-DANDROID_SUPPORT_FLEXIBLE_PAGE_SIZES=ON",
    )
    compilers = str(tools / "clang"), str(tools / "clang++")
    return Found("NDK", (compilers[0],), (compilers[1],), version, arguments, names_compilers=False)


def _version(folder: Path, variable: str) -> str:
    """`27.0.12077973`, from the file that says so."""
    try:
        text = (folder / "source.properties").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CANNOT_BUILD_TARGET.error(
            f"{variable} names `{folder}`, which is no Android NDK: {error.strerror}: source.properties",
            help="set it to the folder that holds `build/cmake/android.toolchain.cmake`, or unset it",
        ) from error
    found = re.search(r"^Pkg\.Revision\s*=\s*((\d+)[\d.]*)", text, re.MULTILINE)
    if found is None:
        said = f"`{folder / 'source.properties'}` says no version"
        raise CANNOT_BUILD_TARGET.error(said, help="unpack the NDK again")
    if int(found[2]) < OLDEST:
        raise CANNOT_BUILD_TARGET.error(
            f"the NDK `{folder}` is version {found[1]}; mtc needs r{OLDEST} or newer, for pages of 16 KB",
            help="install a newer NDK, or unset ANDROID_NDK_HOME to build with zig",
        )
    return found[1]
