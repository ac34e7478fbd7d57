"""What a program's file says of its inputs, outputs and samples. No runtime is needed to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT, DAMAGED_ARTIFACT
from mtc.ir.dtype import DType
from mtc.program import reader
from mtc.program import schema_generated as schema
from mtc.program.header import UNBOUNDED
from mtc.program.reader import numbers, text
from mtc.session.signature import Signature


class ProgramFile:
    """The part of a `Runner` that the file answers. MtcError if it is no whole program."""

    def __init__(self, path: Path) -> None:
        self._program = reader.read(path)
        tables = self._program.tables
        nested = [n for f in tables.functions or [] for i in f.instructions or [] for n in numbers(i.functions)]
        count = min([len(tables.functions or []), *nested])  # behind the caller's functions are those inside operators
        self.functions = [text(function.name) for function in (tables.functions or [])[:count]]

    @property
    def kernels(self) -> list[str]:
        """The kernels that the program needs."""
        return self._program.kernels

    def inputs(self, function: str = "forward") -> list[Signature]:
        return self._signatures(function, "input")

    def outputs(self, function: str = "forward") -> list[Signature]:
        return self._signatures(function, "output")

    def samples(self, function: str = "forward") -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        number = self._number(function)
        rows = {(s.isOutput, s.index): s for s in self._program.tables.samples or [] if s.function == number}
        found: list[list[np.ndarray]] = []
        with open(self._program.path, "rb") as file:
            for is_output, signatures in ((False, self.inputs(function)), (True, self.outputs(function))):
                places = [(is_output, index) for index in range(len(signatures))]
                if not all(place in rows for place in places):
                    return None
                found.append([self._array(rows[place], file) for place in places])
        return found[0], found[1]

    def metadata(self, key: str) -> str | None:
        return self._program.metadata.get(key)

    def _array(self, sample: Any, file: Any) -> np.ndarray:
        try:
            segment = self._program.tables.segments[sample.segment]
            file.seek(segment.offset + sample.offset)
            shape = tuple(numbers(sample.dims))
            dtype = np.dtype(DType.numbered(sample.dtype).numpy)
            content = file.read(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
            return np.frombuffer(content, dtype).reshape(shape)
        except reader.DAMAGE as error:
            raise DAMAGED_ARTIFACT.error(f"`{self._program.path}` is damaged: a sample cannot be read") from error

    def _number(self, name: str) -> int:
        if name not in self.functions:
            raise BAD_INPUT.error(f"the program has no function `{name}`", help="it has: " + ", ".join(self.functions))
        return self.functions.index(name)

    def _signatures(self, name: str, kind: str) -> list[Signature]:
        function = self._program.tables.functions[self._number(name)]
        found = []
        for index, (name, _) in zip(
            numbers(getattr(function, f"{kind}s")), self._program.interface(function, kind), strict=True
        ):
            value = function.values[index]
            dims = [_dim(function, dim) for dim in numbers(value.dims)]
            sizes, bounds = tuple(size for size, _ in dims), tuple(bounds for _, bounds in dims)
            found.append(Signature(name, DType.numbered(value.dtype), sizes, bounds))
        return found


def _dim(function: Any, dim: int) -> tuple[int | None, tuple[int, int | None]]:
    """A size, or None for one that the caller decides, and its bounds: those of its symbol, or any if it follows from
    several, as in the C API."""
    if dim >= 0:
        return dim, (dim, dim)
    row = function.exprs[-dim - 1]
    if row.kind == schema.ExprKind.constant:
        return row.a, (row.a, row.a)
    if row.kind == schema.ExprKind.symbol:
        symbol = function.symbols[row.a]
        return None, (symbol.min, None if symbol.max == UNBOUNDED else symbol.max)
    return None, (0, None)
