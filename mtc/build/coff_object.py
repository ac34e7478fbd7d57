"""The sections, symbols and relocations of a COFF object file for x86_64 (Microsoft's PE Format)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Collection

from mtc.build.object_file import ObjectFile, Symbol

_X86_64 = 0x8664
_HEADER, _SECTION, _SYMBOL, _RELOCATION = 20, 40, 18, 10  # bytes of each
_EXTERNAL, _WEAK = 2, 105  # storage classes
_COMDAT = 0x1000  # a section by itself, to be dropped or kept
_OVERFLOWS = 0x01000000  # more relocations than 16 bits count: the first one says how many


def section_name(name: str) -> str:
    """A function's own section, as ELF calls it: `.text$main` is `.text.main`."""
    return name.replace("$", ".", 1)


def read_coff_object(data: bytes) -> ObjectFile | None:
    """Reads an object file. None if it is none (bitcode, another system's)."""
    if len(data) < _HEADER or struct.unpack_from("<H", data)[0] != _X86_64:
        return None
    count, _, at, symbols, optional = struct.unpack_from("<HIIIH", data, 2)
    names = at + symbols * _SYMBOL
    read = ObjectFile([""], [])
    sizes, alone = [0], set()
    for index in range(count):
        row = struct.unpack_from("<8sIIIIIIHHI", data, _HEADER + optional + index * _SECTION)
        read.sections.append(section_name(_text(data, row[0], names)))
        sizes.append(row[3])
        if row[9] & _COMDAT:
            alone.add(index + 1)
        first, number = row[5], row[7]
        if row[9] & _OVERFLOWS and number == 0xFFFF:
            (number,) = struct.unpack_from("<I", data, first)
        rows = struct.iter_unpack("<IIH", data[first : first + number * _RELOCATION])
        read.references[index + 1] = [(offset, symbol) for offset, symbol, _ in rows]
    read.symbols = _symbols(data, at, symbols, names, sizes)
    for index, leader in _leaders(read, alone).items():
        read.sections[index] += f".{leader}"
    return read


def _leaders(read: ObjectFile, alone: Collection[int]) -> dict[int, str]:
    """The function or object that each section of one `alone` is for, where the section's name does not have it: clang
    for MSVC calls all of them `.text`."""
    found: dict[int, str] = {}
    for symbol in read.symbols:
        name = read.sections[symbol.section]
        if symbol.section in alone and "." not in name[1:] and symbol.name not in ("", name):
            found.setdefault(symbol.section, symbol.name)
    return found


def _symbols(data: bytes, at: int, count: int, names: int, sizes: list[int]) -> list[Symbol]:
    """All of them, with what describes one behind it as a symbol without a name: references count those too. A size is
    not said: it ends where the next one of the section begins."""
    rows: list[tuple[str, int, int, bool] | None] = []
    while len(rows) < count:
        name, value, section, _, storage, more = struct.unpack_from("<8sIhHBB", data, at + len(rows) * _SYMBOL)
        rows.append((_text(data, name, names), max(section, 0), value, storage not in (_EXTERNAL, _WEAK)))
        rows += [None] * more
    ends: dict[int, list[int]] = {section: [size] for section, size in enumerate(sizes)}
    for row in rows:
        if row is not None:
            ends[row[1]].append(row[2])
    for places in ends.values():
        places.sort()
    found = []
    for row in rows:
        if row is None:
            found.append(Symbol("", 0, 0, is_local=True))
            continue
        text, section, start, is_local = row
        after = bisect_right(ends[section], start)
        size = ends[section][after] - start if section and after < len(ends[section]) else 0
        found.append(Symbol(text, section, size, is_local))
    return found


def _text(data: bytes, name: bytes, names: int) -> str:
    """A name of up to eight bytes, or where a longer one stands: `/123` of a section, four zeros of a symbol."""
    if name.startswith(b"/") and name[1:].rstrip(b"\0").isdigit():
        at = names + int(name[1:].rstrip(b"\0"))
    elif name.startswith(b"\0\0\0\0"):
        at = names + struct.unpack_from("<I", name, 4)[0]
    else:
        return name.rstrip(b"\0").decode("latin-1")
    return data[at : data.index(b"\0", at)].decode("latin-1")
