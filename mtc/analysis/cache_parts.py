"""The parts of the cache: how large each is, and removing them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from mtc.diagnostics import UNKNOWN_NAME, collected
from mtc.support.cache import cache_root
from mtc.support.suggest import did_you_mean

PARTS = ("archives", "build", "host", "libraries", "runtimes", "sources", "toolchains", "tools", "zig")


def parts(wanted: Iterable[str] = ()) -> dict[str, int]:
    """Bytes of each part that exists. UNKNOWN_NAME for names that no part has."""
    names = list(wanted)
    with collected() as report:
        for name in names:
            if name not in PARTS:
                report(UNKNOWN_NAME(f"no part of the cache is called `{name}`", help=did_you_mean(name, PARTS)))
    root = cache_root()
    return {name: _size(str(root / name)) for name in names or PARTS if (root / name).is_dir()}


def clear(names: Iterable[str]) -> None:
    """Removes parts. Locks stay: another mtc may hold one."""
    for name in names:
        shutil.rmtree(cache_root() / name, ignore_errors=True)


def _size(folder: str) -> int:
    return sum(_file_size(os.path.join(where, name)) for where, _, files in os.walk(folder) for name in files)


def _file_size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:  # another mtc is at work
        return 0
