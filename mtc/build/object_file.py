"""What the linker sees of an object file when it drops what nobody needs, whatever the file's format."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Symbol:
    """A name for a place in a section."""

    name: str
    section: int  # index; 0 if another object defines it
    size: int
    is_local: bool


@dataclass
class ObjectFile:
    """The parts of an object file."""

    sections: list[str]  # names, by index
    symbols: list[Symbol]
    references: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # section -> (offset, symbol's index)
