"""The first bytes of a program file; `runtime/program/header.h` reads them."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

MAGIC = b"\x89MTP\r\n\x1a\n"
VERSION = 2
SIZE = 40
_FORMAT = "<8sIIQQQ"
UNBOUNDED = (1 << 63) - 1  # the largest value of a size without one


def pack(tables_offset: int, tables_size: int, file_size: int, checksum: int) -> bytes:
    return struct.pack(_FORMAT, MAGIC, VERSION, checksum, tables_offset, tables_size, file_size)


def unpack(data: bytes) -> tuple[int, int, int, int]:
    """tables_offset, tables_size, file_size, checksum. ValueError if `data` does not begin a program."""
    if not data:
        raise ValueError("the file is empty")
    if len(data) < SIZE or data[:8] != MAGIC:
        raise ValueError("not an mtc program")
    _, version, checksum, offset, size, total = struct.unpack(_FORMAT, data[:SIZE])
    if version != VERSION:
        raise ValueError(f"a program of format {version}; this mtc reads format {VERSION}")
    return offset, size, total, checksum


class Body:
    """What follows the header, being written: counts its checksum, so that it need not be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.checksum = 0
        file.write(bytes(SIZE))  # room for the header

    def write(self, data: bytes | memoryview) -> None:
        self.checksum = zlib.crc32(data, self.checksum)
        self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()


def checksum_of(file: BinaryIO) -> int:
    """The CRC-32 of all that follows the header, as zlib computes it."""
    file.seek(SIZE)
    result = 0
    while piece := file.read(1 << 20):
        result = zlib.crc32(piece, result)
    return result
