"""Formulas over tensors and numbers in one dtype."""

from __future__ import annotations

from typing import Any

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import DType


class Formula:
    """Emits operators whose operands are cast to `dtype` first: numbers and sizes become 0-d tensors."""

    def __init__(self, importer: Importer, dtype: DType) -> None:
        self._importer = importer
        self._dtype = dtype

    def __call__(self, op: OpSpec, *operands: Operand, **attrs: Any) -> Value:
        return self._importer.emit(op, *map(self.tensor, operands), **attrs)

    def where(self, condition: Value, x: Operand, y: Operand) -> Value:
        return self._importer.emit(ops.where, condition, self.tensor(x), self.tensor(y))

    def tensor(self, operand: Operand) -> Value:
        return self._importer.tensor(operand, self._dtype)
