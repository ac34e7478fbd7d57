"""Reads where the parts of a linked file lie, in the format that its first bytes tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mtc.build import elf, macho, pe, wasm
from mtc.build.file_layout import FileLayout

_READERS: Mapping[bytes, Callable[[bytes], FileLayout]] = {
    elf.MAGIC: elf.read_elf,
    macho.MAGIC: macho.read_macho,
    pe.MAGIC: pe.read_pe,
    wasm.MAGIC: wasm.read_wasm,
}


def read_layout(path: Path) -> FileLayout:
    """The layout of a program or shared library. ValueError if its format is none of those that mtc builds."""
    data = path.read_bytes()
    for magic, read in _READERS.items():
        if data.startswith(magic):
            return read(data)
    raise ValueError(f"{path} is no ELF, Mach-O, PE or WebAssembly file")
