"""Just enough of Mach-O to say what every byte of a file belongs to (mach-o/loader.h)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mtc.build.file_layout import FileLayout, Section

MAGIC = b"\xcf\xfa\xed\xfe"  # 64 bits, little-endian: every Apple system of today
_SEGMENT = 0x19  # LC_SEGMENT_64
_HEADER, _SEGMENT_BYTES, _SECTION_BYTES = 32, 72, 80
_LEAST = 8  # bytes of a load command: its kind and its length
_ZERO_FILLED = (0x1, 0xC, 0x12)  # S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL


def read_macho(data: bytes) -> FileLayout:
    """Reads the load commands. `DAMAGE` if the file is cut off."""
    sections: list[Section] = []
    for command, at in load_commands(data):
        if command == _SEGMENT:
            sections += _segment(data, at)
    (commands,) = struct.unpack_from("<I", data, 20)
    headers = ((0, _HEADER, "Mach-O header"), (_HEADER, commands, "load commands"))
    return FileLayout(len(data), headers, tuple(sorted(sections, key=lambda section: section.offset)))


def load_commands(data: bytes) -> Iterator[tuple[int, int]]:
    """Of each its kind and where it begins. `DAMAGE` if one leads nowhere."""
    (count,) = struct.unpack_from("<I", data, 16)
    at = _HEADER
    for _ in range(count):
        command, length = struct.unpack_from("<II", data, at)
        if length < _LEAST:
            raise ValueError("a load command without a length")
        yield command, at
        at += length


def _segment(data: bytes, at: int) -> list[Section]:
    # name, address, memory, offset, bytes, protections, sections, flags
    name, address, _, offset, size, _, _, count, _ = struct.unpack_from("<16sQQQQIIII", data, at + 8)
    if not count:  # __LINKEDIT: symbols, fixups, signature
        return [Section(_text(name), address, offset, size, is_loaded=False)] if size else []
    return [
        Section(f"{row.segment},{row.name}", row.address, row.offset, row.size, is_loaded=True)
        for row in _rows(data, at)
        if row.size and not row.is_zero_filled
    ]


@dataclass(frozen=True)
class SectionRow:
    """What a segment says of one of its sections."""

    name: str
    segment: str
    address: int
    size: int
    offset: int
    relocations: int  # where they begin in the file
    relocation_count: int
    is_zero_filled: bool


def section_rows(data: bytes) -> list[SectionRow]:
    """Those of all segments, as symbols count them: the first is number 1. `DAMAGE` if the file is cut off."""
    return [row for command, at in load_commands(data) if command == _SEGMENT for row in _rows(data, at)]


def _rows(data: bytes, at: int) -> Iterator[SectionRow]:
    (count,) = struct.unpack_from("<I", data, at + 64)
    for index in range(count):
        name, segment, address, size, offset, _, relocations, number, flags = struct.unpack_from(
            "<16s16sQQIIIII", data, at + _SEGMENT_BYTES + index * _SECTION_BYTES
        )
        is_zero_filled = flags & 0xFF in _ZERO_FILLED
        yield SectionRow(_text(name), _text(segment), address, size, offset, relocations, number, is_zero_filled)


def _text(name: bytes) -> str:
    return name.rstrip(b"\0").decode("latin-1")
