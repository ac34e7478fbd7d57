"""Whether a stage of a compilation would do again what it has done: the record of what each one read and wrote."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtc import __version__
from mtc.build.runtime_folder import RECORD
from mtc.stages.kinds import COMPILE_STATE
from mtc.support import strict_json
from mtc.support.atomic import write_text
from mtc.support.cache import cache_root
from mtc.support.hashing import FileHashes
from mtc.support.mentioned_files import mentioned_files
from mtc.support.opened_files import user_files

if TYPE_CHECKING:
    from mtc.stages.compile_steps import Step


def source_files(opened: set[str], folder: Path) -> list[Path]:
    """What the source was read from: the user's files that Python opened, and those that they name."""
    read = user_files(opened)
    named = user_files({str(path) for path in mentioned_files(read)})
    made = folder.absolute(), cache_root()
    return [path for path in dict.fromkeys((*read, *named)) if not any(own in path.parents for own in made)]


def is_current(step: Step, entry: Any, hashes: FileHashes) -> bool:
    """Whether `entry`, what the record says of a stage, is what it would do now. None is: it says nothing."""
    try:
        return (
            entry["key"] == _key(step)
            and entry["output"] == _output_digest(step.output, hashes)
            and all(hashes.of(Path(path)) == sha for path, sha in entry["reads"].items())
            and all(str(path.absolute()) in entry["reads"] for path in step.inputs)
        )
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def entry_of(step: Step, reads: Sequence[Path], hashes: FileHashes) -> dict[str, Any]:
    """What the record says of a stage that has run, and read its inputs and `reads`. OSError if a file is gone."""
    paths = {*(path.absolute() for path in step.inputs), *(path.absolute() for path in reads)}
    return {
        "key": _key(step),
        "output": _output_digest(step.output, hashes),
        "reads": {str(path): hashes.of(path) for path in sorted(paths)},
    }


def _key(step: Step) -> str:
    text = json.dumps([step.stage, step.settings, str(step.output), __version__, tool_stamp()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def tool_stamp() -> str:
    """Changes when mtc's own code does, between releases too."""
    package = Path(__file__).resolve().parent.parent
    state = hashlib.sha256()
    for folder, _, names in sorted(os.walk(package)):
        for name in sorted(names):
            if name.endswith(".py"):
                status = os.stat(os.path.join(folder, name))
                state.update(f"{folder}/{name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _output_digest(path: Path, hashes: FileHashes) -> str:
    """Of a runtime: what its record says, and that every file still stands there as it was written."""
    if not path.is_dir():
        return hashes.of(path)
    state = hashlib.sha256((path / RECORD).read_bytes())
    for file in sorted(path.rglob("*")):
        size = file.stat().st_size if file.is_file() else 0
        state.update(f"{file.relative_to(path)}:{size}\n".encode())
    return state.hexdigest()


def read_state(folder: Path) -> dict[str, Any]:
    """The record in a folder: an entry for each stage, by name. Empty where there is none that can be read."""
    try:
        state = strict_json.load((folder / COMPILE_STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(folder: Path, state: dict[str, Any]) -> None:
    write_text(folder / COMPILE_STATE, json.dumps(state, indent=1, sort_keys=True) + "\n")
