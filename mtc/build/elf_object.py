"""The sections, symbols and relocations of an ELF object file: what the linker sees when it drops what nobody needs
(System V ABI, chapter 4)."""

from __future__ import annotations

import struct

from mtc.build.object_file import ObjectFile, Symbol

_SYMTAB, _RELA, _REL = 2, 4, 9
_SECTION, _LOCAL = 3, 0  # kind and binding of a symbol
_FIRST_RESERVED = 0xFF00


def read_elf_object(data: bytes) -> ObjectFile | None:
    """Reads an object file of either width and byte order. None if it is none (bitcode, another system's)."""
    if data[:4] != b"\x7fELF":
        return None
    is_64, order = data[4] == 2, "<" if data[5] == 1 else ">"
    (table,) = struct.unpack_from(order + ("Q" if is_64 else "I"), data, 40 if is_64 else 32)
    entry, count, names_index = struct.unpack_from(order + "HHH", data, 58 if is_64 else 46)
    # name, type, flags, address, offset, size, link, info
    layout = order + ("IIQQQQII" if is_64 else "IIIIIIII")
    first = struct.unpack_from(layout, data, table)
    count, names_index = count or first[5], first[6] if names_index == 0xFFFF else names_index  # more than 65,279
    rows = [struct.unpack_from(layout, data, table + i * entry) for i in range(count)]
    names = _content(data, rows[names_index])
    read = ObjectFile([_text(names, row[0]) for row in rows], [])
    for row in rows:
        if row[1] == _SYMTAB:
            read.symbols = _symbols(_content(data, row), _content(data, rows[row[6]]), order, is_64, read.sections)
        elif row[1] in (_RELA, _REL):
            read.references[row[7]] = _references(_content(data, row), row[1] == _RELA, order, is_64)
    return read


def _symbols(data: bytes, names: bytes, order: str, is_64: bool, sections: list[str]) -> list[Symbol]:
    found = []
    for row in struct.iter_unpack(order + ("IBBHQQ" if is_64 else "IIIBBH"), data):
        name, info, section, size = (row[0], row[1], row[3], row[5]) if is_64 else (row[0], row[3], row[5], row[2])
        section = 0 if section >= _FIRST_RESERVED else section
        text = sections[section] if info & 15 == _SECTION else _text(names, name)
        found.append(Symbol(text, section, size, info >> 4 == _LOCAL))
    return found


def _references(data: bytes, has_addend: bool, order: str, is_64: bool) -> list[tuple[int, int]]:
    layout = order + (("QQq" if has_addend else "QQ") if is_64 else ("IIi" if has_addend else "II"))
    return [(row[0], row[1] >> (32 if is_64 else 8)) for row in struct.iter_unpack(layout, data)]


def _content(data: bytes, row: tuple[int, ...]) -> bytes:
    return data[row[4] : row[4] + row[5]]


def _text(names: bytes, at: int) -> str:
    return names[at : names.index(b"\0", at)].decode()
