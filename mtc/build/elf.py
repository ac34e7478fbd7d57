"""Just enough of ELF to say what every byte of a file belongs to (System V ABI, chapter 4)."""

from __future__ import annotations

import struct

from mtc.build.file_layout import FileLayout, Section

MAGIC = b"\x7fELF"
_NOBITS = 8
_ALLOC = 2


def read_elf(data: bytes) -> FileLayout:
    """Reads the headers of an ELF file of either width and byte order. `DAMAGE` if it is none, or cut off."""
    if not data.startswith(MAGIC):
        raise ValueError("no ELF file")
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
    headers = (
        (0, header, "ELF header"),
        (program_offset, programs * entry, "program headers"),
        (section_offset, count * section_entry, "section headers"),
    )
    return FileLayout(len(data), headers, tuple(sorted(sections, key=lambda section: section.offset)))


def _name(names: bytes, at: int) -> str:
    return names[at : names.index(b"\0", at)].decode()
