"""What a search for a toolchain gives."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mtc.build.targets import Target
from mtc.diagnostics import NO_COMPILER


@dataclass(frozen=True)
class Found:
    """A C and a C++ compiler, found but not run yet."""

    name: str  # gcc, clang, NDK, Xcode, MSVC, zig; empty if only what the compiler says of itself tells
    c: tuple[str, ...]
    cxx: tuple[str, ...]
    version: str = ""  # empty if the compiler must be asked
    cmake_args: tuple[str, ...] = ()  # beyond those that name the compilers
    state: str = ""  # of files that decide how it compiles, beside the compilers
    names_compilers: bool = True  # to CMake; a toolchain file of the platform does it by itself
    prepare: Callable[[], object] = lambda: None  # makes in the cache what the compilers need of mtc, before they run

    @property
    def identity(self) -> str:
        """Changes when one of the compilers does; takes no process, so it is quick."""
        return "\0".join([*self.c, *self.cxx, stat_of(self.c[0]), stat_of(self.cxx[0]), *self.cmake_args, self.state])


@dataclass(frozen=True)
class Missing:
    """Why a kind of toolchain does not build for a target here."""

    looked_for: str
    fix: str  # what changes that; a command where there is one


def cross_compiling(target: Target) -> tuple[str, ...]:
    """What CMake is told to build for another system than its own."""
    return (f"-DCMAKE_SYSTEM_NAME={target.system}", f"-DCMAKE_SYSTEM_PROCESSOR={target.processor}")


def pair_on_path(*names: tuple[str, str]) -> tuple[str, str] | None:
    """The first pair of a C and a C++ compiler of which both are on PATH."""
    for c, cxx in names:
        c_path, cxx_path = shutil.which(c), shutil.which(cxx)
        if c_path and cxx_path:
            return c_path, cxx_path
    return None


def stat_of(program: str) -> str:
    """Path, size and time of the file behind a program's name, which an upgrade changes."""
    real = os.path.realpath(program)
    try:
        status = os.stat(real)
    except OSError:
        return real
    return f"{real}:{status.st_size}:{status.st_mtime_ns}"


def first_line(command: list[str]) -> str:
    """What a compiler says first. Raises MtcError (MTC702) if it does not run."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NO_COMPILER.error(f"`{command[0]}` does not run: {error}", help="set CXX to another compiler") from error
    if done.returncode != 0:
        raise NO_COMPILER.error(
            f"`{' '.join(command)}` fails",
            notes=(done.stderr.strip()[:500],),
            help="set CXX to another compiler",
        )
    return done.stdout.strip().split("\n")[0]


def is_zig(program: str) -> bool:
    """Whether a compiler is `zig`, as in CXX="zig c++": CMake wants one program, and zig has rules of its own."""
    return Path(program).name in ("zig", "zig.exe")
