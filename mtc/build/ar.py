"""Reads static libraries: the members of an `ar` archive (long names as System V, GNU, BSD and Windows have them)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"!<arch>\n"
_HEADER = 60  # bytes before each member
_END = re.compile(rb"[\n\0]")  # of a long name


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each member, in order. Nothing if `path` is no archive. ValueError if it is damaged."""
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        return
    at, long_names = len(_MAGIC), b""
    while at + _HEADER <= len(data):
        name = data[at : at + 16].decode("latin-1").rstrip()
        size = int(data[at + 48 : at + 58])
        start = at + _HEADER
        if not 0 <= size <= len(data) - start:
            raise ValueError(f"a member of {path.name} is cut off")
        content = data[start : start + size]
        at = start + size + size % 2
        if name == "//":
            long_names = content
        elif name in ("/", "/SYM64/"):
            continue
        elif name.startswith("#1/"):
            length = int(name[3:])
            long_name = content[:length].rstrip(b"\0").decode()
            if not long_name.startswith("__.SYMDEF"):  # the index
                yield long_name, content[length:]
        elif name.startswith("/"):
            offset = int(name[1:])
            if (end := _END.search(long_names, offset)) is None:
                raise ValueError(f"a name in {path.name} is cut off")
            yield long_names[offset : end.start()].decode().rstrip("/"), content
        else:
            yield name.rstrip("/"), content
