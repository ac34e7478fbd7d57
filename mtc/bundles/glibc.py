"""How new the GNU C library of a system must be for a runtime's files, as these say it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mtc.build.elf import read_elf
from mtc.build.file_layout import DAMAGE
from mtc.diagnostics import CANNOT_READ

_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
OLDEST = (2, 17)  # the first for arm64, and the oldest that package formats still have a name for


def needed_glibc(files: Iterable[Path]) -> tuple[int, int]:
    """The newest version that a symbol of these ELF files is bound to: those stand in the dynamic linker's names.
    CANNOT_READ if one of them is damaged."""
    found = [OLDEST]
    for path in files:
        data = path.read_bytes()
        try:
            sections = read_elf(data).sections
        except DAMAGE as error:
            raise CANNOT_READ.error(f"`{path}` is damaged", help="build the runtime again") from error
        for section in sections:
            if section.name == ".dynstr":
                names = data[section.offset : section.offset + section.size]
                found += [(int(major), int(minor)) for major, minor in _VERSION.findall(names)]
    return max(found)
