"""The link map of what zig linked. zig takes no -Map, but shows how it calls lld: called again so, lld writes one. For
Apple's systems zig links itself; there the symbols that are left out of the product say what is where."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mtc.build import cmake
from mtc.build.ar import members
from mtc.build.binary import read_layout
from mtc.build.coff_map import complete_map
from mtc.build.file_layout import DAMAGE
from mtc.build.macho import MAGIC as MACHO
from mtc.build.macho_map import write_macho_map
from mtc.build.toolchains.zig import zig_binary
from mtc.support.cache import cache_root

_SECONDS = 900  # a first link with symbols makes zig build its C++ library once more: a minute, many on a busy machine
_MAP_OPTIONS = {"ld.lld": "--Map=", "lld-link": "-lldmap:", "wasm-ld": "--Map="}
_SPACE = "\0"  # in no word
_WITHOUT_LOCAL_SYMBOLS = "-Wl,-x"


def write_zig_map(objects: Path, target: str, map_file: Path) -> None:
    """Writes the map of CMake's `target` in the build folder `objects`.

    Nothing is written if what is linked again is not, byte for byte, what was linked: another zig, or one that says
    its commands in another way. The size report then knows sections only.
    """
    map_file.unlink(missing_ok=True)  # of an earlier link
    zig = zig_binary()
    link = _lines([cmake.program("ninja"), "-t", "commands", target], objects)
    if zig is None or not link:
        return
    command = [word for word in shlex.split(link[-1]) if word not in (":", "&&")]
    if "-o" not in command:
        return
    output = command.index("-o") + 1
    product = command[output]
    try:
        # Elsewhere, not by another name: a DLL has its own in it. Next to it stands what a linker writes besides.
        with tempfile.TemporaryDirectory(prefix=f"{target}.", dir=objects) as folder:
            again = Path(folder, Path(product).name)
            command = [word.replace("--out-implib,", f"--out-implib,{folder}/") for word in command]
            command[output] = str(again)
            if (objects / product).read_bytes().startswith(MACHO):
                _map_macho(command, objects, objects / product, map_file)
            elif call := _call_of_lld(_lines([*command, "-v"], objects), again, command):
                _lines([str(zig), *call, _MAP_OPTIONS[call[0]] + str(map_file)], objects)
                if again.read_bytes() != (objects / product).read_bytes():
                    map_file.unlink(missing_ok=True)
                elif call[0] == "lld-link":
                    complete_map(map_file, [objects / word for word in call if word.endswith(".a")])
    except (OSError, *DAMAGE):
        map_file.unlink(missing_ok=True)


def _map_macho(command: list[str], folder: Path, product: Path, map_file: Path) -> None:
    """Links with all symbols; what is behind the sections then differs, what is in them must not."""
    again = Path(command[command.index("-o") + 1])
    _lines([word for word in command if word not in ("-s", _WITHOUT_LOCAL_SYMBOLS)], folder)
    if again.is_file() and _loaded(again) == _loaded(product):
        write_macho_map(again.read_bytes(), _inputs(command, folder), map_file)


def _loaded(path: Path) -> list[tuple[str, int, bytes]]:
    """Name, address and content of what a program loads."""
    data = path.read_bytes()
    sections = (section for section in read_layout(path).sections if section.is_loaded)
    return [(s.name, s.address, data[s.offset : s.offset + s.size]) for s in sections]


def _inputs(command: Sequence[str], folder: Path) -> list[tuple[str, bytes]]:
    """The objects of a link, in order, those of archives too."""
    found = []
    for word in command:
        if word.endswith(".o"):
            found.append((word, (folder / word).read_bytes()))
        elif word.endswith(".a"):
            found += [(f"{word}({name})", content) for name, content in members(folder / word)]
    return found


def _call_of_lld(said: Sequence[str], output: Path, command: Sequence[str]) -> list[str] | None:
    """The last call that links `output`, of what zig says that it calls. It puts a space between words, and nothing
    around a word that has one: those are known from `command` and from where zig keeps what it builds."""
    known = {str(output.parent), str(cache_root()), *command}
    with_spaces = sorted((word for word in known if " " in word), key=len, reverse=True)
    for line in reversed(said):
        for word in with_spaces:
            line = line.replace(word, word.replace(" ", _SPACE))
        words = [word.replace(_SPACE, " ") for word in line.split()]
        if words[:1] and words[0] in _MAP_OPTIONS and {str(output), f"-OUT:{output}"} & {*words}:
            return words
    return None


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
