"""What can be known before a build starts: whether the cache can be written, whether the sources can be had."""

from __future__ import annotations

import os
from collections.abc import Collection

from mtc.build.sources import is_cached, is_offline
from mtc.build.third_party import sources_of
from mtc.diagnostics import CANNOT_WRITE, FETCH_FAILED
from mtc.support.cache import cache_root


def check_build(libraries: Collection[str], *, offline: bool = False) -> None:
    """MtcError if a runtime with these kernel libraries cannot be built: CANNOT_WRITE for the cache, FETCH_FAILED that
    names every source which is missing while mtc is offline."""
    check_cache()
    missing = [name for name in sources_of(libraries) if not is_cached(name)]
    if missing and (offline or is_offline()):
        raise FETCH_FAILED.error(
            f"mtc is offline, and its cache lacks the sources of {', '.join(f'`{name}`' for name in missing)}",
            help=f"run `mtc fetch` with a network, or copy the folder {cache_root()} from a machine where it was run",
        )


def check_cache() -> None:
    """CANNOT_WRITE if the cache cannot be written or made."""
    root = cache_root()
    folder = next(parent for parent in (root, *root.parents) if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        reason = "read-only" if folder.is_dir() else "not a folder"
        raise CANNOT_WRITE.error(
            f"mtc's cache cannot be at `{root}`: `{folder}` is {reason}",
            help="set MTC_CACHE_DIR to a folder that can be written",
        )


def has_runtimes() -> bool:
    """Whether any runtime was built before, which may be the one that is needed."""
    folder = cache_root() / "runtimes"
    return folder.is_dir() and any(folder.iterdir())
