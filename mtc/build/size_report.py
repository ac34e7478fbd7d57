"""Says what every byte of a runtime is for: which library, which operator, which overhead of the file format, and which
kernels need it.

The rows of a report add up to the file's size exactly: each byte is counted once, and what no object file filled has a
name as well (headers, tables of the dynamic linker, padding).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtc.build.binary import read_layout
from mtc.build.file_layout import FileLayout, Section
from mtc.build.link_map import Input, read_map
from mtc.build.needs import Needs, read_needs
from mtc.build.size_parts import component_of
from mtc.build.targets import Target
from mtc.ir.kernel_key import KernelKey

FILE_FORMAT = "file format"
UNATTRIBUTED = "code and data that no link map explains"
# Written by the linker, though a map file names some object beside them.
_TABLES = re.compile(
    r"\.(interp|note.*|hash|gnu\.hash|dynsym|dynstr|gnu\.version.*|rela?\..*|relr\.dyn|dynamic|got.*|plt.*|eh_frame_hdr)$"
    r"|__\w+,__(stubs|stub_helper|got|auth_\w+|la_symbol_ptr|unwind_info|eh_frame)$"
)
_END_OF_TABLE = 4  # bytes of zeros behind tables for unwinding, which lld writes where there is none, too
# model -> the source lines that need a kernel
Users = Mapping[str, Sequence[str]]
_MOST_PLACES = 3


def who_needs_it(users: Users) -> list[str]:
    """Each model with the first of its source lines: for people, since a network may have fifty convolutions."""
    found = []
    for model, places in users.items():
        more = len(places) - _MOST_PLACES
        shown = [*places[:_MOST_PLACES], *([f"{more} more"] if more > 0 else [])]
        found.append(f"{model}: {', '.join(shown)}" if shown else model)
    return found


@dataclass(frozen=True)
class SizeRow:
    """Bytes of one part: `("XNNPACK", "microkernel f32_gemm_minmax", 9216, ("linear@xnnpack:f32/1",))`."""

    component: str
    part: str
    bytes: int
    kernels: tuple[str, ...] = ()  # those for whom alone it is there; none if every runtime has it

    @property
    def dtype(self) -> str:
        """The dtypes of the kernels that need it, if they are the same: `f32`, `i64, f32`. Else nothing."""
        found = {KernelKey.parse(key).dtypes for key in self.kernels}
        return ", ".join(*found) if len(found) == 1 else ""


@dataclass(frozen=True)
class SizeReport:
    """The bytes of one file, largest part first."""

    file: str
    total: int  # the file's size; the rows' sum
    rows: tuple[SizeRow, ...]

    def by_component(self) -> dict[str, int]:
        """Bytes of each component, largest first."""
        sums: Counter[str] = Counter()
        for row in self.rows:
            sums[row.component] += row.bytes
        return dict(sums.most_common())

    def saved_without(self, kernels: frozenset[str]) -> int:
        """Bytes that go if these kernels do: what they alone need."""
        return sum(row.bytes for row in self.rows if row.kernels and kernels.issuperset(row.kernels))


@dataclass(frozen=True)
class Bill:
    """The reports of a runtime's files, and why its kernels are in it."""

    files: tuple[SizeReport, ...]
    needed_by: Mapping[str, Users] = field(default_factory=dict)  # kernel -> who needs it
    target: str = ""  # of a runtime in the cache its record alone says it

    @property
    def caption(self) -> str:
        """What the bill is, to readers of its parts; of a static library alone there are none."""
        if self.files:
            return "What every byte is for. The parts add up to the file."
        return "A static library, of which each app links what it reaches: what that is, only the app's linker knows."


def reports_of(folder: Path, objects: Path, target: Target, kernels: Sequence[str]) -> tuple[SizeReport, ...]:
    """The reports of the products in a runtime's folder, from the map files and objects in its build folder."""
    return tuple(
        report(folder / product, objects / f"{name}.map", name=product, kernels=kernels)
        for name, product in linked_products(target).items()
    )


def linked_products(target: Target) -> dict[str, str]:
    """What is linked for `target`, by what CMake calls it: the name of the linker's map as well
    (runtime/cmake/link_options.cmake)."""
    return {name: file for name, file in (("mtc_shared", target.library), ("mtc_run", target.program)) if file}


def report(file: Path, map_file: Path, *, name: str | None = None, kernels: Sequence[str] = ()) -> SizeReport:
    """What the bytes of `file` are for, by the linker's map of it. Without one, by section."""
    layout = read_layout(file)
    entries = read_map(map_file) if map_file.is_file() else []
    needs = read_needs(entries, kernels, map_file.parent)
    inputs: dict[str, list[Input]] = {}
    for entry in entries:
        inputs.setdefault(entry.section, []).append(entry)
    sums: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for component, part, size, users in _file_parts(layout, inputs, needs):
        sums[component, part, users] += size
    rows = [SizeRow(component, part, size, users) for (component, part, users), size in sums.items()]
    rows.sort(key=lambda row: (-row.bytes, row.component, row.part, row.kernels))
    return SizeReport(name or file.name, layout.size, tuple(rows))


_Part = tuple[str, str, int, tuple[str, ...]]  # component, part, bytes, kernels


def _file_parts(layout: FileLayout, inputs: Mapping[str, list[Input]], needs: Needs) -> Iterator[_Part]:
    """Walks the file from its first byte to its last; a byte that two parts claim counts for the first."""
    parts: list[tuple[int, int, Section | str]] = [
        *layout.headers,
        *((section.offset, section.size, section) for section in layout.sections),
    ]
    at = 0
    for offset, size, what in sorted(parts, key=lambda part: part[:2]):
        if offset > at:
            yield FILE_FORMAT, "padding between sections", offset - at, ()
        start, end = max(offset, at), max(offset + size, at)
        if isinstance(what, str):
            yield FILE_FORMAT, what, end - start, ()
        else:
            yield from _section_parts(what, start - offset, inputs.get(what.name, []), needs)
        at = end
    if layout.size > at:
        yield FILE_FORMAT, "padding between sections", layout.size - at, ()


def _section_parts(section: Section, skip: int, inputs: list[Input], needs: Needs) -> Iterator[_Part]:
    at, end = section.address + skip, section.address + section.size
    if not section.is_loaded or _TABLES.match(section.name):
        yield FILE_FORMAT, section.name, end - at, ()
        return
    if not inputs:
        is_end = section.name == ".eh_frame" and section.size == _END_OF_TABLE
        yield FILE_FORMAT if is_end else UNATTRIBUTED, section.name, end - at, ()
        return
    for entry in sorted(inputs, key=lambda entry: (entry.address, entry.size)):
        start, stop = max(entry.address, at), min(entry.address + entry.size, end)
        if stop <= start:
            continue
        if start > at:
            yield FILE_FORMAT, "alignment within sections", start - at, ()
        yield from _input_parts(entry, stop - start, needs)
        at = stop
    if end > at:
        yield FILE_FORMAT, "alignment within sections", end - at, ()


def _input_parts(entry: Input, size: int, needs: Needs) -> Iterator[_Part]:
    component, part = component_of(entry.origin, entry.name)
    if (entry.origin, entry.name) != needs.table:
        yield component, part, size, needs.of(entry)
        return
    for key in needs.kernels:  # each has a row of the table
        yield component, part, needs.entry_size, (key,)
    if rest := size - needs.entry_size * len(needs.kernels):
        yield component, part, rest, ()
