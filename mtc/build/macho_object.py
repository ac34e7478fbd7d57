"""The symbols, atoms and relocations of a Mach-O file (mach-o/loader.h, nlist.h, reloc.h).

An atom is what Apple's linkers keep or drop as one: from one symbol of a section to the next.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from itertools import zip_longest

from mtc.build.macho import MAGIC, load_commands, section_rows
from mtc.build.object_file import ObjectFile, Symbol

_SYMTAB = 0x2  # LC_SYMTAB
_SYMBOL, _RELOCATION = 16, 8  # bytes of one
_DEBUGGING, _KIND, _EXTERNAL = 0xE0, 0x0E, 0x01  # parts of a symbol's type
_UNDEFINED, _IN_A_SECTION = 0x0, 0xE
_BY_SYMBOL = 1 << 27  # r_extern: the relocation counts symbols, not sections


@dataclass(frozen=True)
class MachoSymbol:
    """A row of the table of symbols."""

    name: str
    kind: int
    section: int  # its number; 0 if it is in none
    address: int

    @property
    def is_external(self) -> bool:
        """Others may refer to it."""
        return bool(self.kind & _EXTERNAL)

    @property
    def is_defined(self) -> bool:
        """It is here, and not of a debugger."""
        return not self.kind & _DEBUGGING and self.kind & _KIND != _UNDEFINED


@dataclass(frozen=True)
class Atom:
    """A range of a section."""

    name: str  # as ELF would call its section: `.text._ZN3mtc3AddEv`
    section: int  # its number
    address: int
    size: int


def defined_symbols(data: bytes) -> list[str]:
    """What other objects may refer to, in the file's order. `DAMAGE` if the file is no whole object of 64 bits."""
    return [symbol.name for symbol in read_symbols(data) if symbol.is_external and symbol.is_defined]


def read_symbols(data: bytes) -> list[MachoSymbol]:
    """All of them, in the file's order. `DAMAGE` if the file is no whole one of 64 bits."""
    if data[:4] != MAGIC:
        raise ValueError("no Mach-O file")
    found = []
    for command, at in load_commands(data):
        if command != _SYMTAB:
            continue
        symbols, number, strings, _ = struct.unpack_from("<IIII", data, at + 8)
        for index in range(number):
            name, kind, section, _, address = struct.unpack_from("<IBBHQ", data, symbols + index * _SYMBOL)
            start = strings + name
            text = data[start : data.index(b"\0", start)].decode()
            is_here = not kind & _DEBUGGING and kind & _KIND == _IN_A_SECTION
            found.append(MachoSymbol(text, kind, section if is_here else 0, address))
    return found


def read_atoms(data: bytes) -> list[Atom]:
    """The atoms of an object, or of a linked file that has its symbols, by section and address."""
    rows = section_rows(data)
    names: dict[tuple[int, int], list[tuple[bool, str]]] = {}
    for symbol in read_symbols(data):
        if symbol.section:
            names.setdefault((symbol.section, symbol.address), []).append((not symbol.is_external, symbol.name))
    places = sorted(names)
    found = []
    for (section, address), after in zip_longest(places, places[1:], fillvalue=(0, 0)):
        row = rows[section - 1]
        end = after[1] if after[0] == section else row.address + row.size
        _, name = min(names[section, address])
        found.append(Atom(atom_name(row.name, name), section, address, end - address))
    return found


def atom_name(section: str, symbol: str) -> str:
    """As ELF would call the atom's section. Apple's compilers put a `_` before each name of C."""
    return f".{section.lstrip('_')}.{symbol.removeprefix('_')}"


def read_macho_object(data: bytes) -> ObjectFile | None:
    """Reads an object file: each atom is a section. None if it is none (bitcode, another system's)."""
    if data[:4] != MAGIC:
        return None
    atoms = read_atoms(data)
    starts = [(atom.section, atom.address) for atom in atoms]

    def atom_at(section: int, address: int) -> int:
        """The number of the atom that an address is in, from 1; 0 if it is in none."""
        number = bisect_right(starts, (section, address))
        return number if number and atoms[number - 1].section == section else 0

    read = ObjectFile(["", *(atom.name for atom in atoms)], [])
    for symbol in read_symbols(data):
        number = atom_at(symbol.section, symbol.address)
        size = atoms[number - 1].size if number else 0
        read.symbols.append(Symbol(symbol.name.removeprefix("_"), number, size, not symbol.is_external))
    for section, row in enumerate(section_rows(data), 1):
        for index in range(row.relocation_count):
            offset, what = struct.unpack_from("<iI", data, row.relocations + index * _RELOCATION)
            number = atom_at(section, row.address + offset)
            if number and what & _BY_SYMBOL:
                start = atoms[number - 1].address - row.address
                read.references.setdefault(number, []).append((offset - start, what & 0xFFFFFF))
    return read
