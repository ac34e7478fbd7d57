"""Archives whose bytes follow from what is in them: entries in order of their names, fixed times, owners and modes.

Each carries a mark where its format has room for a remark, so that mtc knows its own packages again.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

MARK = b"made by mtc package"
_HEAD, _TAIL = 256, len(MARK)  # where the mark stands: in a .gz or a .deb near the beginning, in a ZIP at the end
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows


@dataclass(frozen=True)
class Entry:
    """A file of an archive: its bytes, or the file on disk that has them."""

    name: str  # with slashes
    content: bytes | Path
    is_executable: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.is_executable else 0o644

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def digest(self, algorithm: str) -> bytes:
        with self.open() as content:
            state = hashlib.new(algorithm, usedforsecurity=False)
            while piece := content.read(1 << 20):
                state.update(piece)
        return state.digest()

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")


def is_marked(path: Path) -> bool:
    """Whether one of this module's archives is in the file."""
    with path.open("rb") as file:
        if MARK in file.read(_HEAD):
            return True
        file.seek(max(file.seek(0, io.SEEK_END) - _TAIL, 0))
        return file.read() == MARK


def write_zip(file: BinaryIO, entries: Iterable[Entry]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.comment = MARK
        for entry in _ordered(entries):
            info = zipfile.ZipInfo(entry.name, _FIRST_DAY)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3  # 3: modes as Unix has them
            info.external_attr = (0o100000 | entry.mode) << 16
            info.file_size = entry.size  # so that a large one gets the larger header
            with entry.open() as content, archive.open(info, "w") as member:
                shutil.copyfileobj(content, member)


def write_tar_gz(file: BinaryIO, entries: Iterable[Entry]) -> None:
    with _gzip(file) as compressed:
        _write_tar(compressed, entries)


def write_tar_xz(file: BinaryIO, entries: Iterable[Entry], *, root: str = "") -> None:
    """`root` stands before every name: Debian's archives begin with `./`."""
    with lzma.open(file, "wb") as compressed:
        _write_tar(compressed, entries, root)


def write_ar(file: BinaryIO, members: Sequence[Entry]) -> None:
    """In the given order, which has a meaning in a Debian package; the archive itself has no room for a mark."""
    file.write(b"!<arch>\n")
    for member in members:
        size = member.size
        file.write(f"{member.name:<16}{0:<12}{0:<6}{0:<6}{0o100644:<8o}{size:<10}`\n".encode("ascii"))
        with member.open() as content:
            shutil.copyfileobj(content, file)
        file.write(b"\n" * (size % 2))


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    ordered = sorted(entries, key=lambda entry: entry.name)
    names = [entry.name for entry in ordered]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two entries are called {', '.join(sorted(twice))}")
    return ordered


def _write_tar(file: IO[bytes] | io.RawIOBase, entries: Iterable[Entry], root: str = "") -> None:
    ordered = _ordered(entries)
    folders = {str(folder) for entry in ordered for folder in PurePosixPath(entry.name).parents} - {"."}
    everything: list[tuple[str, Entry | None]] = [(folder, None) for folder in folders]
    everything += [(entry.name, entry) for entry in ordered]
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        if root:
            archive.addfile(_member(root, None))
        for name, entry in sorted(everything, key=lambda item: item[0]):
            member = _member(root + name, entry)
            if entry is None:
                archive.addfile(member)
            else:
                with entry.open() as content:
                    archive.addfile(member, content)


def _member(name: str, entry: Entry | None) -> tarfile.TarInfo:
    """A file, or without an entry a folder, of root and of no time."""
    member = tarfile.TarInfo(name)
    member.uname = member.gname = "root"
    if entry is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
    else:
        member.mode, member.size = entry.mode, entry.size
    return member


@contextmanager
def _gzip(file: BinaryIO) -> Iterator[io.RawIOBase]:
    """A gzip stream with the mark as its comment, which Python's own writer cannot set. Format: RFC 1952, 2.3."""
    comment, level, unknown_system = 16, 2, 255
    file.write(struct.pack("<4BL2B", 0x1F, 0x8B, zlib.DEFLATED, comment, 0, level, unknown_system) + MARK + b"\0")
    stream = _Deflating(file.write)
    yield stream
    file.write(stream.end())


class _Deflating(io.RawIOBase):
    """Compresses what is written to it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._compress = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._crc = self._size = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._write(self._compress.compress(data))
        return len(data)

    def end(self) -> bytes:
        """The last bytes of the stream, with checksum and size."""
        return self._compress.flush() + struct.pack("<2L", self._crc, self._size & 0xFFFFFFFF)
