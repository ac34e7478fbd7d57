"""What can be known before a build starts: whether the cache can be written, has room, and holds the sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mtc.build.build_kind import BuildKind
from mtc.build.sources import is_cached, is_offline
from mtc.build.third_party import is_built, sources_of
from mtc.diagnostics import CANNOT_WRITE, FETCH_FAILED
from mtc.support.cache import cache_root

# What a build adds to the cache, with room to spare: sources, libraries, objects, the runtime with every kernel.
FIRST_BUILD_BYTES = 384 << 20
NEXT_BUILD_BYTES = 128 << 20  # the libraries stand there


def check_build(kind: BuildKind, *, offline: bool = False) -> None:
    """MtcError if a runtime of this kind cannot be built: CANNOT_WRITE for a cache that is read-only or
    has no room, FETCH_FAILED that names every source which is missing while mtc is offline."""
    has_libraries = is_built(kind.target, kind.toolchain, kind.libraries)
    check_cache(NEXT_BUILD_BYTES if has_libraries else FIRST_BUILD_BYTES)
    missing = [name for name in sources_of(kind.libraries) if not is_cached(name)]
    if missing and (offline or is_offline()):
        raise FETCH_FAILED.error(
            f"mtc is offline, and its cache lacks the sources of {', '.join(f'`{name}`' for name in missing)}",
            help=f"run `mtc fetch` with a network, or copy the folder {cache_root()} from a machine where it was run",
        )


def check_cache(need: int = 0) -> None:
    """CANNOT_WRITE if the cache cannot be written or made, or has no room for `need` bytes."""
    root = cache_root()
    folder = _standing(root)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        reason = "read-only" if folder.is_dir() else "not a folder"
        raise CANNOT_WRITE.error(
            f"mtc's cache cannot be at `{root}`: `{folder}` is {reason}",
            help="set MTC_CACHE_DIR to a folder that can be written",
        )
    if (free := free_bytes()) < need:
        raise CANNOT_WRITE.error(
            f"the disk of mtc's cache `{root}` is full: about {need:,} bytes are needed, {free:,} are free",
            help="set MTC_CACHE_DIR to a folder on another disk, or run `mtc cache clear`",
        )


def free_bytes() -> int:
    """How much the disk of the cache still takes."""
    return shutil.disk_usage(_standing(cache_root())).free


def _standing(folder: Path) -> Path:
    """The folder, or the one above it that exists."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def has_runtimes() -> bool:
    """Whether any runtime was built before, which may be the one that is needed."""
    folder = cache_root() / "runtimes"
    return folder.is_dir() and any(folder.iterdir())
