"""Arithmetic with numbers: remove what has no effect, and say the rest with fewer and cheaper operators.

Only what stays within rounding for every input, infinities and NaN included: `x * 0` is not 0 for floats, and sums of
numbers with different signs are not merged, because `(x + big) - big` rounds on purpose.
"""

from __future__ import annotations

import math

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.ir.types import DType
from mtc.ops.arithmetic import Rounding
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, is_rounded, made_by, number, operands, stands_for, with_number

_SAFE = 2.0**40  # products of numbers below this and above its reciprocal neither overflow nor lose digits
_NEGATED = 1 << 16  # bytes: larger constants are not worth a negated copy
_NEUTRAL = {ops.add: 0, ops.sub: 0, ops.mul: 1, ops.div: 1, ops.pow: 1}


@rewrite(*_NEUTRAL)
def drop_neutral_operand(node: Node, build: Builder) -> Value | None:
    """`x + 0`, `x - 0`, `x * 1`, `x / 1`, `x ** 1` are x. (A negative zero may lose its sign.)"""
    x, y = operands(node)
    if node.op in (ops.add, ops.mul) and number(y) is None:
        x, y = y, x
    value = number(y)
    if value is None or value != _NEUTRAL[node.op] or not stands_for(x, node.output):
        return None
    if is_rounded(node) and x.type.dtype.is_float:
        return None
    return x


@rewrite(ops.mul)
def multiply_integers_by_zero(node: Node, build: Builder) -> Value | None:
    """`x * 0` is 0, for integers only: a float may be infinite or NaN."""
    found = with_number(node)
    type = node.output.type
    if found is None or found[1] != 0 or not type.dtype.is_integer or not type.is_static:
        return None
    if not isinstance(type.nbytes, int) or type.nbytes > _NEGATED:
        return None
    return build.constant(np.zeros(type.shape, type.dtype.numpy))  # type: ignore[arg-type]


@rewrite(ops.neg)
def cancel_double_negation(node: Node, build: Builder) -> Value | None:
    """`-(-x)` is x, and `-(x - y)` is `y - x`."""
    (x,) = operands(node)
    inner = made_by(x, ops.neg, ops.sub)
    if inner is None:
        return None
    absorb(build, inner)
    if inner.op is ops.sub and x.has_single_use:
        return build.emit(ops.sub, *reversed(inner.inputs))
    if inner.op is ops.neg and stands_for(operands(inner)[0], node.output):
        return inner.inputs[0]
    return None


@rewrite(ops.mul, ops.div)
def multiply_by_minus_one(node: Node, build: Builder) -> Value | None:
    """`x * -1` is `-x`."""
    x, y = operands(node)
    if node.op is ops.mul and number(y) is None:
        x, y = y, x
    if number(y) != -1 or x.constant is not None or x.type != node.output.type:
        return None
    if is_rounded(node) or (node.op is ops.div and not x.type.dtype.is_float):
        return None
    return build.emit(ops.neg, x)


@rewrite(ops.add, ops.sub)
def add_negation(node: Node, build: Builder) -> Value | None:
    """`x + (-y)` is `x - y`, `x - (-y)` is `x + y`; `x - constant` is `x + (-constant)`: rewrites look for sums."""
    x, y = operands(node)
    if node.op is ops.sub and y.constant is not None and x.constant is None:
        if y.constant.nbytes > _NEGATED or y.type.dtype is DType.U8:
            return None
        return build.emit(ops.add, x, build.constant(np.negative(y.constant.array())))
    for first, second in ((x, y), (y, x)) if node.op is ops.add else ((x, y),):
        inner = made_by(second, ops.neg)
        if inner is not None:
            absorb(build, inner)
            return build.emit(ops.sub if node.op is ops.add else ops.add, first, inner.inputs[0])
    return None


@rewrite(ops.div)
def divide_by_power_of_two(node: Node, build: Builder) -> Value | None:
    """A division costs several multiplications; by a power of two they agree bit by bit."""
    x, y = operands(node)
    value = number(y)
    dtype = y.type.dtype
    if value is None or not dtype.is_float or node.attrs["rounding"] is not Rounding.NONE or not math.isfinite(value):
        return None
    if abs(math.frexp(value)[0]) != 0.5 or not 1 / 4096 <= abs(value) <= 4096:
        return None
    return build.emit(ops.mul, x, build.constant(np.full(y.type.shape, 1 / value, dtype.numpy)))  # type: ignore[arg-type]


