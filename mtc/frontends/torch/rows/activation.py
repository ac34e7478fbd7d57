"""Activation functions."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer, Number, Unsupported
from mtc.frontends.torch.rows.elementwise import clamp
from mtc.frontends.torch.rows.mathematics import unary
from mtc.frontends.torch.rows.slicing import part
from mtc.frontends.torch.table import row
from mtc.ir.module import Value
from mtc.ops.activation import Approximate

for _name in ("relu", "hardswish", "hardsigmoid", "silu", "mish", "log_sigmoid"):
    row(_name)(unary(ops.OPS[_name]))


@row("log_sigmoid_forward")
def log_sigmoid_forward(importer: Importer, x: Value) -> tuple[Value, None]:
    return importer.emit(ops.log_sigmoid, x), None


@row("leaky_relu")
def leaky_relu(importer: Importer, x: Value, negative_slope: float = 0.01) -> Value:
    return importer.emit(ops.leaky_relu, x, negative_slope=negative_slope)


@row("hardtanh")
def hardtanh(importer: Importer, x: Value, min_val: Number = -1.0, max_val: Number = 1.0) -> Value:
    return clamp(importer, x, min_val, max_val)


@row("relu6")
def relu6(importer: Importer, x: Value) -> Value:
    return importer.emit(ops.clamp, x, min=0.0, max=6.0)


@row("gelu")
def gelu(importer: Importer, x: Value, approximate: str = "none") -> Value:
    return importer.emit(ops.gelu, x, approximate=Approximate(approximate))


@row("elu")
def elu(importer: Importer, x: Value, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Value:
    return importer.emit(ops.elu, x, alpha=alpha, scale=scale, input_scale=input_scale)


@row("celu")
def celu(importer: Importer, x: Value, alpha: float = 1.0) -> Value:
    return importer.emit(ops.elu, x, alpha=alpha, input_scale=1.0 / alpha)


@row("selu")
def selu(importer: Importer, x: Value) -> Value:
    # The fixed point of Klambauer et al., 2017.
    return importer.emit(ops.elu, x, alpha=1.6732632423543772, scale=1.0507009873554805)


@row("softplus")
def softplus(importer: Importer, x: Value, beta: float = 1.0, threshold: float = 20.0) -> Value:
    return importer.emit(ops.softplus, x, beta=beta, threshold=threshold)


@row("hardshrink")
def hardshrink(importer: Importer, x: Value, lambd: float = 0.5) -> Value:
    return importer.emit(ops.hardshrink, x, lambd=lambd)


@row("softshrink")
def softshrink(importer: Importer, x: Value, lambd: float = 0.5) -> Value:
    return importer.emit(ops.softshrink, x, lambd=lambd)


@row("threshold")
def threshold(importer: Importer, x: Value, threshold: float, value: float) -> Value:
    return importer.emit(ops.threshold, x, threshold=threshold, value=value)


@row("prelu")
def prelu(importer: Importer, x: Value, weight: Value) -> Value:
    if weight.type.count == 1 or x.type.rank < 2:
        return importer.emit(ops.prelu, x, importer.reshape(weight, (1,) * min(x.type.rank, 1)))
    shape = (*weight.type.shape, *[1] * (x.type.rank - 2))
    return importer.emit(ops.prelu, x, importer.reshape(weight, shape))


@row("_prelu_kernel")
def prelu_kernel(importer: Importer, x: Value, weight: Value) -> Value:
    return importer.emit(ops.prelu, x, weight)


@row("glu")
def glu(importer: Importer, x: Value, dim: int = -1) -> Value:
    half = x.type.shape[dim] // 2
    gate = importer.emit(ops.sigmoid, part(importer, x, dim, half, half * 2))
    return importer.emit(ops.mul, part(importer, x, dim, 0, half), gate)


@row("rrelu")
def rrelu(
    importer: Importer,
    x: Value,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: object = None,
) -> Value:
    if training:
        raise Unsupported("rrelu in training mode draws random numbers; call model.eval() before the export")
    return importer.emit(ops.leaky_relu, x, negative_slope=(lower + upper) / 2)


@row("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")
def dropout(importer: Importer, x: Value, p: float, train: bool) -> Value:
    if train and p > 0:
        raise Unsupported("dropout in training mode draws random numbers; call model.eval() before the export")
    return x


@row("native_dropout")
def native_dropout(importer: Importer, x: Value, p: float, train: bool | None) -> tuple[Value, None]:
    return dropout(importer, x, p, train is not False), None
