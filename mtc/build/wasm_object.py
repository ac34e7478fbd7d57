"""The functions, data and relocations of a WebAssembly object file (WebAssembly's tool conventions, Linking.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mtc.build.object_file import ObjectFile, Symbol
from mtc.build.wasm import CODE, CUSTOM, DATA, IMPORT, MAGIC, number, sections

_SEGMENT_INFO, _SYMBOL_TABLE = 5, 8  # parts of the section `linking`
_FUNCTION, _DATA, _SECTION = 0, 1, 3  # kinds of symbols; the others are named by an index alone
_LOCAL, _UNDEFINED, _NAMED = 0x02, 0x10, 0x40  # flags of one
_OF_A_TYPE = 6  # the one relocation that refers to no symbol
_WITH_ADDEND = frozenset({3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25})  # addresses and offsets


def function_section(function: str) -> str:
    """A function as ELF would call its section."""
    return f".text.{function}"


@dataclass
class _Object:
    imported: list[str] = field(default_factory=list)  # functions that come from elsewhere: they have the first numbers
    bodies: list[tuple[int, int]] = field(default_factory=list)  # where each own function begins and ends
    segments: list[tuple[int, int]] = field(default_factory=list)  # where each piece of data does
    names: list[str] = field(default_factory=list)  # of these pieces
    symbols: list[tuple[int, int, int, str, int]] = field(default_factory=list)  # kind, flags, index, name, size
    relocations: list[tuple[int, int, int]] = field(default_factory=list)  # kind of section, offset in it, symbol


def read_wasm_object(data: bytes) -> ObjectFile | None:
    """Reads an object file: each function and each piece of data is a section. None if it is none (bitcode, another
    system's)."""
    if data[:4] != MAGIC:
        return None
    read, starts = _Object(), {}
    order: list[int] = []  # kinds of sections, by their number
    for kind, start, end in sections(data):
        order.append(kind)
        starts[kind] = start
        if kind == IMPORT:
            read.imported = list(_imported_functions(data, start))
        elif kind == CODE:
            read.bodies = list(_bodies(data, start))
        elif kind == DATA:
            read.segments = list(_segments(data, start))
        elif kind == CUSTOM:
            name, at = _text(data, start)
            if name == "linking":
                _read_linking(data, at, end, read)
            elif name.startswith("reloc."):
                _read_relocations(data, at, order, read)
    return _object_file(read, starts)


def _object_file(read: _Object, starts: dict[int, int]) -> ObjectFile:
    first_segment = 1 + len(read.bodies)
    names = ["", *[""] * len(read.bodies), *read.names]
    symbols = []
    for kind, flags, index, name, size in read.symbols:
        section = 0
        if kind == _FUNCTION and flags & _UNDEFINED:
            name = name or read.imported[index]
        elif kind == _FUNCTION:
            section = 1 + index - len(read.imported)
            start, end = read.bodies[section - 1]
            size, names[section] = end - start, names[section] or function_section(name)
        elif kind == _DATA and not flags & _UNDEFINED:
            section = first_segment + index
        symbols.append(Symbol(name, section, size, bool(flags & _LOCAL)))
    places = sorted((*place, 1 + index) for index, place in enumerate(read.bodies + read.segments))
    found, at = ObjectFile(names, symbols), 0
    for position, symbol in sorted((starts[kind] + offset, symbol) for kind, offset, symbol in read.relocations):
        while places[at][1] <= position:
            at += 1
        start, _, section = places[at]
        found.references.setdefault(section, []).append((position - start, symbol))
    return found


def _imported_functions(data: bytes, at: int) -> Iterator[str]:
    count, at = number(data, at)
    for _ in range(count):
        _, at = _text(data, at)  # the module's name
        name, at = _text(data, at)
        kind, at = data[at], at + 1
        if kind == 0:  # a function: its type
            yield name
            _, at = number(data, at)
        elif kind in (1, 2):  # a table (its type, its limits) or a memory (its limits)
            flags, at = number(data, at + (kind == 1))
            for _ in range(1 + (flags & 1)):
                _, at = number(data, at)
        elif kind == 3:  # a global: its type, and whether it changes
            at += 2
        else:  # a tag: an attribute, its type
            _, at = number(data, at + 1)


def _bodies(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    count, at = number(data, at)
    for _ in range(count):
        size, start = number(data, at)
        at = start + size
        yield start, at


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    count, at = number(data, at)
    for _ in range(count):
        kind, at = number(data, at)
        if kind == 2:  # it says of which memory
            _, at = number(data, at)
        if kind != 1:  # its address, an expression: an opcode, a number, the end
            _, at = number(data, at + 1)
            at += 1
        size, start = number(data, at)
        at = start + size
        yield start, at


def _read_linking(data: bytes, at: int, end: int, read: _Object) -> None:
    _, at = number(data, at)  # version
    while at < end:
        kind = data[at]
        size, start = number(data, at + 1)
        at = start + size
        if kind == _SEGMENT_INFO:
            count, start = number(data, start)
            for _ in range(count):
                name, start = _text(data, start)
                read.names.append(name)
                for _ in range(2):  # alignment, flags
                    _, start = number(data, start)
        elif kind == _SYMBOL_TABLE:
            read.symbols = list(_symbols(data, start))


def _symbols(data: bytes, at: int) -> Iterator[tuple[int, int, int, str, int]]:
    count, at = number(data, at)
    for _ in range(count):
        kind = data[at]
        flags, at = number(data, at + 1)
        index, name, size = 0, "", 0
        if kind == _DATA:
            name, at = _text(data, at)
            if not flags & _UNDEFINED:
                index, at = number(data, at)
                _, at = number(data, at)  # where in the segment
                size, at = number(data, at)
        else:
            index, at = number(data, at)
            if kind != _SECTION and (not flags & _UNDEFINED or flags & _NAMED):
                name, at = _text(data, at)
        yield kind, flags, index, name, size


def _read_relocations(data: bytes, at: int, order: list[int], read: _Object) -> None:
    section, at = number(data, at)
    count, at = number(data, at)
    kind_of_section = order[section]
    for _ in range(count):
        kind = data[at]
        offset, at = number(data, at + 1)
        index, at = number(data, at)
        if kind in _WITH_ADDEND:
            _, at = number(data, at)
        if kind != _OF_A_TYPE and kind_of_section in (CODE, DATA):
            read.relocations.append((kind_of_section, offset, index))


def _text(data: bytes, at: int) -> tuple[str, int]:
    length, at = number(data, at)
    return data[at : at + length].decode(), at + length
