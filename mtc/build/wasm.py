"""Just enough of WebAssembly to say what every byte of a module belongs to (the core specification, chapter 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from mtc.build.file_layout import FileLayout, Section

MAGIC = b"\0asm"
_HEADER = 8
_NAMES = (
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
)
CUSTOM, IMPORT, CODE, DATA = (_NAMES.index(name) for name in ("custom", "import", "code", "data"))
_LOADED = frozenset({"code", "data"})


def read_wasm(data: bytes) -> FileLayout:
    """Reads the sections. A section's bytes include its kind and length; an address is the place in the file."""
    found, at = [], _HEADER
    for kind, start, end in sections(data):
        name = _NAMES[kind] if kind < len(_NAMES) else f"section {kind}"
        if kind == CUSTOM:
            length, text = number(data, start)
            name = f"custom {data[text : text + length].decode()}"
        found.append(Section(name, at, at, end - at, is_loaded=name in _LOADED))
        at = end
    return FileLayout(len(data), ((0, _HEADER, "WebAssembly header"),), tuple(found))


def sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Of each section its kind, and where its content begins and ends. `DAMAGE` if the file is cut off."""
    at = _HEADER
    while at < len(data):
        kind = data[at]
        size, start = number(data, at + 1)
        at = start + size
        yield kind, start, at


def number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128, and where it ends."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
