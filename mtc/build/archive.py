"""Unpacks an archive that is not trusted yet, and hashes what came out."""

from __future__ import annotations

import errno
import hashlib
import lzma
import shutil
import tarfile
import zlib
from pathlib import Path

from mtc.build.sources_lock import Place, Source

# No pinned library comes near it; an archive that unpacks to more is an attack or a mistake.
MAX_UNPACKED_BYTES = 1 << 30

# What a disk says that is full or broken: nothing against the archive.
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class BadArchive(Exception):
    """Why an archive is refused."""


def unpack(archive: Path, place: Place, source: Source, into: Path) -> None:
    """Writes the kept members of `archive` below `into` and checks that they are the pinned tree.

    Only regular files are written, by this code and below `into`: links, devices, absolute names and `..` cannot do
    harm because nothing is created for them. Raises BadArchive, also for damage, and OSError if the disk is at fault.
    """
    total = 0
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                path = inner_path(member.name, place.strip)
                kept = None if path is None else source.kept_as(path)
                if kept is None or member.isdir():
                    continue
                if not member.isreg():
                    raise BadArchive(f"`{member.name}` is not a regular file")
                total += member.size
                if total > MAX_UNPACKED_BYTES:
                    raise BadArchive(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
                _write(tar, member, into / kept)
    except (tarfile.TarError, EOFError, OSError, ValueError, lzma.LZMAError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise
        raise BadArchive(f"it cannot be read: {error}") from error
    found = tree_hash(into)
    if found != source.tree:
        raise BadArchive(f"its contents have SHA-256 {found}, expected {source.tree}")


def inner_path(name: str, strip: int) -> str | None:
    """`name` without its first `strip` folders, or None if nothing is left. Raises BadArchive if it leads outside."""
    if name.startswith("/") or "\\" in name or "\0" in name or ":" in name.split("/")[0]:
        raise BadArchive(f"`{name}` is not a relative path")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadArchive(f"`{name}` leads outside of the archive")
    return "/".join(parts[strip:]) or None


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is None:
        raise BadArchive(f"`{member.name}` has no content")
    with content, open(path, "xb") as file:  # x: a name that comes twice is refused
        shutil.copyfileobj(content, file)


def tree_hash(root: Path) -> str:
    """SHA-256 over each file's path and content, in order of path. The same from whatever archive the tree came."""
    state = hashlib.sha256()
    for path in sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()):
        content = (root / path).read_bytes()
        state.update(f"{path}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return state.hexdigest()
