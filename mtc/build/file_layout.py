"""Where the parts of a linked file lie, whatever its format."""

from __future__ import annotations

import struct
from dataclasses import dataclass

# What readers of a damaged file raise: what it says leads out of it, or is nothing that they know.
DAMAGE = (ValueError, IndexError, OverflowError, struct.error)


@dataclass(frozen=True)
class Section:
    """A section of the file; one without content (.bss) has no bytes in it and is left out."""

    name: str
    address: int
    offset: int
    size: int  # bytes in the file
    is_loaded: bool  # code or data, rather than what describes the file


@dataclass(frozen=True)
class FileLayout:
    """The bytes of a file."""

    size: int
    headers: tuple[tuple[int, int, str], ...]  # offset, bytes, name
    sections: tuple[Section, ...]  # by offset
