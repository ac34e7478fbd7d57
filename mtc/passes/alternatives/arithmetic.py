"""Arithmetic and functions of numbers by their neighbours: differences as sums, quotients as products, roots."""

from __future__ import annotations

from math import log

import ml_dtypes
import numpy as np

from mtc import ops
from mtc.ir.module import Node, Value
from mtc.ir.types import F16
from mtc.ops.arithmetic import Rounding
from mtc.passes.alternatives.formulas import Formula, any_number, real
from mtc.passes.matching import number, orders


@any_number(ops.sub)
def sub_by_add(node: Node, f: Formula) -> Value:
    return f(ops.add, node.operand(0), f(ops.neg, node.operand(1)))


@any_number(ops.add)
def add_by_sub(node: Node, f: Formula) -> Value:
    return f(ops.sub, node.operand(0), f(ops.neg, node.operand(1)))


@any_number(ops.neg)
def neg_by_mul(node: Node, f: Formula) -> Value | None:
    return f(ops.mul, node.operand(0), -1) if _has_sign(node) else None


@any_number(ops.neg)
def neg_by_sub(node: Node, f: Formula) -> Value | None:
    if node.output.type.dtype.is_float:  # 0 - 0 is 0, and its negative is -0
        return None
    zero = f.build.scalar(0, node.output.type.dtype)
    return f(ops.sub, zero, node.operand(0))


@any_number(ops.abs)
def abs_by_maximum(node: Node, f: Formula) -> Value | None:
    return None if not _has_sign(node) else f(ops.maximum, node.operand(0), f(ops.neg, node.operand(0)))


@any_number(ops.square)
def square_by_mul(node: Node, f: Formula) -> Value:
    return f(ops.mul, node.operand(0), node.operand(0))


@any_number(ops.mul)
def mul_by_square(node: Node, f: Formula) -> Value | None:
    return f(ops.square, node.operand(0)) if node.inputs[0] is node.inputs[1] else None


@real(ops.pow)
def pow_by_products(node: Node, f: Formula) -> Value | None:
    """Powers that have operators of their own."""
    x = node.operand(0)
    match number(node.inputs[1]):
        case 2:
            return f(ops.square, x)
        case 3:
            return f(ops.mul, x, f(ops.square, x))
        case -1:
            return f(ops.reciprocal, x)
    return None  # the root of -inf is NaN, its power 0.5 infinity


@real(ops.div)
def div_by_mul(node: Node, f: Formula) -> Value | None:
    """By the reciprocal, which of a number is known ahead. Of halves few have one: 1 / 60000 has four bits less."""
    if node.attrs["rounding"] is not Rounding.NONE:
        return None
    x, y = node.operand(0), node.operand(1)
    if y.constant is None:
        return None if y.type.dtype is F16 else f(ops.mul, x, f(ops.reciprocal, y))
    with np.errstate(divide="ignore", over="ignore"):
        inverse = (1 / y.constant.array().astype(np.float64)).astype(y.type.dtype.numpy)
    size = np.abs(inverse.astype(np.float64))
    least = float(ml_dtypes.finfo(inverse.dtype).smallest_normal)  # type: ignore[no-untyped-call]
    if not (np.isfinite(size) & (size >= least)).all():  # zero times infinity is NaN; what is smaller lacks bits
        return None
    return f(ops.mul, x, f.build.constant(inverse, called="reciprocal"))


@real(ops.reciprocal)
def reciprocal_by_div(node: Node, f: Formula) -> Value:
    return f(ops.div, f.build.scalar(1, node.output.type.dtype), node.operand(0))


@real(ops.reciprocal)
def reciprocal_by_pow(node: Node, f: Formula) -> Value:
    return f(ops.pow, node.operand(0), -1)


@real(ops.rsqrt)
def rsqrt_by_sqrt(node: Node, f: Formula) -> Value:
    return f(ops.reciprocal, f(ops.sqrt, node.operand(0)))


@real(ops.sqrt)
def sqrt_by_rsqrt(node: Node, f: Formula) -> Value:
    """Zero by way of infinity."""
    return f(ops.reciprocal, f(ops.rsqrt, node.operand(0)))


@real(ops.log2)
def log2_by_log(node: Node, f: Formula) -> Value:
    return f.times(f(ops.log, node.operand(0)), 1 / log(2))


@real(ops.log10)
def log10_by_log(node: Node, f: Formula) -> Value:
    return f.times(f(ops.log, node.operand(0)), 1 / log(10))


@real(ops.exp2)
def exp2_by_exp(node: Node, f: Formula) -> Value:
    return f(ops.exp, f.times(node.operand(0), log(2)))


_EXACT = 2.0**53  # what a clamp's limits, which are doubles, hold of integers


@any_number(ops.maximum, ops.minimum)
def extreme_by_clamp(node: Node, f: Formula) -> Value | None:
    """A limit that is a number. NaN as a limit is none: it makes NaN of everything."""
    for x, limit in orders(node):
        bound = number(limit)
        if bound is not None and abs(bound) < _EXACT and x.type == node.output.type:
            return f(ops.clamp, x, **{"min" if node.op is ops.maximum else "max": float(bound)})
    return None


_MIRRORED = {ops.lt: ops.gt, ops.gt: ops.lt, ops.le: ops.ge, ops.ge: ops.le}


@any_number(*_MIRRORED)
def comparison_mirrored(node: Node, f: Formula) -> Value:
    return f(_MIRRORED[node.op], node.operand(1), node.operand(0))


_OPPOSITE = {ops.eq: ops.ne, ops.ne: ops.eq}


@any_number(*_OPPOSITE)
def equality_by_opposite(node: Node, f: Formula) -> Value:
    return f(ops.logical_not, f(_OPPOSITE[node.op], node.operand(0), node.operand(1)))


_COMPLEMENT = {ops.lt: ops.ge, ops.ge: ops.lt, ops.gt: ops.le, ops.le: ops.gt}


@any_number(*_COMPLEMENT)
def order_by_complement(node: Node, f: Formula) -> Value | None:
    """Not for floats: NaN is neither below nor above."""
    if node.operand(0).type.dtype.is_float:
        return None
    return f(ops.logical_not, f(_COMPLEMENT[node.op], node.operand(0), node.operand(1)))


@any_number(ops.logical_not)
def not_by_comparison(node: Node, f: Formula) -> Value:
    return f(ops.eq, node.operand(0), False)


def _has_sign(node: Node) -> bool:
    dtype = node.output.type.dtype
    return dtype.is_float or np.dtype(dtype.numpy).kind == "i"


ARITHMETIC = (
    sub_by_add,
    add_by_sub,
    neg_by_mul,
    neg_by_sub,
    abs_by_maximum,
    square_by_mul,
    mul_by_square,
    pow_by_products,
    div_by_mul,
    reciprocal_by_div,
    reciprocal_by_pow,
    rsqrt_by_sqrt,
    sqrt_by_rsqrt,
    log2_by_log,
    log10_by_log,
    exp2_by_exp,
    extreme_by_clamp,
    comparison_mirrored,
    equality_by_opposite,
    order_by_complement,
    not_by_comparison,
)
