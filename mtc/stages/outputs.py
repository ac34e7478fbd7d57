"""What stands at a place where a command wants to write, and which file the last stage in a folder wrote.

What a file is, its content says. A command replaces its own earlier output, as a compiler does, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from mtc.diagnostics import CANNOT_READ, CANNOT_WRITE, NO_MODEL, NOT_AN_ARTIFACT, WOULD_REPLACE, writing
from mtc.support.atomic import write_text
from mtc.support.hashing import file_sha256

RECORD = ".mtc-last.json"  # in the folder where commands run: what they wrote last
COMPILE_STATE = ".mtc-compile.json"  # in a folder of mtc compile
# How the text files that mtc writes begin.
OPS_MARK = "# Written by mtc select-ops"
RECIPE_MARK = "# An mtc recipe"
CARD_MARK = "<!DOCTYPE html><!-- mtc inspect -->"


class Kind(Enum):
    """What a path holds; the value is how messages call it."""

    IR = "a .mtc model"
    PROGRAM = "a .mtp program"
    OPS = "an operator list"
    RUNTIME = "a runtime"
    COMPILED = "a folder of mtc compile"
    RECIPE = "a recipe"
    CARD = "a model card"
    ARRAYS = "a .npz of arrays"
    EMPTY = "an empty folder"
    NOTHING = "nothing"
    OTHER = "something else"


_FOLDERS = (Kind.RUNTIME, Kind.COMPILED)


def kind_of(path: Path) -> Kind:
    """What `path` holds, by its content. OSError if it cannot be read."""
    if not path.exists():
        return Kind.NOTHING
    if path.is_dir():
        return _folder_kind(path)
    if not path.is_file():
        return Kind.OTHER
    from mtc.ir.artifact import is_artifact
    from mtc.program.header import MAGIC

    with open(path, "rb") as file:
        head = file.read(128)
    if head.startswith(MAGIC):
        return Kind.PROGRAM
    for mark, kind in ((OPS_MARK, Kind.OPS), (RECIPE_MARK, Kind.RECIPE), (CARD_MARK, Kind.CARD)):
        if head.startswith(mark.encode()):
            return kind
    if is_artifact(path):
        return Kind.IR
    return Kind.ARRAYS if _holds_arrays(path) else Kind.OTHER


def is_empty(path: Path) -> bool:
    """Whether it is a file without a byte: what a copy that failed leaves, or a redirection of a command that did."""
    return path.is_file() and path.stat().st_size == 0


def _holds_arrays(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _folder_kind(path: Path) -> Kind:
    from mtc.build.runtime_folder import RECORD as RUNTIME_RECORD

    if (path / RUNTIME_RECORD).is_file():
        return Kind.RUNTIME
    if (path / COMPILE_STATE).is_file():
        return Kind.COMPILED
    return Kind.OTHER if any(path.iterdir()) else Kind.EMPTY


def check_output(
    path: Path, kind: Kind, *, overwrite: bool = False, inputs: Collection[Path] = (), need: int = 0
) -> None:
    """Refuses, before any work, an output that may not or cannot be written; `need` is how many bytes it will take.

    WOULD_REPLACE for what is not of this kind, or for one of the command's own `inputs`; CANNOT_WRITE for a folder
    that is missing, read-only or full, or a name that the system does not take.
    """
    with writing(path):
        _check_output(path, kind, overwrite, inputs)
        check_room(path, need, may_create=kind in _FOLDERS)


def _check_output(path: Path, kind: Kind, overwrite: bool, inputs: Collection[Path]) -> None:
    if any(_same(path, source) for source in inputs):
        raise WOULD_REPLACE.error(f"`{path}` is the command's own input", help="choose another name")
    if kind is Kind.RUNTIME:  # the one folder that is replaced as a whole
        _check_is_apart(path, inputs)
    if path.exists() and not path.is_dir() and not path.is_file():
        raise WOULD_REPLACE.error(f"`{path}` is neither a file nor a folder", help="choose another name")
    is_folder = kind in _FOLDERS
    found = kind_of(path)
    allowed = {Kind.NOTHING, kind} | ({Kind.EMPTY} if is_folder else set())
    if path.exists() and path.is_dir() != is_folder:
        what = "folder" if path.is_dir() else "file"
        raise WOULD_REPLACE.error(f"`{path}` is a {what}", help="choose another name")
    if found not in allowed and not overwrite:
        what = "" if found is Kind.OTHER else f": it is {found.value}"
        what = ": it is empty" if is_empty(path) else what
        raise WOULD_REPLACE.error(
            f"`{path}` exists and is not {kind.value}{what}", help="choose another name, or pass --overwrite"
        )


def _check_is_apart(folder: Path, inputs: Collection[Path]) -> None:
    """Refuses to replace a folder that holds one of the command's inputs or the folder that it runs in."""
    top = folder.resolve()
    if top in (Path.cwd(), *Path.cwd().parents):
        raise WOULD_REPLACE.error(f"`{folder}` holds the folder that mtc runs in", help="choose another name")
    for source in inputs:
        if folder.exists() and top in source.resolve().parents:
            raise WOULD_REPLACE.error(f"`{folder}` holds the command's input `{source}`", help="choose another name")


