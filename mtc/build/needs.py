"""Which kernels need which section of a linked file: the walk that the linker itself does when it drops sections that
nobody reaches (--gc-sections), once for every row of the kernel table.

So the report can say what a kernel costs with all that it alone brings along, down to a microkernel of XNNPACK,
whatever compiler and linker made the file: names are not read, only references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path

from mtc.build.ar import members
from mtc.build.coff_object import read_coff_object
from mtc.build.elf_object import read_elf_object
from mtc.build.link_map import Input
from mtc.build.macho_object import read_macho_object
from mtc.build.object_file import ObjectFile
from mtc.build.wasm_object import read_wasm_object
from mtc.build.xnnpack_tables import needed_by

_TABLE_OBJECT = re.compile(r"/kernel_table\.cpp\.o(?:bj)?$")
_TABLE = "kEntries"  # in the kernel_table.cpp that mtc/build/kernel_table.py writes: one entry a kernel, sorted
_IN_ARCHIVE = re.compile(r"^(.*\.a)[(:](.*?)\)?$")
# What is called from outside: an app calls the C API, the system calls the rest.
_ENTRY = re.compile(r"^(mtc_\w+|main|_start|_init|_fini)$")

# Tables for unwinding refer to the functions that they describe, and keep none of them.
_UNWINDING = re.compile(r"^\.(eh_frame|ARM\.ex(idx|tab)|gcc_except_table|group|note|[px]data)")

Place = tuple[str, str]  # an object's path, as the map writes it, and one of its sections


@dataclass
class Needs:
    """Who needs a section, as bits: bit 0 is every runtime, bit 1 + i the kernel i of the table."""

    kernels: tuple[str, ...]
    bits: Mapping[Place, int] = field(default_factory=dict)
    table: Place | None = None
    entry_size: int = 0

    def of(self, section: Input) -> tuple[str, ...]:
        """The kernels for whom alone the section is there; none if every runtime has it."""
        mask = self.bits.get((section.origin, section.name), 1)
        return () if mask & 1 else tuple(key for i, key in enumerate(self.kernels) if mask >> (i + 1) & 1)


def read_needs(inputs: Iterable[Input], kernels: Sequence[str], folder: Path) -> Needs:
    """Walks the references of the linked objects. Paths in the map are relative to `folder`."""
    alive: set[Place] = {(entry.origin, entry.name) for entry in inputs}
    objects = _objects({origin for origin, _ in alive}, folder)
    graph = _Graph(alive, objects)
    found = Needs(tuple(sorted(set(kernels))))
    entries = _entries(objects, graph, len(found.kernels))
    if entries is None:
        return found
    found.table, found.entry_size, by_kernel = entries
    graph.edges[found.table] = set()  # who reads the table does not need what stands in it
    _take_apart(graph, found.kernels, by_kernel)
    bits: dict[Place, int] = {}
    for index, targets in enumerate(by_kernel):
        graph.mark(targets, 1 << (index + 1), bits)
    # What no kernel reaches is everyone's, and so is what that reaches.
    of_everyone = [place for place in alive if place not in bits and not _UNWINDING.match(place[1])]
    graph.mark(of_everyone + graph.called_from_outside, 1, bits)
    for place, described in graph.described.items():
        bits[place] = reduce(or_, (bits.get(target, 0) for target in described), 0) or 1
    found.bits = bits
    return found


def _take_apart(graph: _Graph, kernels: Sequence[str], by_kernel: Sequence[list[Place]]) -> None:
    """An operator of XNNPACK refers to microkernels of every path that it might take; each kernel needs
    those that it runs."""
    for function, users in needed_by(kernels).items():
        place = graph.defined.get(function)
        if place is None or not users:
            continue
        for referred in graph.edges.values():
            referred.discard(place)
        for key, targets in zip(kernels, by_kernel, strict=True):
            if key in users:
                targets.append(place)


class _Graph:
    """The sections that were linked, and which refers to which."""

    def __init__(self, alive: set[Place], objects: Sequence[tuple[str, ObjectFile]]) -> None:
        self.alive = alive
        self.defined: dict[str, Place] = {}
        for origin, read in objects:
            for symbol in read.symbols:
                place = (origin, read.sections[symbol.section])
                if symbol.section and not symbol.is_local and place in alive:
                    self.defined.setdefault(symbol.name, place)
        self.edges: dict[Place, set[Place]] = {}
        self.described: dict[Place, set[Place]] = {}  # by a table for unwinding
        for origin, read in objects:
            for section, references in read.references.items():
                place = (origin, read.sections[section])
                if place not in alive:
                    continue
                edges = self.described if _UNWINDING.match(place[1]) else self.edges
                targets = (self.target(origin, read, symbol) for _, symbol in references)
                edges.setdefault(place, set()).update(target for target in targets if target is not None)
        self.called_from_outside = [place for name, place in self.defined.items() if _ENTRY.match(name)]

    def target(self, origin: str, read: ObjectFile, index: int) -> Place | None:
        """The section that a reference leads to. A section that another object has as well was linked once."""
        symbol = read.symbols[index]
        own = (origin, read.sections[symbol.section])
        return own if symbol.section and own in self.alive else self.defined.get(symbol.name)

    def mark(self, starts: Iterable[Place], bit: int, bits: dict[Place, int]) -> None:
        """Sets `bit` for all that is reached from `starts`."""
        waiting = list(starts)
        while waiting:
            place = waiting.pop()
            if not bits.get(place, 0) & bit:
                bits[place] = bits.get(place, 0) | bit
                waiting += self.edges.get(place, ())


def _entries(
    objects: Sequence[tuple[str, ObjectFile]], graph: _Graph, count: int
) -> tuple[Place, int, list[list[Place]]] | None:
    """The section of the kernel table, the bytes of an entry, and what each entry refers to."""
    for origin, read in objects:
        if not _TABLE_OBJECT.search(origin):
            continue
        table = next((s for s in read.symbols if _TABLE in s.name and s.section and s.size), None)
        if table is None or not count or table.size % count:
            return None
        size = table.size // count
        by_kernel: list[list[Place]] = [[] for _ in range(count)]
        for offset, symbol in read.references.get(table.section, ()):
            if (place := graph.target(origin, read, symbol)) is not None:
                by_kernel[min(offset // size, count - 1)].append(place)
        return (origin, read.sections[table.section]), size, by_kernel
    return None


def _objects(origins: Iterable[str], folder: Path) -> list[tuple[str, ObjectFile]]:
    """The object files with the names that the map gives them; what is gone or unreadable is left out. An archive may
    have several members of one name (cpuinfo's has two `init.c.o`), which the map does not tell apart."""
    found: list[tuple[str, ObjectFile]] = []
    archives: dict[str, dict[str, str]] = {}
    for origin in origins:
        if inside := _IN_ARCHIVE.match(origin):
            archives.setdefault(inside[1], {})[inside[2]] = origin
        elif (path := folder / origin).is_file() and (read := _read(path.read_bytes())):
            found.append((origin, read))
    for archive, wanted in archives.items():
        for name, content in members(folder / archive) if (folder / archive).is_file() else ():
            if name in wanted and (read := _read(content)):
                found.append((wanted[name], read))
    return found


def _read(data: bytes) -> ObjectFile | None:
    return read_elf_object(data) or read_coff_object(data) or read_wasm_object(data) or read_macho_object(data)
