"""Just enough of ELF to say what every byte of a file belongs to (System V ABI, chapter 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_NOBITS = 8
_ALLOC = 2


@dataclass(frozen=True)
class Section:
    """A section of the file; one without content (.bss) has no bytes in it."""

    name: str
    address: int
    offset: int
    size: int  # bytes in the file
    is_loaded: bool


@dataclass(frozen=True)
class Elf:
    """Where the parts of an ELF file lie."""

    size: int
    header: int  # bytes
    program_headers: tuple[int, int]  # offset, bytes
    section_headers: tuple[int, int]
    sections: tuple[Section, ...]  # those with content, by offset


def is_elf(path: Path) -> bool:
    """Whether a file begins as ELF files do."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def read_elf(path: Path) -> Elf:
    """Reads the headers of an ELF file of either width and byte order. Raises ValueError if it is none."""
    data = path.read_bytes()
    if data[:4] != b"\x7fELF" or len(data) < 52:
        raise ValueError(f"{path} is not an ELF file")
    is_64, order = data[4] == 2, "<" if data[5] == 1 else ">"
    # e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx
    words = struct.unpack_from(order + ("QQIHHHHHH" if is_64 else "IIIHHHHHH"), data, 32 if is_64 else 28)
    program_offset, section_offset, _, header, entry, programs, section_entry, count, names_index = words
    # name, type, flags, address, offset, size
    layout = order + ("IIQQQQ" if is_64 else "IIIIII")
    rows = [struct.unpack_from(layout, data, section_offset + i * section_entry) for i in range(count)]
    names = data[rows[names_index][4] :][: rows[names_index][5]] if rows else b""
    sections = [
        Section(_name(names, name), address, offset, size, bool(flags & _ALLOC))
        for name, kind, flags, address, offset, size in rows
        if kind not in (0, _NOBITS) and size
    ]
    return Elf(
        size=len(data),
        header=header,
        program_headers=(program_offset, programs * entry),
        section_headers=(section_offset, count * section_entry),
        sections=tuple(sorted(sections, key=lambda section: section.offset)),
    )


def _name(names: bytes, at: int) -> str:
    return names[at : names.index(b"\0", at)].decode()
