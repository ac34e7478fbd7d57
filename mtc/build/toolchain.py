"""Finds the compiler that builds for a target: CC and CXX, else the system's own or its cross gcc, else zig from
its Python package."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mtc.build.targets import Target
from mtc.build.zig import zig_archiver, zig_binary, zig_compilers
from mtc.diagnostics import CANNOT_BUILD_TARGET, NO_COMPILER

_SYSTEM_PAIRS = (("cc", "c++"), ("gcc", "g++"), ("clang", "clang++"))


@dataclass(frozen=True)
class Toolchain:
    """A C and C++ compiler for one target, and what CMake must be told to use it."""

    name: str  # gcc, clang, zig
    version: str
    identity: str  # changes when the compiler does; part of every cache key
    cmake_args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class _Found:
    """A pair of compilers, found but not run yet."""

    c: tuple[str, ...]
    cxx: tuple[str, ...]


def toolchain_for(target: Target) -> Toolchain:
    """The toolchain that builds for `target`. Raises MtcError: MTC702 without a compiler, MTC704 if none fits."""
    found = _locate(target)
    if found is None:
        zig = zig_binary()
        if zig is None:
            raise NO_COMPILER.error(
                f"no C++ compiler was found for `{target}`",
                notes=("looked for CC and CXX, then c++, g++ and clang++ on PATH, then the Python package `ziglang`",),
                help="install g++ or clang, or run `pip install ziglang`",
            )
        return _zig(zig, target)
    banner = _first_line([*found.cxx, "--version"])
    if "zig" in Path(found.cxx[0]).name:  # CXX="zig c++": cmake wants one program, and zig its own rules
        return _zig(Path(found.cxx[0]), target)
    name = "clang" if "clang" in banner else "gcc"
    # `c++ (Debian 12.2.0-14) 12.2.0`: what stands in parentheses is the packager's.
    numbers = re.findall(r"\d+(?:\.\d+)+", re.sub(r"\(.*?\)", "", banner)) or [banner]
    return _toolchain(name, numbers[0], found, target)


def toolchain_stamp(target: Target) -> str:
    """Changes when the compiler that `toolchain_for` would take does; takes no process, so it is quick."""
    found = _locate(target)
    if found is not None:
        return _identity(found)
    zig = zig_binary()
    return _stat_of(str(zig)) if zig else "none"


def _locate(target: Target) -> _Found | None:
    """The compilers that the environment or the system offers, or None."""
    cc, cxx = os.environ.get("CC"), os.environ.get("CXX")
    if cc or cxx:
        # One of the two is enough where the other's name follows from it.
        c = shlex.split(cc or _partner(cxx or "", to_cxx=False))
        cpp = shlex.split(cxx or _partner(cc or "", to_cxx=True))
        for variable, command in (("CC", c), ("CXX", cpp)):
            if not command or shutil.which(command[0]) is None:
                raise NO_COMPILER.error(
                    f"{variable} names `{' '.join(command)}`, which is not a program",
                    help="set CC and CXX to a C and a C++ compiler, or unset them to use the system's",
                )
        return _Found((shutil.which(c[0]) or c[0], *c[1:]), (shutil.which(cpp[0]) or cpp[0], *cpp[1:]))
    gnu = target.gnu_triple
    for c_name, cxx_name in _SYSTEM_PAIRS if target.is_host else ((f"{gnu}-gcc", f"{gnu}-g++"),):
        c_path, cxx_path = shutil.which(c_name), shutil.which(cxx_name)
        if c_path and cxx_path:
            return _Found((c_path,), (cxx_path,))
    if not target.is_host and zig_binary() is None:
        raise CANNOT_BUILD_TARGET.error(
            f"no toolchain on this machine builds for `{target}`",
            notes=(f"looked for CC and CXX, then {gnu}-g++ on PATH, then the Python package `ziglang`",),
            help="install that g++, run `pip install ziglang`, or set CC and CXX to a cross compiler",
        )
    return None


def _partner(command: str, *, to_cxx: bool) -> str:
    """`g++-12` for `gcc-12`, and so on."""
    pairs = (("clang++", "clang"), ("g++", "gcc"), ("c++", "cc"))
    for cxx, c in pairs:
        old, new = (c, cxx) if to_cxx else (cxx, c)
        if old in command:
            return command.replace(old, new)
    return command


def _zig(zig: Path, target: Target) -> Toolchain:
    version = _first_line([str(zig), "version"])
    found = _Found(*zig_compilers(zig, version, target))
    return _toolchain("zig", version, found, target, zig_archiver(zig, version, target))


def _toolchain(name: str, version: str, found: _Found, target: Target, tools: tuple[str, ...] = ()) -> Toolchain:
    args = [
        *tools,
        f"-DCMAKE_C_COMPILER={';'.join(found.c)}",
        f"-DCMAKE_CXX_COMPILER={';'.join(found.cxx)}",
        f"-DCMAKE_ASM_COMPILER={';'.join(found.c)}",
    ]
    if not target.is_host or name == "zig":
        args += [f"-DCMAKE_SYSTEM_NAME={target.system}", f"-DCMAKE_SYSTEM_PROCESSOR={target.processor}"]
    identity = hashlib.sha256(f"{name}\0{version}\0{_identity(found)}".encode()).hexdigest()[:16]
    return Toolchain(name, version, identity, tuple(args))


def _identity(found: _Found) -> str:
    return "\0".join([*found.c, *found.cxx, _stat_of(found.c[0]), _stat_of(found.cxx[0])])


def _stat_of(program: str) -> str:
    """Path, size and time of the file behind a program's name, which an upgrade changes."""
    real = os.path.realpath(program)
    try:
        status = os.stat(real)
    except OSError:
        return real
    return f"{real}:{status.st_size}:{status.st_mtime_ns}"


def _first_line(command: list[str]) -> str:
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
