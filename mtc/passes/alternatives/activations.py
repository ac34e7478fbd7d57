"""Activation functions by their definitions and by each other."""

from __future__ import annotations

from math import inf, pi, sqrt

from mtc import ops
from mtc.ir.module import Node, Value
from mtc.ops.activation import Approximate
from mtc.passes.alternatives.formulas import Formula, any_number, real


@any_number(ops.relu)
def relu_by_clamp(node: Node, f: Formula) -> Value:
    return f(ops.clamp, node.operand(0), min=0.0)


@any_number(ops.relu)
def relu_by_maximum(node: Node, f: Formula) -> Value:
    return f(ops.maximum, node.operand(0), 0)


@any_number(ops.clamp)
def clamp_by_relu(node: Node, f: Formula) -> Value | None:
    return f(ops.relu, node.operand(0)) if (node.attrs["min"], node.attrs["max"]) == (0, inf) else None


@real(ops.clamp)
def clamp_by_extremes(node: Node, f: Formula) -> Value | None:
    x, low, high = node.operand(0), node.attrs["min"], node.attrs["max"]
    x = x if low == -inf else f(ops.maximum, x, low)
    return x if high == inf else f(ops.minimum, x, high)


@real(ops.leaky_relu)
def leaky_relu_by_prelu(node: Node, f: Formula) -> Value:
    return f(ops.prelu, node.operand(0), node.attrs["negative_slope"])


@real(ops.leaky_relu)
def leaky_relu_by_parts(node: Node, f: Formula) -> Value:
    """What is positive, and a part of what is not."""
    x = node.operand(0)
    return f(ops.add, f(ops.relu, x), f.times(f(ops.clamp, x, max=0.0), node.attrs["negative_slope"]))


@real(ops.prelu)
def prelu_by_parts(node: Node, f: Formula) -> Value:
    x, weight = node.operand(0), node.operand(1)
    return f(ops.add, f(ops.relu, x), f(ops.mul, f(ops.clamp, x, max=0.0), weight))


@real(ops.hardswish)
def hardswish_by_hardsigmoid(node: Node, f: Formula) -> Value:
    """-inf times a gate of 0 is NaN, but the limit is what `hardswish` itself computes: NaN as well."""
    x = node.operand(0)
    return f(ops.mul, x, f(ops.hardsigmoid, x))


@real(ops.hardsigmoid)
def hardsigmoid_by_clamp(node: Node, f: Formula) -> Value:
    return f.times(f(ops.clamp, f.plus(node.operand(0), 3), min=0.0, max=6.0), 1 / 6)


@real(ops.sigmoid)
def sigmoid_by_tanh(node: Node, f: Formula) -> Value:
    """`tanh(x / 2) / 2 + 1 / 2`."""
    return f.plus(f.times(f(ops.tanh, f.times(node.operand(0), 0.5)), 0.5), 0.5)


@real(ops.sigmoid)
def sigmoid_by_exp(node: Node, f: Formula) -> Value:
    """`1 / (1 + exp(-x))`: infinity, where exp overflows, gives 0."""
    return f(ops.reciprocal, f.plus(f(ops.exp, f(ops.neg, node.operand(0))), 1))


@real(ops.tanh)
def tanh_by_sigmoid(node: Node, f: Formula) -> Value:
    """`2 * sigmoid(2 * x) - 1`."""
    return f.plus(f.times(f(ops.sigmoid, f.times(node.operand(0), 2)), 2), -1)


@real(ops.silu)
def silu_by_sigmoid(node: Node, f: Formula) -> Value:
    x = node.operand(0)
    return f(ops.mul, x, f(ops.sigmoid, x))


@real(ops.gelu)
def gelu_by_definition(node: Node, f: Formula) -> Value:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, or with tanh."""
    x = node.operand(0)
    if node.attrs["approximate"] is Approximate.TANH:
        cubic = f.plus(f.times(f(ops.mul, x, x), 0.044715), 1)  # x + 0.044715 * x^3 is x times this
        bent = f(ops.tanh, f.times(f(ops.mul, x, cubic), sqrt(2 / pi)))
    else:
        bent = f(ops.erf, f.times(x, 1 / sqrt(2)))
    return f(ops.mul, f.times(x, 0.5), f.plus(bent, 1))


@real(ops.elu)
def elu_by_parts(node: Node, f: Formula) -> Value:
    """`scale * (max(x, 0) + alpha * (exp(input_scale * min(x, 0)) - 1))`: one of the two is 0."""
    x, attrs = node.operand(0), node.attrs
    below = f(ops.expm1, f.times(f(ops.clamp, x, max=0.0), attrs["input_scale"]))
    return f.times(f(ops.add, f(ops.relu, x), f.times(below, attrs["alpha"])), attrs["scale"])


@real(ops.softplus)
def softplus_by_log1p(node: Node, f: Formula) -> Value | None:
    """`(max(bx, 0) + log(1 + exp(-|bx|))) / b`, which no x makes overflow. Beyond the usual threshold the difference is
    below what floats hold; a smaller threshold is another function."""
    beta = node.attrs["beta"]
    if beta <= 0 or node.attrs["threshold"] < 20:
        return None
    x = f.times(node.operand(0), beta)
    rest = f(ops.log1p, f(ops.exp, f(ops.neg, f(ops.abs, x))))
    return f.times(f(ops.add, f(ops.relu, x), rest), 1 / beta)


@real(ops.mish)
def mish_by_softplus(node: Node, f: Formula) -> Value:
    x = node.operand(0)
    return f(ops.mul, x, f(ops.tanh, f(ops.softplus, x)))


@real(ops.log_sigmoid)
def log_sigmoid_by_softplus(node: Node, f: Formula) -> Value:
    return f(ops.neg, f(ops.softplus, f(ops.neg, node.operand(0))))


@real(ops.softshrink)
def softshrink_by_clamp(node: Node, f: Formula) -> Value:
    """`x` less the part of it that is within the limit."""
    x, limit = node.operand(0), node.attrs["lambd"]
    return f(ops.sub, x, f(ops.clamp, x, min=-limit, max=limit))


@any_number(ops.threshold)
def threshold_by_relu(node: Node, f: Formula) -> Value | None:
    return f(ops.relu, node.operand(0)) if node.attrs["threshold"] == node.attrs["value"] == 0 else None


ACTIVATIONS = (
    relu_by_clamp,
    relu_by_maximum,
    clamp_by_relu,
    clamp_by_extremes,
    leaky_relu_by_prelu,
    leaky_relu_by_parts,
    prelu_by_parts,
    hardswish_by_hardsigmoid,
    hardsigmoid_by_clamp,
    sigmoid_by_tanh,
    sigmoid_by_exp,
    tanh_by_sigmoid,
    silu_by_sigmoid,
    gelu_by_definition,
    elu_by_parts,
    softplus_by_log1p,
    mish_by_softplus,
    log_sigmoid_by_softplus,
    softshrink_by_clamp,
    threshold_by_relu,
)
