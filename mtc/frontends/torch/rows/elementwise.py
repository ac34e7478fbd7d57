"""Arithmetic, with torch's promotion of dtypes and numbers."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Number, Operand
from mtc.frontends.torch.table import Row, row
from mtc.ir.dims import Expr
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BF16, BOOL, F16, F32, F64, DType
from mtc.ops.arithmetic import Rounding


def binary(importer: Importer, op: OpSpec, x: Operand, y: Operand, dtype: DType | None = None, **attrs: Any) -> Value:
    """Both operands in `dtype`, or the result's. As in torch, a half-precision tensor is multiplied with or divided by
    a number that its dtype cannot hold in f32; other operators round the number."""
    target = dtype or importer.result_type().dtype
    if op in _OF_NUMBERS and target in (F16, BF16) and any(_is_rounded(number, target) for number in (x, y)):
        wide = importer.emit(op, importer.tensor(x, F32), importer.tensor(y, F32), **attrs)
        return importer.cast(wide, target)
    return importer.emit(op, importer.tensor(x, target), importer.tensor(y, target), **attrs)


_OF_NUMBERS = (ops.mul, ops.div)


def _is_rounded(number: Operand, dtype: DType) -> bool:
    if isinstance(number, Value):
        return number.type.rank == 0 and number.type.dtype in (F32, F64)
    return isinstance(number, (int, float)) and float(np.asarray(number).astype(dtype.numpy)) != float(number)


@row("add.Tensor", "add.Scalar")
def add(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    if importer.result_type().dtype is BOOL:
        return binary(importer, ops.logical_or, x, y)
    return binary(importer, ops.add, x, _scaled(importer, y, alpha))


@row("sub.Tensor", "sub.Scalar", "subtract.Tensor")
def sub(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return binary(importer, ops.sub, x, _scaled(importer, y, alpha))


@row("rsub.Tensor", "rsub.Scalar")
def rsub(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return binary(importer, ops.sub, y, _scaled(importer, x, alpha))


@row("mul.Tensor", "mul.Scalar", "multiply.Tensor")
def mul(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.logical_and if importer.result_type().dtype is BOOL else ops.mul, x, y)


def _scaled(importer: Importer, x: Operand, factor: Number) -> Operand:
    if factor == 1:
        return x
    if isinstance(x, (Value, Expr)) or isinstance(factor, Expr):
        return binary(importer, ops.mul, x, factor)
    return x * factor


_ROUNDING = {None: Rounding.NONE, "floor": Rounding.FLOOR, "trunc": Rounding.TRUNC}


@row("div.Tensor", "div.Scalar", "div.Tensor_mode", "div.Scalar_mode", "divide.Tensor", "true_divide.Tensor")
def div(importer: Importer, x: Operand, y: Operand, rounding_mode: str | None = None) -> Value:
    return binary(importer, ops.div, x, y, rounding=_ROUNDING[rounding_mode])


@row("floor_divide", "floor_divide.Scalar")
def floor_divide(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.div, x, y, rounding=Rounding.FLOOR)


@row("remainder.Tensor", "remainder.Scalar", "remainder.Scalar_Tensor")
def remainder(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.remainder, x, y)


@row("fmod.Tensor", "fmod.Scalar")
def fmod(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.fmod, x, y)


@row("maximum", "max.other")
def maximum(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.logical_or if importer.result_type().dtype is BOOL else ops.maximum, x, y)


@row("minimum", "min.other")
def minimum(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.logical_and if importer.result_type().dtype is BOOL else ops.minimum, x, y)


def _ignoring_nan(op: OpSpec) -> Row:
    """The other operand where one is NaN."""

    def convert(importer: Importer, x: Value, y: Value) -> Value:
        dtype = importer.result_type().dtype
        x, y = importer.cast(x, dtype), importer.cast(y, dtype)
        chosen = (maximum if op is ops.maximum else minimum)(importer, x, y)
        for operand, other in ((x, y), (y, x)) if dtype.is_float else ():
            chosen = importer.emit(ops.where, importer.emit(ops.ne, operand, operand), other, chosen)
        return chosen

    return convert


row("fmax")(_ignoring_nan(ops.maximum))
row("fmin")(_ignoring_nan(ops.minimum))


@row("atan2", "arctan2")
def atan2(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.atan2, x, y)


@row("hypot")
def hypot(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.hypot, x, y)


# Powers that have an op of their own.
_POWERS = {2: ops.square, 0.5: ops.sqrt, -0.5: ops.rsqrt, -1: ops.reciprocal}


@row("pow.Tensor_Tensor", "pow.Tensor_Scalar", "pow.Scalar")
def power(importer: Importer, x: Operand, y: Operand) -> Value:
    dtype = importer.result_type().dtype
    if isinstance(x, Value) and isinstance(y, (int, float)) and y in _POWERS and (y == 2 or dtype.is_float):
        return importer.emit(_POWERS[y], importer.cast(x, dtype))
    if isinstance(x, Value) and isinstance(y, (int, float)) and y == 1:
        return importer.cast(x, dtype)
    return binary(importer, ops.pow, x, y)


@row("addcmul")
def addcmul(importer: Importer, x: Value, tensor1: Value, tensor2: Value, value: Number = 1) -> Value:
    return binary(importer, ops.add, x, binary(importer, ops.mul, _scaled(importer, tensor1, value), tensor2))


@row("addcdiv")
def addcdiv(importer: Importer, x: Value, tensor1: Value, tensor2: Value, value: Number = 1) -> Value:
    return binary(importer, ops.add, x, binary(importer, ops.div, _scaled(importer, tensor1, value), tensor2))


@row("lerp.Scalar", "lerp.Tensor")
def lerp(importer: Importer, x: Value, end: Value, weight: Operand) -> Value:
    """As ATen does it: from the end that is nearer, where rounding is smaller, and half precision in f32."""
    dtype = importer.result_type().dtype
    wide = F32 if dtype in (F16, BF16) else dtype
    span = binary(importer, ops.sub, end, x, wide)

    def moved(op: OpSpec, start: Value, part: Operand) -> Value:
        return binary(importer, op, start, binary(importer, ops.mul, span, part, wide), wide)

    if isinstance(weight, (int, float)):
        result = moved(ops.add, x, weight) if abs(weight) < 0.5 else moved(ops.sub, end, 1 - weight)
        return importer.cast(result, dtype)
    weight = importer.tensor(weight, wide)
    is_near_x = binary(importer, ops.lt, importer.emit(ops.abs, weight), 0.5, wide)
    from_end = moved(ops.sub, end, binary(importer, ops.sub, 1, weight, wide))
    return importer.cast(importer.emit(ops.where, is_near_x, moved(ops.add, x, weight), from_end), dtype)


@row("clamp", "clip", "clamp.Tensor")
def clamp(importer: Importer, x: Value, min: Operand | None = None, max: Operand | None = None) -> Value:
    dtype = importer.result_type().dtype
    given = {name: bound for name, bound in (("min", min), ("max", max)) if bound is not None}
    bounds = {name: float(bound) for name, bound in given.items() if _is_held_by_f64(bound)}
    if len(bounds) == len(given):
        if "min" in bounds and "max" in bounds:
            bounds["min"] = bounds["max"] if bounds["min"] > bounds["max"] else bounds["min"]
        return importer.emit(ops.clamp, importer.cast(x, dtype), **bounds)
    x = importer.cast(x, dtype) if min is None else binary(importer, ops.maximum, x, min)
    return x if max is None else binary(importer, ops.minimum, x, max)


def _is_held_by_f64(bound: Operand) -> TypeGuard[float]:
    """Whether `bound` is a number that the attributes of `clamp` hold as it is."""
    return isinstance(bound, float) or (isinstance(bound, int) and int(float(bound)) == bound)


@row("clamp_min", "clamp_min.Tensor")
def clamp_min(importer: Importer, x: Value, min: Operand) -> Value:
    return clamp(importer, x, min=min)


@row("clamp_max", "clamp_max.Tensor")
def clamp_max(importer: Importer, x: Value, max: Operand) -> Value:
    return clamp(importer, x, max=max)
