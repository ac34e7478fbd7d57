"""Reads the map file of a linker: which object each range of addresses came from. The formats of GNU ld, and of lld for
ELF, COFF and WebAssembly, and of Apple's linker."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from mtc.build.coff_object import section_name
from mtc.build.macho_object import atom_name
from mtc.build.wasm_object import function_section


@dataclass(frozen=True)
class Input:
    """A range of an output section that one object file filled."""

    section: str  # the output section
    address: int
    size: int
    origin: str  # path of the object, as `archive.a(member.o)` where it came from an archive
    name: str  # the input section: with -ffunction-sections that of one function, `.text._ZN3mtc3AddEv`


_GNU_OUTPUT = re.compile(r"^(\.[^\s]+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_GNU_LONG_NAME = re.compile(r"^ (\.\S+)$")
_GNU_INPUT = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
_LLD_LINE = re.compile(r"^\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+ ( *)(\S.*)$")
_LLD_COFF_LINE = re.compile(r"^\s*([0-9a-f]+)\s+([0-9a-f]+)\s+\d+ ( *)(\S.*)$")
_LLD_WASM_LINE = re.compile(r"^\s*(?:-|[0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+) ( *)(\S.*)$")
_APPLE_OBJECT = re.compile(r"^\[ *(\d+)\] (.+)$")
_APPLE_SECTION = re.compile(r"^0x([0-9A-F]+)\t0x([0-9A-F]+)\t(\S+)\t(\S+)$")
_APPLE_SYMBOL = re.compile(r"^0x([0-9A-F]+)\t0x([0-9A-F]+)\t\[ *(\d+)\] (.+)$")
_APPLE_NUMBERS = re.compile(r"(\[\w+\])+\(")  # `libX.a[arm64][2](member.o)`: of a member, in newer versions
_LLD_INPUT = re.compile(r"^(.+):\(([^() ]+)\)$")


def read_map(path: Path) -> list[Input]:
    """The inputs of a map file, as they stand there; empty ones are left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    match lines[0].split()[:1] if lines else []:
        case ["VMA"]:
            return _read_lld(lines, _LLD_LINE)
        case ["Addr"]:
            return _read_lld_wasm(lines)
        case ["#"]:
            return _read_apple(lines)
        case ["Address"]:
            return [replace(entry, name=section_name(entry.name)) for entry in _read_lld(lines, _LLD_COFF_LINE)]
    return _read_gnu(lines)


def _read_gnu(lines: list[str]) -> list[Input]:
    try:  # what comes before lists sections that were dropped
        start = lines.index("Linker script and memory map")
    except ValueError:
        return []
    found, section, long_name = [], "", ""
    for line in lines[start:]:
        if output := _GNU_OUTPUT.match(line):
            section = output[1]
        # A long section name stands on a line of its own; address, size and file follow on the next.
        elif alone := _GNU_LONG_NAME.match(line):
            long_name = alone[1]
        elif section and (entry := _GNU_INPUT.match(line)) and entry[1] != "*fill*" and int(entry[3], 16):
            found.append(Input(section, int(entry[2], 16), int(entry[3], 16), entry[4], entry[1] or long_name))
    return found


def _read_lld(lines: list[str], row: re.Pattern[str]) -> list[Input]:
    found, section = [], ""
    for line in lines[1:]:
        entry = row.match(line)
        if entry is None:
            continue
        address, size, indent, name = int(entry[1], 16), int(entry[2], 16), len(entry[3]), entry[4]
        if indent == 0:
            section = name
        elif (origin := _LLD_INPUT.match(name)) and size:
            found.append(Input(section, address, size, origin[1], origin[2]))
    return found


def _read_lld_wasm(lines: list[str]) -> list[Input]:
    """Addresses are places in the file. What else than code has inputs is a segment of data, `.rodata`."""
    return [
        replace(entry, section="code", name=function_section(entry.name))
        if entry.section == "CODE"
        else replace(entry, section="data")
        for entry in _read_lld(lines, _LLD_WASM_LINE)
    ]


def _read_apple(lines: list[str]) -> list[Input]:
    objects: dict[int, str] = {}
    sections: list[tuple[int, int, str, str]] = []
    found = []
    for line in lines:
        if line.startswith("# Dead Stripped"):
            break
        if entry := _APPLE_OBJECT.match(line):
            objects[int(entry[1])] = _APPLE_NUMBERS.sub("(", entry[2]) if int(entry[1]) else "<internal>"
        elif entry := _APPLE_SECTION.match(line):
            start = int(entry[1], 16)
            sections.append((start, start + int(entry[2], 16), f"{entry[3]},{entry[4]}", entry[4]))
        elif entry := _APPLE_SYMBOL.match(line):
            address, size, origin = int(entry[1], 16), int(entry[2], 16), objects.get(int(entry[3]), "")
            for start, end, section, short in sections:
                if start <= address < end and size:
                    found.append(Input(section, address, size, origin, atom_name(short, entry[4])))
    return found
