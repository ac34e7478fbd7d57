"""The compilers that CC and CXX name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping

from mtc.build.targets import Target
from mtc.build.toolchains import msvc
from mtc.build.toolchains.found import Found, Missing, cross_compiling, is_zig
from mtc.build.toolchains.zig import zig_found
from mtc.diagnostics import NO_COMPILER

_FIX = "set CC and CXX to compilers for it"


def find(target: Target) -> Found | Missing:
    """CC and CXX count for the target that they build for: where they are the system's own compilers, another target
    needs another toolchain. Raises MtcError (MTC702) if one of them is no program."""
    cc, cxx = (os.environ.get(variable, "").strip() for variable in ("CC", "CXX"))  # blank is as good as unset
    if not cc and not cxx:
        return Missing("CC and CXX", _FIX)
    # One of the two is enough where the other's name follows from it.
    c = _words("CC", cc) if cc else _partners(_words("CXX", cxx), _C)
    cpp = _words("CXX", cxx) if cxx else _partners(c, _CXX)
    for variable, command in (("CC", c), ("CXX", cpp)):
        if not command or shutil.which(command[0]) is None:
            raise NO_COMPILER.error(
                f"{variable} names `{' '.join(command)}`, which is not a program",
                help="set CC and CXX to a C and a C++ compiler, or unset them to use the system's",
            )
    programs = (shutil.which(c[0]) or c[0], *c[1:]), (shutil.which(cpp[0]) or cpp[0], *cpp[1:])
    if is_zig(programs[1][0]):
        return zig_found(programs[1][0], target)
    arguments: tuple[str, ...] = ()
    if not target.is_host:
        machine = _machine(programs[1])
        if not _is_for(machine, target):
            return Missing(f"CXX, which builds for {machine or 'another system'}", _FIX)
        arguments = cross_compiling(target)
    if target.system == "Windows":  # where clang builds for either ABI
        arguments = (*arguments, *msvc.project_arguments())
        return Found("", *programs, cmake_args=arguments, state=msvc.project_state())
    return Found("", *programs, cmake_args=arguments)


_C = {"clang++": "clang", "g++": "gcc", "c++": "cc"}
_CXX = {c: cxx for cxx, c in _C.items()}
# A compiler by its name: `gcc`, `/usr/bin/clang++-19`, `arm-linux-gnueabihf-g++-12`; not a launcher: `ccache`.
_NAMED = re.compile(r"(|.*[/-])(clang\+\+|clang|g\+\+|gcc|c\+\+|cc)(|-[\w.]+)")


def _words(variable: str, command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise NO_COMPILER.error(
            f"{variable} is `{command}`, which is no command: {error}", help="quote it as a shell wants it"
        ) from error


def _partners(command: list[str], names: Mapping[str, str]) -> list[str]:
    """`g++-12` for `gcc-12`, and so on."""
    found = [(_NAMED.fullmatch(word), word) for word in command]
    return [match[1] + names.get(match[2], match[2]) + match[3] if match else word for match, word in found]


def _machine(compiler: tuple[str, ...]) -> str:
    """The system that a compiler builds for, as it says itself; empty if it does not."""
    try:
        done = subprocess.run(
            [*compiler, "-dumpmachine"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


# How the triples of each system's compilers end, beside the processor that they begin with.
_SYSTEMS = {
    "Linux": ("linux-gnu", "linux-gnueabihf", "linux-musl", "linux-musleabihf"),
    "Android": ("android",),
    "Windows": ("mingw32", "windows-gnu", "windows-msvc"),
    "Darwin": ("darwin", "macos"),
    "iOS": ("ios",),
    "WASI": ("wasi",),
}
_PROCESSORS = {"armv7-a": ("armv7", "arm-"), "arm64": ("arm64", "aarch64"), "aarch64": ("aarch64", "arm64")}


def _is_for(machine: str, target: Target) -> bool:
    is_processor = machine.startswith(_PROCESSORS.get(target.processor, (target.processor,)))
    if target.processor == "armv7-a" and "gnueabi" in machine:  # floats in their registers: Debian's names, Fedora's
        is_processor &= "gnueabihf" in machine or machine.startswith("armv7hl")
    return is_processor and any(system in machine for system in _SYSTEMS[target.system])
