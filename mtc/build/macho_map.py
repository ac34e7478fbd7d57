"""Writes the link map of a Mach-O file that has its symbols, as Apple's linker would: zig's writes none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtc.build.macho import section_rows
from mtc.build.macho_object import Atom, read_atoms

_SYNTHESIZED = "linker synthesized"
_OF_THE_LINKER = "the linker's own libraries"


def write_macho_map(linked: bytes, objects: Sequence[tuple[str, bytes]], map_file: Path) -> None:
    """Writes where each atom of `linked` came from.

    `objects` (path, content) are in the linker's order, an object of an archive as `archive.a(member.o)`. A linked file
    says no origin: an atom comes from who has one of that name. Of several it is the object that the atom before came
    from, since an object's atoms stay together, or else the next one.
    """
    holders: dict[str, list[int]] = {}  # objects that have an atom of the name, by number; each has it once
    for number, (_, content) in enumerate(objects, 1):
        for atom in read_atoms(content):
            holders.setdefault(atom.name, []).append(number)
    names = [_SYNTHESIZED, *(path for path, _ in objects), _OF_THE_LINKER]
    rows = section_rows(linked)
    lines = ["# Path: linked again", "# Object files:", *(f"[{number:3}] {path}" for number, path in enumerate(names))]
    lines += ["# Sections:", "# Address\tSize\tSegment\tSection"]
    lines += [f"0x{row.address:X}\t0x{row.size:X}\t{row.segment}\t{row.name}" for row in rows if row.size]
    lines += ["# Symbols:", "# Address\tSize\tFile  Name"]
    by_section: dict[int, list[Atom]] = {}
    for atom in read_atoms(linked):
        by_section.setdefault(atom.section, []).append(atom)
    for section, row in enumerate(rows, 1):
        atoms = by_section.get(section, [])
        first = atoms[0].address if atoms else row.address + row.size
        if first > row.address:  # texts and numbers that have no symbols
            lines.append(f"0x{row.address:X}\t0x{first - row.address:X}\t[  0] {row.name}")
        current = 0
        for atom in atoms:
            origin = len(names) - 1
            if waiting := holders.get(atom.name):
                origin = current = min(waiting, key=lambda number: (number < current, number))
                waiting.remove(current)
            symbol = "_" + atom.name.split(".", 2)[2]
            lines.append(f"0x{atom.address:X}\t0x{atom.size:X}\t[{origin:3}] {symbol}")
    map_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
