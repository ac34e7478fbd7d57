"""Mathematical functions of one operand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.table import Row, row
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BOOL, I64


def unary(op: OpSpec) -> Row:
    """One operand, computed in the result's dtype."""

    def convert(importer: Importer, x: Value) -> Value:
        return importer.emit(op, importer.cast(x, importer.result_type().dtype))

    return convert


_SAME_NAME = (
    *("abs", "neg", "square", "sqrt", "rsqrt", "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p"),
    *("erf", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid"),
    "lgamma",
)
for _name in _SAME_NAME:
    row(_name, by_parts=_name == "neg")(unary(ops.OPS[_name]))
_OTHER_NAMES = {
    "negative": "neg",
    "_neg_view": "neg",
    "absolute": "abs",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "special_expit": "sigmoid",
    "special_erf": "erf",
    "special_gammaln": "lgamma",
    "special_exp2": "exp2",
}
for _name, _op in _OTHER_NAMES.items():
    row(_name)(unary(ops.OPS[_op]))


def whole(op: OpSpec) -> Callable[[Importer, Value], Value]:
    """Integers are what they are rounded to."""

    def convert(importer: Importer, x: Value) -> Value:
        return importer.emit(op, x) if x.type.dtype.is_float else x

    return convert


for _name in ("floor", "ceil", "round", "trunc"):
    row(_name)(whole(ops.OPS[_name]))
row("fix")(whole(ops.trunc))


@row("round.decimals")
def round_decimals(importer: Importer, x: Value, decimals: int = 0) -> Value:
    if decimals == 0 or not x.type.dtype.is_float:
        return whole(ops.round)(importer, x)
    factor = 10.0 ** abs(decimals)
    there, back = (ops.mul, ops.div) if decimals > 0 else (ops.div, ops.mul)
    return binary(importer, back, importer.emit(ops.round, binary(importer, there, x, factor)), factor)


@row("sign", "sgn")
def sign(importer: Importer, x: Value) -> Value:
    return x if x.type.dtype is BOOL else importer.emit(ops.sign, x)


@row("frac")
def frac(importer: Importer, x: Value) -> Value:
    return importer.emit(ops.sub, x, importer.emit(ops.trunc, x))


@row("erfc", "special_erfc")
def erfc(importer: Importer, x: Value) -> Value:
    return binary(importer, ops.sub, 1, unary(ops.erf)(importer, x))


@row("isnan")
def isnan(importer: Importer, x: Value) -> Value:
    return importer.emit(ops.ne, x, x)


@row("isinf")
def isinf(importer: Importer, x: Value) -> Value:
    return _compared_with_infinity(importer, ops.eq, x)


@row("isfinite")
def isfinite(importer: Importer, x: Value) -> Value:
    return _compared_with_infinity(importer, ops.lt, x)


def _compared_with_infinity(importer: Importer, op: OpSpec, x: Value) -> Value:
    if not x.type.dtype.is_float:
        return importer.full(x.type.shape, op is ops.lt, BOOL)
    return importer.emit(op, importer.emit(ops.abs, x), importer.scalar(float("inf"), x.type.dtype))


@row("signbit")
def signbit(importer: Importer, x: Value) -> Value:
    """Also that of a negative zero, whose reciprocal is negative."""
    if x.type.dtype is BOOL:
        return importer.full(x.type.shape, False, BOOL)
    zero = importer.scalar(0, x.type.dtype)
    is_negative = importer.emit(ops.lt, x, zero)
    if not x.type.dtype.is_float:
        return is_negative
    return importer.emit(ops.logical_or, is_negative, importer.emit(ops.lt, importer.emit(ops.reciprocal, x), zero))


@row("copysign.Tensor", "copysign.Scalar")
def copysign(importer: Importer, x: Value, y: Operand) -> Value:
    dtype = importer.result_type().dtype
    size = importer.emit(ops.abs, importer.cast(x, dtype))
    return importer.emit(ops.where, signbit(importer, importer.tensor(y, dtype)), importer.emit(ops.neg, size), size)


@row("ldexp.Tensor")
def ldexp(importer: Importer, x: Value, other: Value) -> Value:
    return binary(importer, ops.mul, x, importer.emit(ops.exp2, importer.cast(other, importer.result_type().dtype)))


@row("nan_to_num")
def nan_to_num(
    importer: Importer, x: Value, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Value:
    dtype = x.type.dtype
    if not dtype.is_float:
        return x
    most = float(_finfo(dtype.numpy).max)
    infinity = float("inf")
    for is_replaced, value in (
        (importer.emit(ops.ne, x, x), nan or 0.0),
        (importer.emit(ops.eq, x, importer.scalar(infinity, dtype)), most if posinf is None else posinf),
        (importer.emit(ops.eq, x, importer.scalar(-infinity, dtype)), -most if neginf is None else neginf),
    ):
        x = importer.emit(ops.where, is_replaced, importer.scalar(value, dtype), x)
    return x


def _finfo(dtype: np.dtype) -> Any:
    import ml_dtypes  # NumPy's own finfo does not know bf16

    return ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]


@row("count_nonzero", "count_nonzero.dim_IntList")
def count_nonzero(importer: Importer, x: Value, dim: object = None) -> Value:
    axes = () if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)  # type: ignore[arg-type]
    return importer.emit(ops.sum, importer.cast(importer.cast(x, BOOL), I64), axes=axes)
