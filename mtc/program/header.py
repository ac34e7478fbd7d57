"""The first bytes of a program file; `runtime/program/header.h` reads them."""

from __future__ import annotations

import struct

MAGIC = b"\x89MTP\r\n\x1a\n"
VERSION = 1
SIZE = 40
_FORMAT = "<8sIIQQQ"
UNBOUNDED = (1 << 63) - 1  # the largest value of a size without one


def pack(tables_offset: int, tables_size: int, file_size: int) -> bytes:
    return struct.pack(_FORMAT, MAGIC, VERSION, 0, tables_offset, tables_size, file_size)


def unpack(data: bytes) -> tuple[int, int, int]:
    """tables_offset, tables_size, file_size. ValueError if `data` does not begin a program."""
    if len(data) < SIZE or data[:8] != MAGIC:
        raise ValueError("not an mtc program")
    _, version, _, offset, size, total = struct.unpack(_FORMAT, data[:SIZE])
    if version != VERSION:
        raise ValueError(f"a program of format {version}; this mtc reads format {VERSION}")
    return offset, size, total
