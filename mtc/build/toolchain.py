"""Finds the toolchain that builds for a target, the first in order of `SEARCH`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from mtc.build.targets import Target
from mtc.build.toolchains import environment, msvc, ndk, system, xcode, zig
from mtc.build.toolchains.found import Found, Missing, first_line
from mtc.diagnostics import CANNOT_BUILD_TARGET, NO_COMPILER, UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

# What the user says, then what the platform itself brings, then what comes from a package.
SEARCH: dict[str, Callable[[Target], Found | Missing]] = {
    "cc": environment.find,
    "ndk": ndk.find,
    "xcode": xcode.find,
    "msvc": msvc.find,
    "system": system.find,
    "zig": zig.find,
}


@dataclass(frozen=True)
class Toolchain:
    """A C and C++ compiler for one target, and what CMake must be told to use it."""

    name: str  # gcc, clang, NDK, Xcode, MSVC, zig
    version: str
    identity: str  # changes when the compiler does; part of every cache key
    cmake_args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def toolchain_for(target: Target, choice: str = "") -> Toolchain:
    """The toolchain that builds for `target`, ready to: the first there is, or the one that `choice` names of `SEARCH`.

    Raises MtcError: MTC301 for an unknown choice, MTC702 without a compiler for this machine, MTC704 without one for
    another or if what the environment names is not usable.
    """
    found = _found(target, choice)
    found.prepare()
    return _toolchain(found)


def toolchain_name(target: Target) -> str:
    """What `toolchain_for` would take, for people: without what a build prepares. Raises as that does."""
    return str(_toolchain(_found(target)))


def _found(target: Target, choice: str = "") -> Found:
    found, missing = _search(target, choice)
    if found is not None:
        return found
    looked_for = ", then ".join(entry.looked_for for entry in missing if entry.looked_for)
    fixes = [entry.fix for entry in missing if entry.fix]
    code = NO_COMPILER if target.is_host else CANNOT_BUILD_TARGET
    raise code.error(
        f"no toolchain on this machine builds for `{target}`",
        notes=(f"looked for {looked_for}",) if looked_for else (f"`{choice}` builds for other systems",),
        help=", or ".join(dict.fromkeys(fixes)) or f"use another toolchain than `{choice}`",
    )


def toolchain_stamp(target: Target) -> str:
    """Changes when the compiler that `toolchain_for` would take does; for this machine it takes no process."""
    found, _ = _search(target)
    return found.identity if found is not None else "none"


def _search(target: Target, choice: str = "") -> tuple[Found | None, list[Missing]]:
    if choice and choice not in SEARCH:
        raise UNKNOWN_NAME.error(f"no toolchain is called `{choice}`", help=did_you_mean(choice, SEARCH))
    missing: list[Missing] = []
    for find in [SEARCH[choice]] if choice else SEARCH.values():
        result = find(target)
        if isinstance(result, Found):
            return result, missing
        missing.append(result)
    return None, missing


def _toolchain(found: Found) -> Toolchain:
    name, version = found.name, found.version
    if not version:
        banner = first_line([*found.cxx, "--version"])
        name = "clang" if "clang" in banner else "gcc"
        # `c++ (Debian 12.2.0-14) 12.2.0`: what stands in parentheses is the packager's.
        numbers = re.findall(r"\d+(?:\.\d+)+", re.sub(r"\(.*?\)", "", banner)) or [banner]
        version = numbers[0]
    args = list(found.cmake_args)
    if found.names_compilers:
        args += [
            f"-DCMAKE_C_COMPILER={';'.join(found.c)}",
            f"-DCMAKE_CXX_COMPILER={';'.join(found.cxx)}",
            f"-DCMAKE_ASM_COMPILER={';'.join(found.c)}",
        ]
    identity = hashlib.sha256(f"{name}\0{version}\0{found.identity}".encode()).hexdigest()[:16]
    return Toolchain(name, version, identity, tuple(args))
