"""Where the C++ runtime's sources are, and a quick mark of their state."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mtc.diagnostics import CANNOT_READ


@cache
def runtime_sources() -> Path:
    """`runtime/` beside the package in a checkout, or the copy inside an installed package."""
    package = Path(__file__).resolve().parent.parent
    places = (package.parent / "runtime", package / "_runtime")
    for place in places:
        if (place / "include" / "mtc" / "mtc.h").is_file():
            return place
    raise CANNOT_READ.error(
        "the sources of the mtc runtime are missing",
        notes=[f"looked for {place}" for place in places],
        help="install mtc again: the package is incomplete",
    )


# The folders of the Python package that decide which kernels there are and how they are built.
_DECIDING = ("build", "delegates", "ops", "ir")


def stamp() -> str:
    """Changes when a file of the runtime, or of the code that selects and builds it, changes.

    From names, sizes and modification times only: it is taken before each use of the host runtime, and reading every
    file would take longer than opening a session.
    """
    package = Path(__file__).resolve().parent.parent
    state = hashlib.sha256()
    for root in (runtime_sources(), *(package / folder for folder in _DECIDING)):
        for path, status in _files(root):
            state.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return state.hexdigest()


# What no runtime is built from: tests, what only packages take, and what makes compilers, whose own identity tells.
_OTHER = ("tests/", "bindings/objc/", "bindings/swift/", "toolchains/")


def content_hash() -> str:
    """SHA-256 over the names and contents of the sources that a runtime is built from, wherever they stand."""
    root = runtime_sources()
    named = ((os.path.relpath(path, root).replace(os.sep, "/"), path) for path, _ in _files(root))
    return _digest((name, path) for name, path in named if not name.startswith(_OTHER))


# Below the Python package: what writes a runtime's documents, its bill before all, and what that comes from. Not the
# search for toolchains: a toolchain's own identity tells. What is here without need costs a link, no more.
_DOCUMENTING = ("build/*.py", "delegates/xnnpack/microkernels.py")


def documenting_files() -> dict[str, Path]:
    """The code that says what a runtime is and what its bytes are for, by its name below the package."""
    package = Path(__file__).resolve().parent.parent
    return {path.relative_to(package).as_posix(): path for glob in _DOCUMENTING for path in package.glob(glob)}


def documenting_hash() -> str:
    """SHA-256 over that code: a runtime in the cache keeps the documents that were written with it."""
    return _digest(documenting_files().items())


def _digest(named: Iterable[tuple[str, str | Path]]) -> str:
    state = hashlib.sha256()
    for name, path in sorted(named, key=lambda item: item[0]):
        with open(path, "rb") as file:
            content = file.read()
        state.update(f"{name}\0{len(content)}\n".encode() + content)
    return state.hexdigest()


def _files(root: Path) -> list[tuple[str, os.stat_result]]:
    found = []
    folders = [str(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                else:
                    found.append((entry.path, entry.stat()))
    return found
