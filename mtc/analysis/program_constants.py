"""The constants that a program's operators read, for telling two programs apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mtc.ir.types import DType, TensorType
from mtc.program.reader import Program, numbers, schema

_BLOCK = 1 << 20


@dataclass(frozen=True)
class ConstantsOf:
    """An operator of a program: which one, where in the user's program, and a digest of the constants it reads."""

    op: str
    at: str = field(compare=False)
    digest: bytes

    def __str__(self) -> str:
        return f"`{self.op}`" + (f" at {self.at}" if self.at else "")


def constants_read(program: Program) -> Iterator[ConstantsOf]:
    """Every instruction of the program, in order; the digest is of nothing where it reads no constant."""
    instructions = iter(program.instructions)
    with open(program.path, "rb") as file:
        for function in program.tables.functions or []:
            for row in function.instructions or []:
                state = hashlib.sha256()
                values = [function.values[index] for index in numbers(row.inputs) if index >= 0]
                for value in values:
                    if value.place == schema.Place.constant:
                        _add(state, program.tables.constants[value.index], program, file)
                told = next(instructions)
                yield ConstantsOf(told.op, told.location, state.digest())


def _add(state: Any, constant: Any, program: Program, file: BinaryIO) -> None:
    dtype, dims = DType.numbered(constant.dtype), numbers(constant.dims)
    state.update(f"{dtype}{dims}".encode())
    file.seek(program.tables.segments[constant.segment].offset + constant.offset)
    left = TensorType(dtype, tuple(dims)).nbytes
    assert isinstance(left, int)
    while left and (piece := file.read(min(left, _BLOCK))):
        state.update(piece)
        left -= len(piece)