@rewrite(ops.div)
def divide_one(node: Node, build: Builder) -> Value | None:
    """`1 / x` is a reciprocal, which has a kernel and of which `merge_roots` makes `rsqrt`."""
    one, x = operands(node)
    if number(one) != 1 or not x.type.dtype.is_float or x.type != node.output.type:
        return None
    return build.emit(ops.reciprocal, x) if node.attrs["rounding"] is Rounding.NONE else None


@rewrite(ops.reciprocal, ops.sqrt)
def merge_roots(node: Node, build: Builder) -> Value | None:
    """`1 / sqrt(x)` and `sqrt(1 / x)` are `rsqrt(x)`."""
    inner = made_by(node.inputs[0], ops.sqrt if node.op is ops.reciprocal else ops.reciprocal)
    if inner is None or not inner.output.has_single_use:
        return None
    absorb(build, inner)
    return build.emit(ops.rsqrt, inner.inputs[0])


_POWERS = {2.0: ops.square, 0.5: ops.sqrt, -1.0: ops.reciprocal, -0.5: ops.rsqrt}


@rewrite(ops.pow)
def expand_power(node: Node, build: Builder) -> Value | None:
    """Powers that have a kernel of their own. Frameworks compute them in the same way."""
    x, y = operands(node)
    power = number(y)
    if power is None or not x.type.dtype.is_float or x.type != node.output.type:
        return None
    if power == 3:
        return build.emit(ops.mul, build.emit(ops.square, x), x)
    return build.emit(_POWERS[power], x) if power in _POWERS else None


@rewrite(ops.mul)
def multiply_by_itself(node: Node, build: Builder) -> Value | None:
    """`x * x` reads x once as a square."""
    x, y = operands(node)
    return build.emit(ops.square, x) if x is y else None


@rewrite(ops.add, ops.mul)
def merge_numbers(node: Node, build: Builder) -> Value | None:
    """`x * a * b` is `x * (a * b)`, `x + a + b` is `x + (a + b)` if that sum is exact and of one sign."""
    outer = with_number(node)
    if outer is None:
        return None
    middle, b = outer
    inner = made_by(middle, node.op)
    found = with_number(inner) if inner is not None else None
    if found is None or inner is None or not middle.has_single_use or found[0].type.rank < node.output.type.rank:
        return None
    x, a = found
    dtype = x.type.dtype
    with np.errstate(all="ignore"):
        left, right = np.asarray(a, dtype.numpy), np.asarray(b, dtype.numpy)
        merged = np.asarray(left + right if node.op is ops.add else left * right, dtype.numpy)
    if dtype.is_float and not _is_exact_enough(node, a, b, float(merged)):
        return None
    absorb(build, inner)
    return build.emit(node.op, x, build.constant(merged.reshape(())))


def _is_exact_enough(node: Node, a: float, b: float, merged: float) -> bool:
    if node.op is ops.add:
        return a * b > 0 and merged == a + b
    return all(value == 0 or 1 / _SAFE < abs(value) < _SAFE for value in (a, b))


@rewrite(ops.maximum, ops.minimum)
def limit_by_number(node: Node, build: Builder) -> Value | None:
    """The larger of x and a number is a clamp, which other operators can absorb."""
    found = with_number(node)
    if found is None or math.isnan(found[1]) or found[0].type != node.output.type:
        return None
    x, bound = found
    if node.output.type.dtype.is_integer and abs(bound) > 2**53:  # bounds are floats
        return None
    if node.op is ops.maximum:
        return build.emit(ops.clamp, x, min=float(bound))
    return build.emit(ops.clamp, x, max=float(bound))


SIMPLIFY_ALGEBRA = Rewrites(
    "simplify-algebra",
    (
        drop_neutral_operand,
        multiply_integers_by_zero,
        cancel_double_negation,
        multiply_by_minus_one,
        add_negation,
        divide_by_power_of_two,
        divide_one,
        merge_roots,
        expand_power,
        multiply_by_itself,
        merge_numbers,
        limit_by_number,
    ),
)
