"""What a program's operators are told and which constants they read, for telling two programs apart."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mtc.ir.types import DType
from mtc.program.reader import Program, numbers, schema

_BLOCK = 1 << 20


@dataclass(frozen=True)
class InstructionDigest:
    """An operator of a program: which one, where in the user's program, and a digest of its attributes and of the
    constants that it reads."""

    op: str
    at: str = field(compare=False)
    digest: bytes

    def __str__(self) -> str:
        return f"`{self.op}`" + (f" at {self.at}" if self.at else "")


def instruction_digests(program: Program) -> Iterator[InstructionDigest]:
    """Every instruction of the program, in order."""
    rows = [(f, row) for f in program.tables.functions or [] for row in f.instructions or []]
    with open(program.path, "rb") as file:
        for (function, row), told in zip(rows, program.instructions, strict=True):
            digest = hashlib.sha256()
            for attr in row.attrs or []:
                floats = [] if attr.floats is None else [float(value) for value in attr.floats]
                digest.update(repr([numbers(attr.ints), floats, numbers(attr.exprs)]).encode())
            for value in (function.values[index] for index in numbers(row.inputs) if index >= 0):
                if value.place == schema.Place.constant:
                    _add(digest, program.tables.constants[value.index], program, file)
            yield InstructionDigest(told.op, told.location, digest.digest())


def _add(digest: Any, constant: Any, program: Program, file: BinaryIO) -> None:
    dtype, dims = DType.numbered(constant.dtype), numbers(constant.dims)
    digest.update(f"{dtype}{dims}".encode())
    file.seek(program.tables.segments[constant.segment].offset + constant.offset)
    left = math.prod(dims) * dtype.numpy.itemsize
    while left and (piece := file.read(min(left, _BLOCK))):
        digest.update(piece)
        left -= len(piece)
