"""Activation functions that a model or a format spells out, as the one op each is."""

from __future__ import annotations

from math import pi, sqrt

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.rewriter import rewrite
from mtc.ops.activation import Approximate
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, close, exponent, factors, is_number, made_by, operands, orders, with_number


def _one_plus(value: Value) -> Value | None:
    """x of `1 + x`."""
    node = made_by(value, ops.add)
    found = with_number(node) if node is not None else None
    return found[0] if found is not None and found[1] == 1 else None


def _without(parts: list[Value], part: Value) -> list[Value]:
    rest = list(parts)
    rest.remove(part)
    return rest


def _operand_of(value: Value | None, op: OpSpec) -> Value | None:
    node = made_by(value, op)
    return node.inputs[0] if node is not None else None


@rewrite(ops.reciprocal)
def recover_sigmoid(node: Node, build: Builder) -> Value | None:
    """`1 / (1 + exp(-x))`."""
    (denominator,) = operands(node)
    power = _operand_of(_one_plus(denominator), ops.exp)
    x = _operand_of(power, ops.neg)
    if x is None or x.type != node.output.type:
        return None
    absorb(build, denominator.producer)
    return build.emit(ops.sigmoid, x)


_GATED = {ops.sigmoid: ops.silu, ops.hardsigmoid: ops.hardswish}


@rewrite(ops.mul)
def recover_gated(node: Node, build: Builder) -> Value | None:
    """`x * sigmoid(x)` is silu, also called swish; `x * hardsigmoid(x)` is hardswish."""
    for x, gate in orders(node):
        inner = made_by(gate, *_GATED)
        if inner is not None and inner.inputs[0] is x and gate.has_single_use:
            absorb(build, inner)
            return build.emit(_GATED[inner.op], x)
    return None


@rewrite(ops.mul)
def recover_mish(node: Node, build: Builder) -> Value | None:
    """`x * tanh(softplus(x))`."""
    for x, gate in orders(node):
        inner = _operand_of(gate, ops.tanh)
        plus = made_by(inner, ops.softplus)
        if plus is not None:
            is_match = plus.inputs[0] is x and plus.attrs["beta"] == 1 and plus.attrs["threshold"] >= 20
        else:
            log = _operand_of(inner, ops.log)
            power = _operand_of(inner, ops.log1p) or (_one_plus(log) if log is not None else None)
            is_match = _operand_of(power, ops.exp) is x
        if is_match and gate.has_single_use:
            absorb(build, gate.producer)
            return build.emit(ops.mish, x)
    return None


def _relu6_of_three_more(value: Value) -> Value | None:
    """x of `clamp(x + 3, 0, 6)`."""
    limit = made_by(value, ops.clamp)
    if limit is None or (limit.attrs["min"], limit.attrs["max"]) != (0.0, 6.0):
        return None
    plus = made_by(limit.inputs[0], ops.add)
    found = with_number(plus) if plus is not None else None
    return found[0] if found is not None and found[1] == 3 else None


@rewrite(ops.mul, ops.div)
def recover_hard_gates(node: Node, build: Builder) -> Value | None:
    """`relu6(x + 3) / 6` is hardsigmoid, times x it is hardswish."""
    coefficient, parts = factors(node.output)
    for part in parts:
        x = _relu6_of_three_more(part)
        if x is None or not close(coefficient, 1 / 6) or x.type != node.output.type:
            continue
        rest = _without(parts, part)
        if not rest:
            return build.emit(ops.hardsigmoid, x)
        if rest == [x]:
            absorb(build, part.producer)
            return build.emit(ops.hardswish, x)
    return None


@rewrite(ops.mul, ops.div)
def recover_gelu(node: Node, build: Builder) -> Value | None:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, or with tanh, in whatever order the factors were written."""
    coefficient, parts = factors(node.output)
    if len(parts) != 2 or not close(coefficient, 0.5):
        return None
    for part in parts:
        (x,) = _without(parts, part)
        bent = _one_plus(part)
        if bent is None or x.type != node.output.type:
            continue
        inner = _operand_of(bent, ops.erf)
        if inner is not None and _is_scaled(inner, x, 1 / sqrt(2)):
            absorb(build, bent.producer)
            return build.emit(ops.gelu, x)
        inner = _operand_of(bent, ops.tanh)
        if inner is not None and _is_tanh_argument(inner, x):
            absorb(build, bent.producer)
            return build.emit(ops.gelu, x, approximate=Approximate.TANH)
    return None


def _is_scaled(value: Value, x: Value, wanted: float) -> bool:
    coefficient, parts = factors(value)
    return parts == [x] and close(coefficient, wanted)


def _is_tanh_argument(value: Value, x: Value) -> bool:
    """`sqrt(2 / pi) * (x + 0.044715 * x^3)`, or with x in front: `c * x * (1 + 0.044715 * x^2)`."""
    coefficient, parts = factors(value)
    if not close(coefficient, sqrt(2 / pi)):
        return False
    if len(parts) == 1:
        total = made_by(parts[0], ops.add)
        return total is not None and any(first is x and _is_cubic_term(second, x, 3) for first, second in orders(total))
    if len(parts) == 2 and any(part is x for part in parts):
        total = made_by(_without(parts, x)[0], ops.add)
        return total is not None and any(
            is_number(first, 1) and _is_cubic_term(second, x, 2) for first, second in orders(total)
        )
    return False


def _is_cubic_term(value: Value, x: Value, power: int) -> bool:
    coefficient, parts = factors(value)
    return close(coefficient, 0.044715) and exponent(parts, x) == power


RECOVER_ACTIVATIONS = Rewrites(
    "recover-activations",
    (
        recover_sigmoid,
        recover_gated,
        recover_mish,
        recover_hard_gates,
        recover_gelu,
    ),
)
