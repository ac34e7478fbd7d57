"""What rewrites ask of a value: which op made it, whether it is a number, what its factors are."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value, merged
from mtc.ir.opspec import OpSpec
from mtc.ops.arithmetic import Rounding

UNBOUNDED = (-math.inf, math.inf)


def made_by(value: Value | None, *wanted: OpSpec) -> Node | None:
    """The node that computes `value`, if it is of one of these ops. A quotient that is rounded is none."""
    node = value.producer if value is not None else None
    return node if node is not None and node.op in wanted and not is_rounded(node) else None


def is_rounded(node: Node) -> bool:
    """Whether it is a quotient that is rounded, which is another function."""
    return node.op is ops.div and node.attrs["rounding"] is not Rounding.NONE


def number(value: Value | None) -> float | int | bool | None:
    """The element of a constant that has just one."""
    if value is None or value.constant is None or value.type.dtype.is_quantized:
        return None
    return value.constant.scalar()


def is_number(value: Value | None, wanted: float, tolerance: float = 0.0) -> bool:
    """Whether `value` is the constant `wanted`, up to a relative tolerance for constants that were rounded."""
    found = number(value)
    return found is not None and abs(found - wanted) <= tolerance * abs(wanted)


def operands(node: Node) -> tuple[Value, ...]:
    """The operands of a node that has no optional ones."""
    return tuple(value for value in node.inputs if value is not None)


def orders(node: Node) -> Iterator[tuple[Value, Value]]:
    """The two operands of a commutative node, in both orders."""
    x, y = operands(node)
    yield x, y
    if x is not y:
        yield y, x


def with_number(node: Node) -> tuple[Value, float] | None:
    """The operands of a commutative node of which one is a number."""
    for x, y in orders(node):
        constant = number(y)
        if constant is not None and x.constant is None:
            return x, constant
    return None


def stands_for(x: Value, result: Value) -> bool:
    """Whether `x` can replace `result`: it has the same type, and nothing overwrites it while `result` is read."""
    return x.type == result.type and x.viewed_state is None


def absorb(build: Builder, *nodes: Node | None) -> None:
    """What is built from here on also stands for `nodes`: their source lines become its own."""
    build.loc = merged(*(node.loc for node in nodes if node is not None), build.loc)


def factors(value: Value) -> tuple[float, list[Value]]:
    """`value` as a number times other values: products that nobody else reads are taken apart."""
    coefficient, found = 1.0, []
    pending = [value]
    while pending:
        part = pending.pop()
        constant = number(part)
        node = made_by(part, ops.mul, ops.div, ops.neg, ops.square) if part is value or part.has_single_use else None
        if constant is not None:
            coefficient *= constant
        elif node is None or not _splits(node):
            found.append(part)
        elif node.op is ops.neg:
            coefficient = -coefficient
            pending.append(operands(node)[0])
        elif node.op is ops.square:
            pending += [operands(node)[0]] * 2
        elif node.op is ops.div:
            x, y = operands(node)
            coefficient /= float(number(y) or math.nan)
            pending.append(x)
        else:
            pending += reversed(operands(node))
    return coefficient, found


def _splits(node: Node) -> bool:
    """A quotient is taken apart only if its divisor is a number."""
    return node.op is not ops.div or bool(number(node.inputs[1]))


def exponent(parts: list[Value], base: Value) -> int | None:
    """n if the product of `parts` is `base` to the power of n."""
    total = 0
    for part in parts:
        node = made_by(part, ops.square, ops.pow)
        power = number(node.inputs[1]) if node is not None and node.op is ops.pow else 2
        if part is base:
            total += 1
        elif node is not None and node.inputs[0] is base and power is not None and power == int(power):
            total += int(power)
        else:
            return None
    return total


def close(found: float, wanted: float) -> bool:
    """Whether a constant is meant to be `wanted`: models write 0.7071, 1.4142135 or 0.044715."""
    return math.isclose(found, wanted, rel_tol=1e-6)
