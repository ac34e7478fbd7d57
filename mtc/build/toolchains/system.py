"""This machine's own compilers, and those of its packages that build for other systems."""

from __future__ import annotations

from mtc.build.targets import Target
from mtc.build.toolchains.found import Found, Missing, cross_compiling, pair_on_path

_OWN = (("cc", "c++"), ("gcc", "g++"), ("clang", "clang++"))
_PACKAGES = {  # of Debian and what is made from it
    "linux-arm64": "g++-aarch64-linux-gnu",
    "linux-armv7": "g++-arm-linux-gnueabihf",
    "linux-x86_64": "g++-x86-64-linux-gnu",
    "windows-x86_64": "g++-mingw-w64-x86-64-posix",
}

# GNU's linker keeps each function that a table for unwinding names, so every one; and its libraries of threads and of
# GCC itself are no part of Windows.
_MINGW = (
    "-DCMAKE_C_FLAGS=-fno-asynchronous-unwind-tables",
    "-DCMAKE_CXX_FLAGS=-fno-asynchronous-unwind-tables",
    "-DCMAKE_SHARED_LINKER_FLAGS=-static",
    "-DCMAKE_EXE_LINKER_FLAGS=-static",
)


def find(target: Target) -> Found | Missing:
    """For this machine c++, g++ or clang++; for another system the g++ whose name begins with its triple."""
    if target.is_host:
        if pair := pair_on_path(*_OWN):
            return Found("", (pair[0],), (pair[1],))
        return Missing("c++, g++ and clang++ on PATH", "install g++ or clang")
    triple = target.gnu_triple
    if not triple:
        return Missing("", "")
    # Only Debian's `-posix` has the C++ threads that mingw leaves to the system.
    suffix = "-posix" if target.system == "Windows" else ""
    if pair := pair_on_path((f"{triple}-gcc{suffix}", f"{triple}-g++{suffix}")):
        more = _MINGW if target.system == "Windows" else ()
        return Found("", (pair[0],), (pair[1],), cmake_args=(*cross_compiling(target), *more))
    return Missing(f"{triple}-g++{suffix} on PATH", f"apt-get install {_PACKAGES[target.name]}")
