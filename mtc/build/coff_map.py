"""What lld leaves out of its map of a Windows file: the archive that an object came from, and, for MSVC's ABI, the
function that a section holds, which clang calls by its kind alone (`.text`) there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mtc.build.ar import members
from mtc.build.coff_object import read_coff_object

_INPUT = re.compile(r"^([0-9a-f]+ +[0-9a-f]+ +\d+ {1,9})(\S.*):\((\.[^()\s]+)\)$")
_SYMBOL = re.compile(r"^[0-9a-f]+ +[0-9a-f]+ +\d+ {10,}(\S+)$")


def complete_map(map_file: Path, archives: Iterable[Path]) -> None:
    """Writes `archive.a(member.obj)` where lld wrote the member alone, of the first archive that has it, and
    `.text$name` where `read_coff_object` calls the section so. What is relative, of `archives` and in the map, is
    so to the map's folder. A map of another linker stays as it is."""
    lines = map_file.read_text(encoding="utf-8", errors="replace").split("\n")
    if not lines[0].startswith("Address"):
        return
    folder = map_file.parent
    origins: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    for archive in archives:
        for name, content in members(folder / archive) if (folder / archive).is_file() else ():
            if name not in origins:
                origins[name] = f"{archive}({name})"
                contents[name] = content

    @cache
    def sections_of(name: str) -> frozenset[str]:
        content = contents.get(name)
        if content is None:
            path = folder / name
            content = path.read_bytes() if path.is_file() else b""
        read = read_coff_object(content)
        return frozenset(read.sections if read else ())

    for index, line in enumerate(lines):
        if (found := _INPUT.match(line)) is None:
            continue
        start, name, section = found.groups()
        leader = _SYMBOL.match(lines[index + 1]) if index + 1 < len(lines) else None
        if leader and f"{section}.{leader[1]}" in sections_of(name):
            section = f"{section}${leader[1]}"
        lines[index] = f"{start}{origins.get(name, name)}:({section})"
    map_file.write_text("\n".join(lines), encoding="utf-8")
