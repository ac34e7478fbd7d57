"""The symbols that a Mach-O object file offers to others (mach-o/loader.h, nlist.h)."""

from __future__ import annotations

import struct

from mtc.build.macho import MAGIC, load_commands

_SYMTAB = 0x2  # LC_SYMTAB
_SYMBOL = 16  # bytes of one
_DEBUGGING, _KIND, _EXTERNAL = 0xE0, 0x0E, 0x01  # parts of a symbol's type
_UNDEFINED = 0x0


def defined_symbols(data: bytes) -> list[str]:
    """What other objects may refer to, in the file's order. `DAMAGE` if the file is no whole object of 64 bits."""
    if data[:4] != MAGIC:
        raise ValueError("no Mach-O file")
    found = []
    for command, at in load_commands(data):
        if command != _SYMTAB:
            continue
        symbols, number, strings, _ = struct.unpack_from("<IIII", data, at + 8)
        for index in range(number):
            name, kind = struct.unpack_from("<IB", data, symbols + index * _SYMBOL)
            if kind & _EXTERNAL and not kind & _DEBUGGING and kind & _KIND != _UNDEFINED:
                start = strings + name
                found.append(data[start : data.index(b"\0", start)].decode())
    return found
