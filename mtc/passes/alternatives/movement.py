"""Operators that move elements by others that do."""

from __future__ import annotations

import math

import numpy as np

from mtc import ops
from mtc.ir.dims import product
from mtc.ir.module import Node, Value
from mtc.ops.shape import PadMode
from mtc.passes.alternatives.formulas import Formula, any_number, real


@any_number(ops.embedding)
def embedding_by_selection(node: Node, f: Formula) -> Value | None:
    """The indices in one row."""
    weight, indices = node.operand(0), node.operand(1)
    if weight.type.dtype.is_quantized:
        return None
    row = f(ops.reshape, indices, shape=(indices.type.count,))
    return f(ops.reshape, f(ops.index_select, weight, row, axis=0), shape=node.output.type.shape)


@any_number(ops.index_select)
def selection_by_embedding(node: Node, f: Formula) -> Value | None:
    """Slices along the first axis are rows."""
    x, index = node.operand(0), node.operand(1)
    if x.type.rank == 0 or node.attrs["axis"] % x.type.rank or x.type.dtype.is_quantized:
        return None
    rows = f(ops.reshape, x, shape=(x.type.shape[0], product(x.type.shape[1:])))
    return f(ops.reshape, f(ops.embedding, rows, index), shape=node.output.type.shape)


@any_number(ops.pad)
def padding_by_concat(node: Node, f: Formula) -> Value | None:
    """A constant before and after."""
    x, padding = node.operand(0), node.attrs["padding"]
    if node.attrs["mode"] is not PadMode.CONSTANT or not all(isinstance(n, int) for n in (*x.type.shape, *padding)):
        return None
    for axis in range(x.type.rank):
        pads = padding[2 * axis : 2 * axis + 2]
        if not any(pads):
            continue
        around = [_filled(f, x, axis, count, node.attrs["value"]) for count in pads]
        parts = [part for part in (around[0], x, around[1]) if part is not None]
        x = f.build.emit(ops.concat, *parts, axis=axis)
    return x


def _filled(f: Formula, x: Value, axis: int, count: int, value: float) -> Value | None:
    if count == 0:
        return None
    shape = [count if i == axis else size for i, size in enumerate(x.type.shape) if isinstance(size, int)]
    return f.build.constant(np.full(shape, value).astype(x.type.dtype.numpy), called="padding")


@real(ops.expand)
def expansion_by_sum(node: Node, f: Formula) -> Value | None:
    """Zeros of the wanted shape are added, if these are few."""
    shape = [size for size in node.output.type.shape if isinstance(size, int)]
    if len(shape) != node.output.type.rank or math.prod(shape) > _MOST_ZEROS:
        return None
    return f(ops.add, node.operand(0), f.build.constant(np.zeros(shape, node.output.type.dtype.numpy), called="zeros"))


_MOST_ZEROS = 1 << 14

MOVEMENT = (embedding_by_selection, selection_by_embedding, padding_by_concat, expansion_by_sum)
