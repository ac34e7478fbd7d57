"""Just enough of WebAssembly to say what every byte of a module belongs to (the core specification, chapter 5.5)."""

from __future__ import annotations

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
_LOADED = frozenset({"code", "data"})


def read_wasm(data: bytes) -> FileLayout:
    """Reads the sections. A section's bytes include its kind and length."""
    sections, at = [], _HEADER
    while at < len(data):
        kind = data[at]
        size, start = _number(data, at + 1)
        name = _NAMES[kind] if kind < len(_NAMES) else f"section {kind}"
        if kind == 0:
            length, text = _number(data, start)
            name = f"custom {data[text : text + length].decode()}"
        sections.append(Section(name, at, at, start + size - at, is_loaded=name in _LOADED))
        at = start + size
    return FileLayout(len(data), ((0, _HEADER, "WebAssembly header"),), tuple(sections))


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128, and where it ends."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
