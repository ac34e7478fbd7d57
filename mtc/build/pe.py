"""Just enough of PE to say what every byte of a file belongs to (Microsoft's PE Format)."""

from __future__ import annotations

import struct

from mtc.build.file_layout import FileLayout, Section

MAGIC = b"MZ"
_COFF, _ROW = 24, 40  # bytes of the signature and the COFF header, and of a section's header
_DESCRIBING = frozenset({".reloc", ".edata", ".idata", ".rsrc", ".buildid"})


def read_pe(data: bytes) -> FileLayout:
    """Reads the section table. ValueError if there is none: an old program for DOS."""
    (start,) = struct.unpack_from("<I", data, 0x3C)
    if data[start : start + 4] != b"PE\0\0":
        raise ValueError("not a PE file")
    (count,) = struct.unpack_from("<H", data, start + 6)
    (optional,) = struct.unpack_from("<H", data, start + 20)
    table = start + _COFF + optional
    sections = []
    for index in range(count):
        name, _, address, size, offset = struct.unpack_from("<8sIIII", data, table + index * _ROW)
        text = name.rstrip(b"\0").decode("latin-1")
        if size:
            sections.append(Section(text, address, offset, size, is_loaded=text not in _DESCRIBING))
    headers = (
        (0, start, "DOS stub"),
        (start, _COFF + optional, "PE headers"),
        (table, count * _ROW, "section headers"),
    )
    return FileLayout(len(data), headers, tuple(sorted(sections, key=lambda section: section.offset)))
