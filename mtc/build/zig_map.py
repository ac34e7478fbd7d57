"""The link map of what zig linked. zig takes no -Map, but shows how it calls lld: called again so, lld writes one."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from mtc.build import cmake
from mtc.build.toolchains.zig import zig_binary

_SECONDS = 120


def write_zig_map(objects: Path, target: str, map_file: Path) -> None:
    """Writes the map of CMake's `target` in the build folder `objects`.

    Nothing is written if what is linked again is not, byte for byte, what was linked: another zig, or one that says
    its commands in another way. The size report then knows sections only.
    """
    zig = zig_binary()
    link = _lines([cmake.program("ninja"), "-t", "commands", target], objects)
    if zig is None or not link:
        return
    command = [word for word in shlex.split(link[-1]) if word not in (":", "&&")]
    if "-o" not in command:
        return
    output = command.index("-o") + 1
    product, again = command[output], f"{target}.again"
    command[output] = again
    try:
        said = [line.split() for line in _lines([*command, "-v"], objects)]
        calls = [words[1:] for words in said if words[:1] == ["ld.lld"] and again in words]
        if calls:
            _lines([str(zig), "ld.lld", *calls[-1], f"--Map={map_file}"], objects)
            if (objects / again).read_bytes() != (objects / product).read_bytes():
                map_file.unlink(missing_ok=True)
    except OSError:
        map_file.unlink(missing_ok=True)
    finally:
        (objects / again).unlink(missing_ok=True)


def _lines(command: list[str], folder: Path) -> list[str]:
    """What a command says; nothing if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
