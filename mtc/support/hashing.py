"""Hashes of files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal, read in pieces. OSError if it cannot be read."""
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


class FileHashes:
    """SHA-256 of files that several may ask for: read once for as long as a file looks the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], str] = {}

    def of(self, path: Path) -> str:
        """OSError if it cannot be read."""
        status = os.stat(path)
        looks = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if looks not in self._known:
            self._known[looks] = file_sha256(path)
        return self._known[looks]
