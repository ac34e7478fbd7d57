"""Which file the last stage wrote: a command without a model's name takes it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc.diagnostics import NO_MODEL
from mtc.stages.kinds import Kind, kind_of_input
from mtc.support import strict_json
from mtc.support.atomic import write_text
from mtc.support.hashing import file_sha256

RECORD = ".mtc-last.json"  # in the folder where commands run: what they wrote last


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
            if path.is_file() and kind_of_input(path) in kinds:
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
            content = strict_json.load((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        entries = content.get("written") if isinstance(content, dict) else None
        if not isinstance(entries, list):
            return []
        is_right = all(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in entries)
        return entries if is_right else []

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.folder)
