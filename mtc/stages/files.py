"""Reading and writing .mtc files with this opset."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from mtc.ir import artifact
from mtc.ir.module import Module
from mtc.ops import OPS
from mtc.program import reader
from mtc.program.reader import Program
from mtc.stages.kinds import Kind, require


def load(path: str | PathLike[str]) -> Module:
    """The module in a .mtc file; its weights stay in the file until they are needed. MtcError if it is damaged."""
    return artifact.load(Path(path), OPS)


def save(module: Module, path: str | PathLike[str]) -> None:
    """Writes a .mtc file, atomically."""
    artifact.save(module, Path(path))


def load_any(path: str | PathLike[str]) -> Module | Program:
    """The module in a .mtc file, or the tables of a .mtp program, whichever it is. MtcError if it is neither."""
    path = Path(path)
    return load(path) if require(path, Kind.IR, Kind.PROGRAM) is Kind.IR else reader.read(path)
