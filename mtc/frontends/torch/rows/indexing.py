"""Reading and writing elements at indices, as NumPy does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.table import row
from mtc.ir.module import Value
from mtc.ir.types import BOOL, I64

_BY_MASK = "the size of its result depends on the values of a mask; use torch.where instead"


@row("embedding")
def embedding(importer: Importer, weight: Value, indices: Value, *_: object) -> Value:
    return importer.emit(ops.embedding, weight, importer.cast(indices, I64))


@row("index_select", by_parts=True)
def index_select(importer: Importer, x: Value, dim: int, index: Value) -> Value:
    index = importer.cast(index, I64)
    if x.type.rank == 0:
        return x
    if index.type.rank == 0:
        index = importer.reshape(index, (1,))
    return importer.emit(ops.index_select, x, index, axis=dim)


@row("gather", by_parts=True)
def gather(importer: Importer, x: Value, dim: int, index: Value, sparse_grad: bool = False) -> Value:
    return importer.emit(ops.gather, x, importer.cast(index, I64), axis=dim)


@row("take_along_dim", by_parts=True)
def take_along(importer: Importer, x: Value, indices: Value, dim: int | None = None) -> Value:
    index = importer.cast(indices, I64)
    if dim is None:
        flat = importer.reshape(x, (x.type.count,)), importer.reshape(index, (index.type.count,))
        return importer.emit(ops.gather, *flat, axis=0)
    axis = dim % x.type.rank
    shape = list(importer.result_type().shape)
    source = [*shape[:axis], x.type.shape[axis], *shape[axis + 1 :]]
    return importer.emit(ops.gather, importer.expand(x, source), importer.expand(index, shape), axis=axis)


@row("index.Tensor", "_unsafe_index.Tensor", by_parts=True)
def index(importer: Importer, x: Value, indices: Sequence[Value | None]) -> Value:
    axes, places = _places(importer, indices)
    if len(axes) == 1 and (axes[0] != 0 or places[0].type.rank == 1):
        return select_at(importer, x, axes[0], places[0])
    rest = [axis for axis in range(x.type.rank) if axis not in axes]
    result = importer.emit(ops.index, importer.permute(x, [*axes, *rest]), *places)
    # What the indices give stands where they stood if they are neighbours, else in front.
    if axes != list(range(axes[0], axes[0] + len(axes))) or axes[0] == 0:
        return result
    count = result.type.rank - len(rest)
    before = [count + i for i in range(axes[0])]
    return importer.permute(result, [*before, *range(count), *range(count + axes[0], result.type.rank)])


def _places(importer: Importer, indices: Sequence[Value | None]) -> tuple[list[int], list[Value]]:
    axes: list[int] = []
    places: list[Value] = []
    axis = 0
    for value in indices:
        if value is None:
            axis += 1
            continue
        found = [importer.cast(value, I64)]
        if value.type.dtype is BOOL:
            if value.constant is None:
                raise Unsupported(_BY_MASK)
            found = [importer.constant(where) for where in np.nonzero(value.constant.array())]
        axes += range(axis, axis + len(found))
        places += found
        axis += len(found)
    return axes, places


def select_at(importer: Importer, x: Value, axis: int, index: Value) -> Value:
    """One index, which may be negative and of any shape."""
    flat = importer.reshape(index, (index.type.count,))
    held = None if index.constant is None else index.constant.array()
    if held is None or held.min(initial=0) < 0:
        zero, size = importer.scalar(0, I64), importer.tensor(x.type.shape[axis], I64)
        from_end = importer.emit(ops.add, flat, size)
        flat = importer.emit(ops.where, importer.emit(ops.lt, flat, zero), from_end, flat)
    taken = importer.emit(ops.index_select, x, flat, axis=axis)
    return importer.reshape(taken, (*x.type.shape[:axis], *index.type.shape, *x.type.shape[axis + 1 :]))


@row("index_put", "_unsafe_index_put", "_index_put_impl")
def index_put(
    importer: Importer,
    x: Value,
    indices: Sequence[Value | None],
    values: Value,
    accumulate: bool = False,
    unsafe: bool = False,
) -> Value:
    masks = [value for value in indices if value is not None]
    values = importer.cast(values, x.type.dtype)
    if len(masks) == 1 and masks[0].type.dtype is BOOL and values.type.count == 1 and not accumulate:
        (mask,) = masks
        axis = next(i for i, value in enumerate(indices) if value is not None)
        behind = x.type.rank - axis - mask.type.rank
        mask = importer.reshape(mask, (*mask.type.shape, *[1] * behind))
        return importer.emit(ops.where, mask, importer.reshape(values, ()), x)
    axes, places = _places(importer, indices)
    if len(axes) == 1 and places[0].type.rank == 1 and not accumulate:
        return put_at(importer, x, axes[0], places[0], values)
    rest = [axis for axis in range(x.type.rank) if axis not in axes]
    order = [*axes, *rest]
    count = max(place.type.rank for place in places)
    if axes == list(range(axes[0], axes[0] + len(axes))) and axes[0] > 0:
        # values have the indexed axes in their place: bring them to the front too.
        shape = (*[1] * (count + len(rest) - values.type.rank), *values.type.shape)
        first = axes[0]
        moved = [*range(first, first + count), *range(first), *range(first + count, len(shape))]
        values = importer.permute(importer.reshape(values, shape), moved)
    result = importer.emit(ops.index_put, importer.permute(x, order), values, *places, accumulate=accumulate)
    return importer.permute(result, [order.index(axis) for axis in range(x.type.rank)])


def put_at(importer: Importer, x: Value, axis: int, index: Value, values: Value) -> Value:
    """x with `values`, broadcast, where the one-dimensional `index` says."""
    shape = (*x.type.shape[:axis], index.type.count, *x.type.shape[axis + 1 :])
    values = importer.reshape(values, (*(1,) * (len(shape) - values.type.rank), *values.type.shape))
    return importer.emit(ops.index_copy, x, index, importer.expand(values, shape), axis=axis)


@row("take")
def take(importer: Importer, x: Value, index: Value) -> Value:
    flat = importer.reshape(x, (x.type.count,))
    return importer.reshape(select_at(importer, flat, 0, importer.cast(index, I64)), index.type.shape)


@row("nonzero", "nonzero_numpy", "masked_select", "unique_consecutive", "_unique2", "unique_dim", "item")
def data_dependent(importer: Importer, *_: object, **__: object) -> Value:
    raise Unsupported("what it returns depends on values, not only on sizes")


@row("one_hot")
def one_hot(importer: Importer, x: Value, num_classes: int = -1) -> Value:
    classes = importer.constant(np.arange(num_classes, dtype=np.int64))
    places = importer.reshape(importer.cast(x, I64), (*x.type.shape, 1))
    return importer.cast(importer.emit(ops.eq, places, classes), I64)
