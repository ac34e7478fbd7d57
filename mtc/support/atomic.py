"""Outputs that appear whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file open for writing that takes `path`'s place when the block ends, and vanishes if it fails.

    An OSError names `path`, and not the file beside it.
    """
    real = Path(os.path.realpath(path))  # a symbolic link stays, its file is replaced
    try:
        with _written_beside(real) as file:
            yield file
    except OSError as error:
        if error.filename is None or os.path.basename(error.filename).startswith(f".{real.name}."):
            error.filename = str(path)
        raise


@contextmanager
def _written_beside(path: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _mode_of(path))
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def write_text(path: Path, content: str) -> None:
    """Writes a UTF-8 text file atomically, with `\\n` line ends on every system: equal text is equal bytes."""
    write_bytes(path, content.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file atomically."""
    with atomic_file(path) as file:
        file.write(content)


def write_if_changed(path: Path, content: str) -> bool:
    """Leaves a file of equal content alone, so that build tools see no change. True if it wrote."""
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == content:
            return False
    write_text(path, content)
    return True


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path` that takes its place when the block ends, and vanishes if it fails.

    What was at `path` before is removed only after the new folder stands there. The caller decides whether it may be.
    """
    path = Path(os.path.realpath(path))  # a symbolic link stays, the folder it leads to is replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        work.chmod(0o777 & ~_umask())  # mkdtemp makes it private
        yield work
        _replace_folder(work, path)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _replace_folder(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
    try:
        path.rename(old / "was")
        try:
            new.rename(path)
        except OSError:
            (old / "was").rename(path)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _mode_of(path: Path) -> int:
    """The permissions the file has, or those a plain open() would give it."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return 0o666 & ~_umask()


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
