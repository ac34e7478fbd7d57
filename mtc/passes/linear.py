"""Products with constant matrices as `linear`, which has the fast kernel: weights packed once, bias for free."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.ir.types import I8, QI4, QI8, QU8, U8, QParams, TensorType
from mtc.passes.base import Rewrites
from mtc.passes.matching import UNBOUNDED, absorb, made_by, operands, orders


@rewrite(ops.matmul)
def read_transposed(node: Node, build: Builder) -> Value | None:
    """A permute that swaps the last two axes of the right matrix is the attribute `transpose_y`."""
    x, y = operands(node)
    swap = made_by(y, ops.permute)
    rank = y.type.rank
    if swap is None or swap.attrs["dims"] != (*range(rank - 2), rank - 1, rank - 2):
        return None
    absorb(build, swap)
    return build.emit(ops.matmul, x, swap.inputs[0], transpose_y=not node.attrs["transpose_y"])


@rewrite(ops.matmul)
def matmul_is_linear(node: Node, build: Builder) -> Value | None:
    """`x @ weight.T` with a constant weight: what `torch.nn.Linear` becomes in other formats."""
    x, y = operands(node)
    if y.type.rank != 2 or x.constant is not None:
        return None
    weight = y if y.constant is not None else _integers(y, build)
    if weight is None or (not node.attrs["transpose_y"] and _has_blocks(weight)):
        return None
    weight = weight if node.attrs["transpose_y"] else build.emit(ops.permute, weight, dims=(1, 0))
    if weight.type.qparams is not None:
        weight = build.emit(ops.dequantize, weight, dtype=node.output.type.dtype)
    return build.emit(ops.linear, x, weight, None)


def _integers(y: Value, build: Builder) -> Value | None:
    """The constant that `y` is in floats: dequantized, or cast, which is the same by a scale of 1. (Only here, where
    there is a kernel for such weights: a cast constant would be folded, to four times the bytes.)"""
    source = made_by(y, ops.dequantize, ops.cast)
    if source is None:
        return None
    swap = made_by(source.operand(0), ops.permute)
    stored = source.operand(0) if swap is None else swap.operand(0)
    if stored.constant is None or stored.type.dtype not in _ELEMENTS:
        return None
    if source.op is ops.cast:
        type = TensorType(_ELEMENTS[stored.type.dtype], stored.type.shape, QParams(1.0))
        stored = build.constant(replace(stored.constant, type=type))
    return stored if swap is None else build.emit(ops.permute, stored, dims=swap.attrs["dims"])


_ELEMENTS = {I8: QI8, U8: QU8, QI8: QI8, QU8: QU8, QI4: QI4}


def _has_blocks(value: Value) -> bool:
    return value.type.qparams is not None and value.type.qparams.block is not None


@rewrite(ops.add)
def add_bias(node: Node, build: Builder) -> Value | None:
    """A constant that is added to each row of a `linear` is its bias. `addmm` is written like this."""
    for product, addend in orders(node):
        linear = made_by(product, ops.linear)
        if linear is None or addend.constant is None or not product.has_single_use:
            continue
        x, weight, old_bias = linear.inputs
        count = product.type.shape[-1]
        if old_bias is not None or linear.attrs["clamp"] != UNBOUNDED or product.type != node.output.type:
            continue
        is_vector = addend.type.shape[-1:] == (count,) and addend.type.count == count
        if not isinstance(count, int) or not (is_vector or addend.type.count == 1):
            continue
        absorb(build, linear)
        bias = addend
        if addend.type.count != count:
            bias = build.constant(np.full(count, addend.constant.array().reshape(())))
        elif addend.type.rank != 1:
            bias = build.emit(ops.reshape, addend, shape=(count,))
        return build.emit(ops.linear, x, weight, bias)
    return None


MAKE_LINEAR = Rewrites("make-linear", (read_transposed, matmul_is_linear, add_bias))
