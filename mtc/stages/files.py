"""Reading and writing .mtc files with this opset."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from mtc.ir import artifact
from mtc.ir.module import Module
from mtc.ops import OPS


def load(path: str | PathLike[str]) -> Module:
    """The module in a .mtc file; its weights stay in the file until they are needed. MtcError if it is damaged."""
    return artifact.load(Path(path), OPS)


def save(module: Module, path: str | PathLike[str]) -> None:
    """Writes a .mtc file, atomically."""
    artifact.save(module, Path(path))
