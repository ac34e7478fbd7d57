"""ZIP64 archives whose members are stored as they are, at aligned offsets, so that a reader can map them in place.

The layout is written here rather than by `zipfile`, so that the same members are the same bytes under every Python.
Format: APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (its end) and 4.5.3.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from mtc.ir.constant import OpenFile

ALIGNMENT = 64
_IN_ZIP64 = 0xFFFFFFFF  # "see the zip64 extra field"
_PAD = 0xD935  # the extra field that Android's zipalign pads with
_DATE = (1 << 5) | 1  # 1980-01-01, the first day ZIP knows
_PIECE = 1 << 20  # bytes that are in memory at the same time
_NEEDED = 45  # the version that knows zip64
# What `zipfile` raises for bytes that are no directory.
_DIRECTORY_ERRORS = (
    zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, LookupError, EOFError, struct.error,
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A file to be stored: its size is known beforehand, its bytes come in pieces."""

    name: str
    size: int
    pieces: Callable[[], Iterable[bytes | memoryview]]


@dataclass(frozen=True)
class Stored:
    """Where a member's bytes stand in the archive."""

    offset: int
    size: int
    crc: int


class DamagedArchive(ValueError):
    """The reason why a file is no archive of this kind."""


def write_archive(file: IO[bytes], members: Sequence[Member]) -> None:
    """Writes to a new file, at its beginning. ValueError if a member has another size than it says."""
    directory = b""
    offset = 0
    for member in members:
        name = member.name.encode()
        header = _local_header(name, member.size, offset)
        file.write(header)
        crc = size = 0
        for piece in member.pieces():
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            file.write(piece)
        if size != member.size:
            raise ValueError(f"{member.name} has {size} bytes, not {member.size}")
        file.seek(offset + 14)
        file.write(struct.pack("<L", crc))
        extra = struct.pack("<HHQQQ", 1, 24, size, size, offset)
        directory += (
            struct.pack(
                "<4s4B4HL2L5H2L", b"PK\1\2", _NEEDED, 3, _NEEDED, 0, 0, 0, 0, _DATE, crc, _IN_ZIP64, _IN_ZIP64,
                len(name), len(extra), 0, 0, 0, 0o100644 << 16, _IN_ZIP64,
            )
            + name
            + extra
        )  # fmt: skip
        offset += len(header) + size
        file.seek(offset)
    count, length = len(members), len(directory)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, _NEEDED, _NEEDED, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, offset + length, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, _IN_ZIP64, _IN_ZIP64, 0)
    file.write(directory + end64 + locator + end)


def _local_header(name: bytes, size: int, offset: int) -> bytes:
    """The header in front of a member, long enough that the member begins aligned; its CRC is filled in later."""
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    pad = -(offset + 30 + len(name) + len(extra) + 4) % ALIGNMENT
    extra += struct.pack("<HH", _PAD, pad) + bytes(pad)
    fixed = struct.pack("<4s5H3L2H", b"PK\3\4", _NEEDED, 0, 0, 0, _DATE, 0, _IN_ZIP64, _IN_ZIP64, len(name), len(extra))
    return fixed + name + extra


def first_name(path: Path) -> str | None:
    """The name of the member that stands first in the file, or None if the file does not begin as an archive."""
    with path.open("rb") as file:
        header = file.read(30)
        if len(header) < 30 or header[:4] != b"PK\3\4":
            return None
        return file.read(struct.unpack_from("<H", header, 26)[0]).decode("utf-8", "replace")


def read_directory(file: OpenFile) -> dict[str, Stored]:
    """The members of an archive. DamagedArchive if it is no archive, or its members are compressed or overlap."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = archive.infolist()
            end = archive.start_dir
    except _DIRECTORY_ERRORS as error:
        raise DamagedArchive(f"its directory cannot be read ({error})") from error
    members: dict[str, Stored] = {}
    taken: list[tuple[int, int]] = []
    for entry in entries:
        name = entry.filename
        if name in members:
            raise DamagedArchive(f"two members are called {name}")
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 or entry.file_size != entry.compress_size:
            raise DamagedArchive(f"{name} is compressed or encrypted")
        start = _data_offset(file, entry, end)
        if start + entry.file_size > end:
            raise DamagedArchive(f"{name} reaches beyond the end of the file")
        members[name] = Stored(start, entry.file_size, entry.CRC)
        taken.append((entry.header_offset, start + entry.file_size))
    taken.sort()
    if any(following[0] < before[1] for before, following in pairwise(taken)):
        raise DamagedArchive("two members overlap")
    return members


def read_member(file: OpenFile, member: Stored, name: str) -> bytes:
    """All bytes of a member. DamagedArchive if they are not those that were written."""
    content = file.read(member.offset, member.size)
    if zlib.crc32(content) != member.crc:
        raise DamagedArchive(f"the checksum of {name} does not fit its content")
    return content


def check_member(file: OpenFile, member: Stored, name: str) -> None:
    """Reads a large member piece by piece. DamagedArchive if its bytes are not those that were written."""
    crc = 0
    for start in range(member.offset, member.offset + member.size, _PIECE):
        crc = zlib.crc32(file.read(start, min(_PIECE, member.offset + member.size - start)), crc)
    if crc != member.crc:
        raise DamagedArchive(f"the checksum of {name} does not fit its content")


def _data_offset(file: OpenFile, entry: zipfile.ZipInfo, end: int) -> int:
    """Where a member's bytes begin, behind the header that stands in front of them."""
    start = entry.header_offset
    if start < 0 or start + 30 > end:
        raise DamagedArchive(f"{entry.filename} reaches beyond the end of the file")
    header = file.read(start, 30)
    name_length = int.from_bytes(header[26:28], "little")
    extra_length = int.from_bytes(header[28:30], "little")
    if header[:4] != b"PK\3\4" or start + 30 + name_length + extra_length > end:
        raise DamagedArchive(f"the header of {entry.filename} is missing")
    if file.read(start + 30, name_length) != entry.orig_filename.encode("utf-8", "surrogateescape"):
        raise DamagedArchive(f"the header of {entry.filename} has another name")
    return start + 30 + name_length + extra_length
