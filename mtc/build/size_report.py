"""Says what every byte of a runtime is for: which library, which operator, which overhead of the file format.

The rows of a report add up to the file's size exactly: each byte is counted once, and what no object file filled has a
name as well (headers, tables of the dynamic linker, padding).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mtc.build.elf import Elf, Section, is_elf, read_elf
from mtc.build.link_map import Input, read_map
from mtc.build.targets import Target

FILE_FORMAT = "file format"
UNATTRIBUTED = "code and data that no link map explains"
# Written by the linker, though a map file names some object beside them.
_TABLES = re.compile(
    r"\.(interp|note.*|hash|gnu\.hash|dynsym|dynstr|gnu\.version.*|rela?\..*|relr\.dyn|dynamic|got.*|plt.*|eh_frame_hdr)$"
)


@dataclass(frozen=True)
class SizeRow:
    """Bytes of one part: `("XNNPACK", "microkernels", 81920)`."""

    component: str
    part: str
    bytes: int


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


def reports_of(folder: Path, maps: Path, target: Target) -> tuple[SizeReport, ...]:
    """The reports of the products in a runtime's folder, from the map files in its build folder."""
    products = ((target.library, "mtc_shared.map"), (target.program, "mtc_run.map"))  # see cmake/link_options.cmake
    return tuple(report(folder / product, maps / file, name=product) for product, file in products if product)


def report(file: Path, map_file: Path, *, name: str | None = None) -> SizeReport:
    """What the bytes of the ELF file `file` are for, by the linker's map of it. Without one, by section."""
    if not is_elf(file):  # of other formats no map tells what the bytes are for
        size = file.stat().st_size
        return SizeReport(name or file.name, size, (SizeRow(UNATTRIBUTED, "", size),))
    elf = read_elf(file)
    inputs: dict[str, list[Input]] = {}
    for entry in read_map(map_file) if map_file.is_file() else ():
        inputs.setdefault(entry.section, []).append(entry)
    sums: Counter[tuple[str, str]] = Counter()
    for component, part, size in _file_parts(elf, inputs):
        sums[component, part] += size
    rows = [SizeRow(*key, size) for key, size in sums.items()]
    rows.sort(key=lambda row: (-row.bytes, row.component, row.part))
    return SizeReport(name or file.name, elf.size, tuple(rows))


def _file_parts(elf: Elf, inputs: dict[str, list[Input]]) -> Iterator[tuple[str, str, int]]:
    """Walks the file from its first byte to its last; a byte that two parts claim counts for the first."""
    parts: list[tuple[int, int, Section | str]] = [
        (0, elf.header, "ELF header"),
        (*elf.program_headers, "program headers"),
        (*elf.section_headers, "section headers"),
        *((section.offset, section.size, section) for section in elf.sections),
    ]
    at = 0
    for offset, size, what in sorted(parts, key=lambda part: part[:2]):
        if offset > at:
            yield FILE_FORMAT, "padding between sections", offset - at
        start, end = max(offset, at), max(offset + size, at)
        if isinstance(what, str):
            yield FILE_FORMAT, what, end - start
        else:
            yield from _section_parts(what, start - offset, inputs.get(what.name, []))
        at = end
    if elf.size > at:
        yield FILE_FORMAT, "padding between sections", elf.size - at


def _section_parts(section: Section, skip: int, inputs: list[Input]) -> Iterator[tuple[str, str, int]]:
    at, end = section.address + skip, section.address + section.size
    if not section.is_loaded or _TABLES.match(section.name):
        yield FILE_FORMAT, section.name, end - at
        return
    if not inputs:  # zig writes no map
        yield UNATTRIBUTED, section.name, end - at
        return
    for entry in sorted(inputs, key=lambda entry: (entry.address, entry.size)):
        start, stop = max(entry.address, at), min(entry.address + entry.size, end)
        if stop <= start:
            continue
        if start > at:
            yield FILE_FORMAT, "alignment within sections", start - at
        yield *component_of(entry.origin), stop - start
        at = stop
    if end > at:
        yield FILE_FORMAT, "alignment within sections", end - at


_ARCHIVES = {
    "libqnnpack.a": ("QNNPACK", "operators"),
    "libqnnpack-microkernels.a": ("QNNPACK", "microkernels"),
    "libXNNPACK.a": ("XNNPACK", "operators"),
    "libmicrokernels-prod.a": ("XNNPACK", "microkernels"),
    "libpthreadpool.a": ("pthreadpool", ""),
    "libcpuinfo.a": ("cpuinfo", ""),
}
_KERNEL = re.compile(r"/kernels/(\w+)/(\w+)\.cpp\.o(?:bj)?$")
_HOT_LEVEL = re.compile(r"mtc_hot_kernels_(\d)\.dir/")
_OURS = re.compile(r"/(core|program|interpreter|tools|kernels|cmake)/(\w+)\.cpp\.o(?:bj)?$")


def component_of(origin: str) -> tuple[str, str]:
    """The component and part that an object file belongs to."""
    path = origin.replace("\\", "/")
    archive = re.search(r"([^/(]+\.a)[(:]", path)
    if archive and archive[1] in _ARCHIVES:
        return _ARCHIVES[archive[1]]
    if archive:
        return "C and C++ libraries", archive[1]
    if kernel := _KERNEL.search(path):
        level = _HOT_LEVEL.search(path)
        suffix = f" (level {level[1]})" if level and level[1] != "0" else ""
        return "mtc kernels", f"{kernel[2]}@{kernel[1]}{suffix}"
    if path.endswith("kernel_table.cpp.o"):
        return "mtc core", "kernel table"
    if ours := _OURS.search(path):
        return "mtc core", f"{ours[1]}/{ours[2]}"
    return "C and C++ libraries", path.rsplit("/", 1)[-1]


def to_json(reports: Iterable[SizeReport]) -> str:
    """The reports as JSON text; `from_json` reads it back."""
    return json.dumps([asdict(report) for report in reports], indent=1) + "\n"


def from_json(text: str) -> tuple[SizeReport, ...]:
    """The reports that `to_json` wrote."""
    return tuple(
        SizeReport(row["file"], row["total"], tuple(SizeRow(**part) for part in row["rows"]))
        for row in json.loads(text)
    )


def to_text(reports: Sequence[SizeReport]) -> str:
    """The reports as tables to read: each component, and below it its parts."""
    lines: list[str] = []
    for size in reports:
        lines += [f"{size.file}: {size.total:,} bytes", ""]
        for component, total in size.by_component().items():
            lines.append(f"  {total:>12,}  {component}")
            parts = [row for row in size.rows if row.component == component and row.part]
            lines += [f"  {row.bytes:>12,}    {row.part}" for row in parts]
        lines.append("")
    return "\n".join(lines)
