"""Reads exported programs from files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import torch

from mtc.diagnostics import BAD_SOURCE
from mtc.frontends.torch.quiet import quiet
from mtc.frontends.torch.table import LIBRARIES, register_library


def read_program(path: Path) -> torch.export.ExportedProgram:
    """The program in a file of torch.export.save. BAD_SOURCE if torch cannot read it."""
    with quiet():
        missing = [name for name in _libraries(path) if not register_library(name)]
        if missing:
            needed = ", ".join(LIBRARIES[name].partition(".")[0] for name in missing)
            raise BAD_SOURCE.error(
                f"`{path}` calls operators of {needed}, which is not installed", help=f"pip install {needed}"
            )
        try:
            return torch.export.load(path)
        except Exception as error:  # torch raises whatever its readers raise, and logs why
            reason = f"{type(error).__name__}: {str(error).partition('. ')[0]}"
            raise BAD_SOURCE.error(
                f"torch.export.load cannot read `{path}`",
                notes=(reason,),
                help="it is damaged, or another version of PyTorch wrote it: save it again; TORCH_LOGS=all shows more",
            ) from error


def _libraries(path: Path) -> list[str]:
    """The libraries of LIBRARIES whose operators the program calls: torch cannot read it before they are imported."""
    found: set[bytes] = set()
    wanted = re.compile(rb"torch\.ops\.(%s)\." % "|".join(LIBRARIES).encode())
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    found.update(wanted.findall(archive.read(name)))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []  # torch says what is wrong with it
    return sorted(name.decode() for name in found)
