"""Which files a piece of code reads: for knowing later whether it would read the same again."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

_SYSTEM = (
    *("/proc/", "/dev/", "/sys/", "/etc/", "/tmp/torchinductor"),
    *("/usr/lib", "/usr/share/", "/usr/include/", "/usr/bin/", "/usr/local/lib", "/usr/local/share/"),
)
_active: list[set[str]] = []
_is_installed = False


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """Collects the absolute paths that Python opens while the block runs, and those of modules imported in it.

    Files that native code opens by itself are not seen.
    """
    _install()
    found: set[str] = set()
    before = set(sys.modules)
    _active.append(found)
    try:
        yield found
    finally:
        note_modules(sys.modules[name] for name in set(sys.modules) - before)
        _active[:] = [other for other in _active if other is not found]  # equal sets may be another block's


def note_modules(modules: Iterable[ModuleType]) -> None:
    """Counts the files of modules as read: what was compiled before is not opened when it is imported again."""
    for module in modules:
        if file := getattr(module, "__file__", None):
            for found in _active:
                found.add(os.path.abspath(file))


def user_files(paths: set[str]) -> list[Path]:
    """Those that belong to the user's project: regular files outside of Python's and the system's own folders.

    /usr is not the system's as a whole: projects stand in /usr/src or /usr/local too, and Python's prefix may be /usr.
    """
    libraries = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    own = {os.path.realpath(folder) for folder in (*libraries, os.path.dirname(os.__file__))}
    if sys.prefix != sys.base_prefix:  # an environment
        own.add(os.path.realpath(sys.prefix))
    skipped = (*(folder + os.sep for folder in own), *_SYSTEM)
    package = str(Path(__file__).resolve().parent.parent) + os.sep
    return sorted(
        Path(path)
        for path in paths
        if not os.path.realpath(path).startswith((*skipped, package))
        and "__pycache__" not in path
        and f"{os.sep}site-packages{os.sep}" not in path
        and os.path.isfile(path)
    )


def _install() -> None:
    global _is_installed
    if not _is_installed:
        sys.addaudithook(_hook)  # cannot be taken away again; does nothing while nobody collects
        _is_installed = True


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _active:
        return
    path, mode, flags = (*arguments, None, None, None)[:3]
    is_written = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
        is_written = True
    if isinstance(path, (str, os.PathLike)) and not is_written:
        for found in _active:
            found.add(os.path.abspath(path))
