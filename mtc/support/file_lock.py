"""A lock between processes, so that two commands do not build the same thing at once.

The system drops the lock when its process ends, however it ends: a killed command leaves no stale lock behind.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.1

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def file_lock(path: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the lock file `path` exclusively. `waiting` is called once if another process has it.

    Polls instead of blocking, so that Ctrl-C is answered at once everywhere. The file stays: removing it would let a
    third process lock a new file of the same name while the second still waits on the old one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        told = False
        while not _try_lock(file):
            if waiting and not told:
                waiting()
                told = True
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(file)
