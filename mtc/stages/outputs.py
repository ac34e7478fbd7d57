"""Whether a command may write where it wants to. It replaces its own earlier output, as a compiler does, and nothing
else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from mtc.build.runtime_folder import check_replaceable
from mtc.diagnostics import CANNOT_WRITE, WOULD_REPLACE, writing
from mtc.stages.kinds import Kind, is_empty, kind_of

_FOLDERS = (Kind.RUNTIME, Kind.COMPILED)


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
    if found is Kind.RUNTIME and kind is Kind.RUNTIME and not overwrite:
        check_replaceable(path)
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
