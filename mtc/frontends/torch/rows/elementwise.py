"""Elementwise operators: arithmetic, mathematical functions, activations."""

from __future__ import annotations

from typing import Any

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.table import Row, row
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec

Number = float | int | bool
Operand = Value | Number


def unary(op: OpSpec) -> Row:
    """One operand, computed in the result's dtype."""

    def convert(importer: Importer, x: Value) -> Value:
        return importer.emit(op, importer.cast(x, importer.result_type().dtype))

    return convert


for _name in ("relu", "sigmoid", "hardswish", "hardsigmoid"):
    row(_name)(unary(ops.OPS[_name]))


def binary(importer: Importer, op: OpSpec, x: Operand, y: Operand) -> Value:
    """Both operands in the result's dtype."""
    dtype = importer.result_type().dtype
    return importer.emit(op, importer.tensor(x, dtype), importer.tensor(y, dtype))


@row("add.Tensor", "add.Scalar")
def add(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return binary(importer, ops.add, x, _scaled(importer, y, alpha))


@row("sub.Tensor", "sub.Scalar")
def sub(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return binary(importer, ops.sub, x, _scaled(importer, y, alpha))


@row("rsub.Tensor", "rsub.Scalar")
def rsub(importer: Importer, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return binary(importer, ops.sub, y, _scaled(importer, x, alpha))


@row("mul.Tensor", "mul.Scalar")
def mul(importer: Importer, x: Operand, y: Operand) -> Value:
    return binary(importer, ops.mul, x, y)


def _scaled(importer: Importer, x: Operand, factor: Number) -> Operand:
    if factor == 1:
        return x
    if not isinstance(x, Value):
        return x * factor
    dtype = importer.result_type().dtype
    return importer.emit(ops.mul, importer.cast(x, dtype), importer.scalar(factor, dtype))


@row("leaky_relu")
def leaky_relu(importer: Importer, x: Value, negative_slope: float = 0.01) -> Value:
    return importer.emit(ops.leaky_relu, x, negative_slope=negative_slope)


@row("hardtanh")
def hardtanh(importer: Importer, x: Value, min_val: float = -1.0, max_val: float = 1.0) -> Value:
    return importer.emit(ops.clamp, x, min=min_val, max=max_val)


@row("relu6")
def relu6(importer: Importer, x: Value) -> Value:
    return importer.emit(ops.clamp, x, min=0.0, max=6.0)


@row("clamp")
def clamp(importer: Importer, x: Value, min: Any = None, max: Any = None) -> Value:
    bounds = {name: bound for name, bound in (("min", min), ("max", max)) if bound is not None}
    if any(not isinstance(bound, (int, float)) for bound in bounds.values()):
        raise Unsupported("bounds of clamp that are sizes")
    return importer.emit(ops.clamp, importer.cast(x, importer.result_type().dtype), **bounds)


@row("dropout", "alpha_dropout", "feature_dropout")
def dropout(importer: Importer, x: Value, p: float, train: bool) -> Value:
    if train and p > 0:
        raise Unsupported("dropout in training mode draws random numbers; call model.eval() before the export")
    return x
