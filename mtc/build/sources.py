"""Third-party sources: fetched, verified, cached, unpacked.

A source is the pinned tree of files of `runtime/third_party/sources.lock.yaml`, not some archive: its places are tried
in order, and whichever answers must unpack to exactly that tree.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mtc.build.archive import BadArchive, unpack
from mtc.build.debian_mirror import mirror
from mtc.build.progress import Progress, silent
from mtc.build.sources_lock import Place, Source, source, sources
from mtc.diagnostics import FETCH_FAILED, writing
from mtc.support.atomic import atomic_folder
from mtc.support.cache import cache_dir, cache_root
from mtc.support.file_lock import file_lock
from mtc.support.hashing import file_sha256


class NoMirror(Exception):
    """A place below a Debian mirror, on a machine that names none."""


def source_folder(name: str, *, offline: bool = False, progress: Progress = silent) -> Path:
    """The folder of the unpacked source `name`, fetched first if the cache lacks it.

    Raises MtcError: MTC701 if no place has it, or if it is missing and `offline` (or MTC_OFFLINE=1) forbids to fetch;
    MTC106 if it cannot be unpacked for want of room.
    """
    wanted = source(name)
    folder = cache_dir("sources") / wanted.key
    if folder.is_dir():  # only ever renamed into place, so it is whole
        return folder
    with file_lock(cache_dir("locks") / f"source-{wanted.key}"):
        if not folder.is_dir():
            _obtain(wanted, folder, offline=offline or is_offline(), progress=progress)
    return folder


def is_cached(name: str) -> bool:
    """Whether `source_folder` needs no network."""
    wanted = source(name)
    root = cache_root()
    archives = (root / "archives" / f"{wanted.key}-{place.filename}" for place in wanted.places)
    return (root / "sources" / wanted.key).is_dir() or any(archive.is_file() for archive in archives)


def fetch_all(names: Iterable[str] | None = None, *, progress: Progress = silent) -> dict[str, Path]:
    """Fetches the named sources, or all, so that later builds need no network. This is `mtc fetch`."""
    return {name: source_folder(name, progress=progress) for name in (sources() if names is None else names)}


def is_offline() -> bool:
    """Whether the environment forbids the network."""
    return os.environ.get("MTC_OFFLINE", "") not in ("", "0")


def _obtain(wanted: Source, folder: Path, *, offline: bool, progress: Progress) -> None:
    from mtc.build.download import DownloadFailed, download

    failures = []
    archives = cache_dir("archives")
    for place in wanted.places:
        archive = archives / f"{wanted.key}-{place.filename}"
        try:
            if not archive.exists():
                if offline:
                    failures.append(f"{place.at}: not in the cache")
                    continue
                download(_url(place), archive, wanted.name, progress)
            _check(archive, place)
            progress(f"unpacking {wanted.name}", 0, 0)
            with writing(folder), atomic_folder(folder) as work:
                unpack(archive, place, wanted, work)
            return
        except BadArchive as error:
            archive.unlink(missing_ok=True)  # a damaged file in the cache must not fail every later try
            failures.append(f"{place.at}: {error}")
        except (DownloadFailed, NoMirror, OSError) as error:
            failures.append(f"{place.at}: {error}")
    what = f"the source of `{wanted.name}` ({wanted.version})"
    if offline:
        raise FETCH_FAILED.error(
            f"{what} is not in the cache, and mtc is offline",
            notes=failures,
            help=f"run `mtc fetch {wanted.name}` with a network, or copy the folder {cache_dir()} from such a machine",
        )
    raise FETCH_FAILED.error(
        f"{what} could not be fetched from any place",
        notes=failures,
        help=f"check the network, or put the archive at {archives / f'{wanted.key}-{wanted.places[0].filename}'}",
    )


def _url(place: Place) -> str:
    from urllib.parse import quote

    if not place.at.startswith("debian:"):
        return place.at
    base = mirror()
    if base is None:
        raise NoMirror("this machine's apt names no Debian mirror")
    return f"{base}/{quote(place.at.removeprefix('debian:'), safe='/+~')}"


def _check(archive: Path, place: Place) -> None:
    if place.sha256 is not None and (found := file_sha256(archive)) != place.sha256:
        raise BadArchive(f"it has SHA-256 {found}, expected {place.sha256}")
