"""The parts of the cache: how large each is, and removing them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from mtc.diagnostics import CANNOT_WRITE, UNKNOWN_NAME, collected
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
    """Removes parts. Locks stay: another mtc may hold one. CANNOT_WRITE that names what cannot be removed."""
    failed: dict[str, str] = {}

    def note(_: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
        if not isinstance(error[1], FileNotFoundError):  # another mtc is at work
            failed.setdefault(path, getattr(error[1], "strerror", None) or str(error[1]))

    with collected() as report:
        for name in names:
            failed.clear()
            shutil.rmtree(cache_root() / name, onerror=note)
            if failed and (cache_root() / name).exists():
                path, reason = next(iter(failed.items()))
                report(CANNOT_WRITE(f"cannot remove `{path}`: {reason}", help="remove it as the user who may"))


def _size(folder: str) -> int:
    return sum(_file_size(os.path.join(where, name)) for where, _, files in os.walk(folder) for name in files)


def _file_size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:  # another mtc is at work
        return 0
