"""Where mtc keeps what can be made again: fetched sources, built libraries, the host runtime."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SMALL = 1 << 20  # bytes


def cache_dir(*parts: str) -> Path:
    """A folder below the cache, made if missing: `MTC_CACHE_DIR`, else `$XDG_CACHE_HOME/mtc`, else `~/.cache/mtc`."""
    folder = cache_root().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_cache_full() -> bool:
    """Whether the disk of the cache has no room for even a small file."""
    at = cache_root()
    while not at.exists():
        at = at.parent
    return shutil.disk_usage(at).free < _SMALL


def cache_root() -> Path:
    """The cache's top folder, absolute; it may not exist yet."""
    if own := os.environ.get("MTC_CACHE_DIR"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    # The XDG base directory specification says to ignore a relative path.
    if base and os.path.isabs(base):
        return Path(base, "mtc")
    return Path.home() / ".cache" / "mtc"
