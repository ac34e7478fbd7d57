"""Static libraries as Apple's linkers read them: many archives as one, and libraries of several processors as one file.

Formats: the BSD form of ar(5) with ranlib(5)'s index, and mach-o/fat.h. Written here, so that a Mac is not needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from mtc.build.ar import members
from mtc.build.macho_object import defined_symbols

_MAGIC = b"!<arch>\n"
_HEADER = 60  # bytes before a member's name
_ALIGNMENT = 8  # of each member, which linkers read where it lies
# CMake's name of a processor -> Mach-O's numbers: CPU_TYPE_ARM64, CPU_TYPE_X86_64 and the subtype that is for all.
_PROCESSORS = {"x86_64": (0x01000007, 3), "arm64": (0x0100000C, 0)}
_FAT_MAGIC, _FAT_HEADER, _FAT_ROW = 0xCAFEBABE, 8, 20
_ALIGNMENT_BITS = 3  # 8 bytes, what lipo gives archives


def joined(archives: Iterable[Path]) -> bytes:
    """One archive of all their members, with an index. `DAMAGE` if one is no object for an Apple system.

    Members of equal names stay apart: linkers find them by the index.
    """
    objects = [member for archive in archives for member in members(archive)]
    written = [_member(name, content) for name, content in objects]
    index = [(symbol, number) for number, (_, content) in enumerate(objects) for symbol in defined_symbols(content)]
    first = len(_MAGIC) + len(_index(index, [0] * len(written)))  # its size does not depend on the offsets
    offsets = [first]
    for member in written:
        offsets.append(offsets[-1] + len(member))
    return b"".join((_MAGIC, _index(index, offsets), *written))


def universal(libraries: Mapping[str, bytes]) -> bytes:
    """One file of a library for each processor, by CMake's name; a single library as it is."""
    if len(libraries) == 1:
        return next(iter(libraries.values()))
    ordered = sorted(libraries.items(), key=lambda item: _PROCESSORS[item[0]])  # arm64 last, as lipo has it
    rows, content = b"", b""
    start = _aligned(_FAT_HEADER + _FAT_ROW * len(ordered))
    for processor, library in ordered:
        offset = start + len(content)
        rows += struct.pack(">5I", *_PROCESSORS[processor], offset, len(library), _ALIGNMENT_BITS)
        content += library.ljust(_aligned(len(library)), b"\0")
    return (struct.pack(">2I", _FAT_MAGIC, len(ordered)) + rows).ljust(start, b"\0") + content


def _index(symbols: list[tuple[str, int]], offsets: list[int]) -> bytes:
    """The member that says which member defines a symbol; of several that define it the first one counts."""
    names, rows = b"", b""
    for symbol, number in symbols:
        rows += struct.pack("<2I", len(names), offsets[number])
        names += symbol.encode() + b"\0"
    names = names.ljust(_aligned(len(names)), b"\0")
    return _member("__.SYMDEF", struct.pack("<I", len(rows)) + rows + struct.pack("<I", len(names)) + names)


def _member(name: str, content: bytes) -> bytes:
    """With its header. The name stands before the content and fills up to where the content may begin."""
    room = _aligned(_HEADER + len(name) + 1) - _HEADER
    called = name.encode().ljust(room, b"\0")
    size = room + _aligned(len(content))
    header = f"{f'#1/{room}':<16}{0:<12}{0:<6}{0:<6}{0o100644:<8o}{size:<10}`\n".encode("ascii")
    return header + called + content.ljust(_aligned(len(content)), b"\n")


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
