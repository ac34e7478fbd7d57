"""Comparison, logic and choice."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.table import Row, row
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BOOL


def comparison(op: OpSpec) -> Row:
    """Operands are compared in the dtype that torch promotes them to."""

    def convert(importer: Importer, x: Operand, y: Operand) -> Value:
        return binary(importer, op, x, y, importer.promoted(x, y))

    return convert


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    row(f"{_name}.Tensor", f"{_name}.Scalar")(comparison(ops.OPS[_name]))


def logical(op: OpSpec) -> Row:
    """Whether operands of any dtype are not zero."""

    def convert(importer: Importer, *operands: Value) -> Value:
        return importer.emit(op, *(importer.cast(x, BOOL) for x in operands))

    return convert


for _name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
    row(_name)(logical(ops.OPS[_name]))


def bitwise(op: OpSpec, of_truth: OpSpec) -> Row:
    """Bits of integers, or truth values."""

    def convert(importer: Importer, *operands: Operand) -> Value:
        dtype = importer.result_type().dtype
        return importer.emit(of_truth if dtype is BOOL else op, *(importer.tensor(x, dtype) for x in operands))

    return convert


for _name in ("and", "or", "xor"):
    _row = bitwise(ops.OPS[f"bitwise_{_name}"], ops.OPS[f"logical_{_name}"])
    row(*(f"{_n}.{_kind}" for _n in (f"bitwise_{_name}", f"__{_name}__") for _kind in ("Tensor", "Scalar")))(_row)
    row(f"bitwise_{_name}.Scalar_Tensor")(_row)
row("bitwise_not")(bitwise(ops.bitwise_not, ops.logical_not))


_SHIFTS = ("bitwise_{}_shift.Tensor", "bitwise_{}_shift.Tensor_Scalar", "bitwise_{}_shift.Scalar_Tensor")


@row(*(name.format("left") for name in _SHIFTS), "__lshift__.Tensor", "__lshift__.Scalar")
def left_shift(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.bitwise_left_shift, x, y)


@row(*(name.format("right") for name in _SHIFTS), "__rshift__.Tensor", "__rshift__.Scalar")
def right_shift(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.bitwise_right_shift, x, y)


@row("where.self", "where.Scalar", "where.ScalarSelf", "where.ScalarOther")
def where(importer: Importer, condition: Value, x: Operand, y: Operand) -> Value:
    dtype = importer.result_type().dtype
    chosen = importer.tensor(x, dtype), importer.tensor(y, dtype)
    return importer.emit(ops.where, importer.cast(condition, BOOL), *chosen)


@row("masked_fill.Scalar", "masked_fill.Tensor")
def masked_fill(importer: Importer, x: Value, mask: Value, value: Operand) -> Value:
    return importer.emit(ops.where, mask, importer.tensor(value, x.type.dtype), x)
