"""What this machine can do, within a second: compilers are asked for their version, nothing is fetched or built but
Android's C library for zig, which the first call makes in two."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys
from dataclasses import dataclass

from mtc.build import cmake
from mtc.build.preflight import FIRST_BUILD_BYTES, check_cache, free_bytes
from mtc.build.sources import is_cached
from mtc.build.sources_lock import sources
from mtc.build.targets import TARGETS, Target
from mtc.build.toolchain import toolchain_name
from mtc.diagnostics import MtcError
from mtc.support.cache import cache_root


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `fix` is the command that helps; empty if all is well."""

    name: str
    is_ok: bool
    found: str
    fix: str = ""
    is_optional: bool = False


def checks() -> list[Check]:
    """Everything, the important first."""
    return [_python(), *map(_tool, ("cmake", "ninja")), *target_checks(), _cache(), _sources(), _torch()]


def target_checks() -> list[Check]:
    """For each target, the toolchain that would build for it."""
    return [_target(target) for target in TARGETS.values()]


def _target(target: Target) -> Check:
    try:
        return Check(target.name, True, toolchain_name(target), is_optional=not target.is_host)
    except MtcError as error:
        first = error.diagnostics[0]
        return Check(target.name, False, first.message, first.help or "", is_optional=not target.is_host)


def _python() -> Check:
    is_ok = sys.version_info >= (3, 10)
    return Check("Python", is_ok, platform.python_version(), "" if is_ok else "use Python 3.10 or newer")


def _tool(name: str) -> Check:
    try:
        return Check(name, True, cmake.program(name))
    except MtcError as error:
        return Check(name, False, error.diagnostics[0].message, f"pip install {name}")


def _cache() -> Check:
    try:
        check_cache()
    except MtcError as error:
        return Check("cache", False, error.diagnostics[0].message, error.diagnostics[0].help or "")
    free = free_bytes()
    found = f"{cache_root()}, {free / 1e9:.1f} GB free"
    need = f"{FIRST_BUILD_BYTES / 1e9:.1f} GB"
    fix = "" if free > FIRST_BUILD_BYTES else f"set MTC_CACHE_DIR to a folder with {need}, or run `mtc cache clear`"
    return Check("cache", not fix, found, fix)


def _sources() -> Check:
    have = [name for name in sources() if is_cached(name)]
    missing = [name for name in sources() if name not in have]
    fix = "mtc fetch" if missing else ""
    found = f"{len(have)} of {len(have) + len(missing)} in the cache"
    return Check("third-party sources", not missing, found, fix, is_optional=True)


def _torch() -> Check:
    has = importlib.util.find_spec("torch") is not None
    version = importlib.metadata.version("torch") if has else "not installed"
    return Check("torch", has, version, "" if has else "pip install 'mtc[torch]'", is_optional=True)