def check_room(path: Path, need: int, *, may_create: bool = False) -> None:
    """CANNOT_WRITE if the folder of `path` is missing, read-only or has no room for `need` bytes."""
    folder = path.absolute().parent
    while may_create and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise CANNOT_WRITE.error(f"the folder `{folder}` does not exist", help=f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CANNOT_WRITE.error(f"the folder `{folder}` is read-only", help="choose another place")
    free = shutil.disk_usage(folder).free
    if free < need:
        raise CANNOT_WRITE.error(
            f"the disk of `{folder}` is full: about {need:,} bytes are needed, {free:,} are free",
            help="choose another place",
        )


def _same(a: Path, b: Path) -> bool:
    return a.exists() and b.exists() and os.path.samefile(a, b)


@dataclass(frozen=True)
class LastWritten:
    """What the commands that ran in a folder wrote, newest first."""

    folder: Path

    def record(self, path: Path, **facts: str) -> None:
        """Notes that `path` was written just now. A folder that cannot be written keeps no record."""
        entries = [entry for entry in self._entries() if entry["file"] != self._name(path)]
        entries.insert(0, {"file": self._name(path), **facts})
        try:
            write_text(self.folder / RECORD, json.dumps({"written": entries[:50]}, indent=1) + "\n")
        except OSError:
            return

    def find(self, *kinds: Kind, not_by: str = "") -> Path:
        """The newest recorded file of these kinds that is still there and that the stage `not_by` did not write, so
        that a stage called twice does not read its own output. NO_MODEL if there is none."""
        for entry in self._entries():
            if not_by and entry.get("stage") == not_by:
                continue
            path = self.folder / entry["file"]
            if path.is_file() and kind_of(path) in kinds:
                return Path(entry["file"])
        wanted = " or ".join(kind.value for kind in kinds)
        raise NO_MODEL.error(
            f"no MODEL was named, and no stage wrote {wanted} in this folder",
            help="name a file, or run `mtc package MODEL` first"
            if kinds == (Kind.PROGRAM,)
            else "name a file, or run `mtc export model.py` first",
        )

    def was_derived(self, path: Path) -> bool:
        """Whether `path` still is the list that `mtc build-runtime` derived by itself."""
        entry = next((entry for entry in self._entries() if entry["file"] == self._name(path)), None)
        return entry is not None and path.is_file() and entry.get("derived") == file_sha256(path)

    def _entries(self) -> list[dict[str, Any]]:
        try:
            content = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        entries = content.get("written") if isinstance(content, dict) else None
        is_list = isinstance(entries, list) and all(
            isinstance(e, dict) and isinstance(e.get("file"), str) for e in entries
        )
        return entries if is_list and entries is not None else []

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.folder)


_SOURCES = (".py", ".pt2")


def kind_of_input(path: Path) -> Kind:
    """What `path`, which is to be read, holds. CANNOT_READ if it may not be."""
    try:
        return kind_of(path)
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error


def require(path: Path, *kinds: Kind) -> Kind:
    """What `path` is. CANNOT_READ if it is not there, NOT_AN_ARTIFACT if it is none of `kinds`."""
    found = kind_of_input(path)
    if found is Kind.NOTHING:
        raise CANNOT_READ.error(f"`{path}` does not exist")
    if found not in kinds:
        wanted = " or ".join(kind.value for kind in kinds)
        remedy = {Kind.IR: "`mtc package` makes a program of it", Kind.PROGRAM: "it was made of a .mtc: name that"}
        if found is Kind.OTHER and path.suffix in _SOURCES:
            remedy[found] = f"it is a source: `mtc export {path}` reads it"
        what = f"is not {wanted}" if found is Kind.OTHER else f"is {found.value}, not {wanted}"
        if is_empty(path):
            what, remedy[found] = f"is empty, and not {wanted}", "it was cut off, or nothing was written: make it again"
        raise NOT_AN_ARTIFACT.error(f"`{path}` {what}", help=remedy.get(found))
    return found
