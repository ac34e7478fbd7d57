"""How new the GNU C library of a system must be for a runtime's files, as these say it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mtc.build.elf import read_elf

_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
OLDEST = (2, 17)  # the first for arm64, and the oldest that package formats still have a name for


def needed_glibc(files: Iterable[Path]) -> tuple[int, int]:
    """The newest version that a symbol of these ELF files is bound to: those stand in the dynamic linker's names."""
    found = [OLDEST]
    for path in files:
        data = path.read_bytes()
        for section in read_elf(data).sections:
            if section.name == ".dynstr":
                names = data[section.offset : section.offset + section.size]
                found += [(int(major), int(minor)) for major, minor in _VERSION.findall(names)]
    return max(found)
