"""Parts of tensors: slices, splits, and writing into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.rows.creation import count_up
from mtc.frontends.torch.rows.indexing import index_put, select_at
from mtc.frontends.torch.table import row
from mtc.ir.dim_range import range_of
from mtc.ir.dims import Dim, maximum, minimum
from mtc.ir.module import Value
from mtc.ir.types import I64


def part(importer: Importer, x: Value, axis: int, begin: Dim, end: Dim, step: int = 1) -> Value:
    """`x` from `begin` until before `end` along one axis."""
    axis = axis % x.type.rank
    if begin == 0 and end == x.type.shape[axis] and step == 1:
        return x
    begins: list[Dim] = [0] * x.type.rank
    ends, steps = list(x.type.shape), [1] * x.type.rank
    begins[axis], ends[axis], steps[axis] = begin, end, step
    return importer.emit(ops.slice, x, begin=tuple(begins), end=tuple(ends), step=tuple(steps))


def bounds(importer: Importer, size: Dim, start: Dim | None, end: Dim | None) -> tuple[Dim, Dim]:
    """Python's rule for slices: from the end if negative, limited to what there is."""

    def place(at: Dim) -> Dim:
        if isinstance(at, int) and isinstance(size, int):
            return min(max(at + size if at < 0 else at, 0), size)
        if isinstance(at, int):
            return maximum(size + at, 0) if at < 0 else minimum(at, size) if at < 2**62 else size
        least, most = range_of(at, importer.sizes.bounds)
        if most < 0:
            return maximum(size + at, 0)
        if least < 0:  # from the end for some sizes of the inputs
            at = maximum(at + size * minimum(maximum(-at, 0), 1), 0)
        return minimum(at, size)

    begin = place(0 if start is None else start)
    last = place(2**63 - 1 if end is None else end)
    if isinstance(begin, int) and isinstance(last, int):
        last = max(begin, last)
    return begin, last


@row("slice.Tensor", by_parts=True)
def slice_(
    importer: Importer,
    x: Value,
    dim: int = 0,
    start: Dim | Value | None = None,
    end: Dim | Value | None = None,
    step: int = 1,
) -> Value:
    size = x.type.shape[dim]
    count = importer.result_type().shape[dim]
    if isinstance(start, Value) or isinstance(end, Value):
        return select_at(importer, x, dim % x.type.rank, _places_from(importer, start, count, step))
    begin, last = bounds(importer, size, start, end)
    if not (isinstance(begin, int) and isinstance(last, int)) and count != 0:
        # torch knows how many there are, so its own bounds need not be repeated.
        if isinstance(start, int) and start >= 0:
            begin = start
        last = begin + (count - 1) * step + 1
        last = size if begin == 0 and step == 1 and count == size else last
    return part(importer, x, dim, begin, last, step)


def _places_from(importer: Importer, start: Operand | None, count: Dim, step: int = 1) -> Value:
    """The places of `count` elements, the first of which a tensor may tell: a position in a cache."""
    steps: Any = importer.emit(ops.mul, count_up(importer, count), importer.scalar(step, I64))
    return importer.emit(ops.add, steps, importer.reshape(importer.tensor(0 if start is None else start, I64), ()))


@row("narrow", by_parts=True)
def narrow(importer: Importer, x: Value, dim: int, start: Dim | Value, length: Dim) -> Value:
    if isinstance(start, Value):
        return select_at(importer, x, dim % x.type.rank, _places_from(importer, start, length))
    begin = start + x.type.shape[dim] if isinstance(start, int) and start < 0 else start
    return part(importer, x, dim, begin, begin + length)


@row("select.int", "select_copy.int", by_parts=True)
def select(importer: Importer, x: Value, dim: int, index: Dim | Value) -> Value:
    if isinstance(index, Value):
        return select_at(importer, x, dim % x.type.rank, index)
    begin = index + x.type.shape[dim] if isinstance(index, int) and index < 0 else index
    return importer.reshape(part(importer, x, dim, begin, begin + 1), importer.result_type().shape)


@row(
    "split.Tensor",
    "split.sizes",
    "split_with_sizes",
    "chunk",
    "tensor_split.sections",
    "tensor_split.indices",
    by_parts=True,
)
@row("unsafe_split.Tensor", "unsafe_split_with_sizes", "unsafe_chunk", by_parts=True)
def split(importer: Importer, x: Value, _: object, dim: int = 0) -> list[Value]:
    """What torch splits `x` into, one after the other along `dim`."""
    pieces: list[Value] = []
    begin: Dim = 0
    for index in range(len(importer.result)):
        size = importer.result_type(index).shape[dim]
        pieces.append(part(importer, x, dim, begin, begin + size))
        begin = begin + size
    return pieces


@row("unbind.int", by_parts=True)
def unbind(importer: Importer, x: Value, dim: int = 0) -> list[Value]:
    parts = (part(importer, x, dim, i, i + 1) for i in range(len(importer.result)))
    return [importer.reshape(piece, importer.result_type(i).shape) for i, piece in enumerate(parts)]


@row("unfold", by_parts=True)
def unfold(importer: Importer, x: Value, dimension: int, size: int, step: int) -> Value:
    """Windows along an axis, their elements on a new last axis."""
    axis = dimension % max(x.type.rank, 1)
    count = importer.result_type().shape[axis]
    first = importer.reshape(importer.emit(ops.mul, count_up(importer, count), importer.tensor(step, I64)), (count, 1))
    index = importer.emit(ops.add, first, importer.constant(np.arange(size)))
    taken = importer.emit(ops.index_select, x, importer.reshape(index, (count * size,)), axis=axis)
    apart = importer.reshape(taken, (*x.type.shape[:axis], count, size, *x.type.shape[axis + 1 :]))
    order = [i for i in range(x.type.rank + 1) if i != axis + 1]
    return importer.emit(ops.permute, apart, dims=(*order, axis + 1))


@row("diagonal", "diagonal_copy", by_parts=True)
def diagonal(importer: Importer, x: Value, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Value:
    """The elements whose places on the two axes differ by `offset`, on a new last axis."""
    flat, places, _ = _diagonal(importer, x, importer.result_type().shape[-1], offset, dim1, dim2)
    return importer.emit(ops.index_select, flat, places, axis=flat.type.rank - 1)


@row("diagonal_scatter", by_parts=True)
def diagonal_scatter(importer: Importer, x: Value, src: Value, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Value:
    """`x` with `src` on that diagonal."""
    flat, places, order = _diagonal(importer, x, src.type.shape[-1], offset, dim1, dim2)
    leading = [None] * (flat.type.rank - 1)
    written = index_put(importer, flat, (*leading, places), src)
    apart = importer.reshape(written, [x.type.shape[i] for i in order])
    return importer.permute(apart, [order.index(i) for i in range(x.type.rank)])


def _diagonal(
    importer: Importer, x: Value, count: Dim, offset: int, dim1: int, dim2: int
) -> tuple[Value, Value, list[int]]:
    """`x` with the two axes last and joined, where `count` elements of the diagonal stand on that axis, and which axes
    of x are in front."""
    rank = x.type.rank
    pair = (dim1 % rank, dim2 % rank)
    order = [*(i for i in range(rank) if i not in pair), *pair]
    *leading, rows, columns = (x.type.shape[i] for i in order)
    flat = importer.reshape(importer.permute(x, order), (*leading, rows * columns))
    steps = importer.emit(ops.mul, count_up(importer, count), importer.tensor(columns + 1, I64))
    begin = importer.tensor(offset if offset > 0 else -offset * columns, I64)
    return flat, importer.emit(ops.add, steps, begin), order


@row("as_strided", "as_strided_copy", by_parts=True)
def as_strided(
    importer: Importer, x: Value, size: Sequence[Dim], stride: Sequence[Dim], storage_offset: Dim | None = None
) -> Value:
    """Elements by their places in x's memory, which has to be its own: dense, row-major, and nothing besides."""
    held = importer.node.args[0].meta["val"]
    begin = 0 if storage_offset is None else storage_offset - held.storage_offset()
    if not held.is_contiguous() or (isinstance(begin, int) and begin < 0):
        raise Unsupported("places in the memory of a tensor that is not dense; call .contiguous() on it first")
    last = begin + sum(((count - 1) * step for count, step in zip(size, stride, strict=True)), 0)
    if all(isinstance(n, int) for n in (last, x.type.count)) and last >= x.type.count and 0 not in size:  # type: ignore[operator]
        raise Unsupported("it reaches behind the tensor, into one that this is a part of")
    places = importer.tensor(begin, I64)
    for axis, (count, step) in enumerate(zip(size, stride, strict=True)):
        steps = importer.emit(ops.mul, count_up(importer, count), importer.tensor(step, I64))
        steps = importer.reshape(steps, (count, *[1] * (len(size) - 1 - axis)))
        places = importer.emit(ops.add, places, steps)
    flat = importer.reshape(x, (x.type.count,)), importer.reshape(places, (places.type.count,))
    return importer.reshape(importer.emit(ops.index_select, *flat, axis=0), tuple(size))


def _written(importer: Importer, x: Value, src: Value, axis: int, begin: Dim, end: Dim) -> Value:
    """x with `src` in place of its elements from `begin` until before `end`."""
    pieces = [src]
    if begin != 0:
        pieces.insert(0, part(importer, x, axis, 0, begin))
    if end != x.type.shape[axis]:
        pieces.append(part(importer, x, axis, end, x.type.shape[axis]))
    return src if len(pieces) == 1 else importer.emit(ops.concat, *pieces, axis=axis)


@row("slice_scatter", by_parts=True)
def slice_scatter(
    importer: Importer,
    x: Value,
    src: Value,
    dim: int = 0,
    start: Dim | Value | None = None,
    end: Dim | Value | None = None,
    step: int = 1,
) -> Value:
    axis = dim % x.type.rank
    size = x.type.shape[axis]
    if isinstance(start, Value) or isinstance(end, Value):
        places = _places_from(importer, start, src.type.shape[axis], step)
        return index_put(importer, x, (*[None] * axis, places), src)
    begin, last = bounds(importer, size, start, end)
    wanted = list(x.type.shape)
    wanted[axis] = src.type.shape[axis] if src.type.rank == x.type.rank else -(-(last - begin) // step)
    src = importer.expand(importer.cast(src, x.type.dtype), wanted)
    if step == 1:
        return _written(importer, x, src, axis, begin, last)
    places = importer.emit(ops.arange, range=(begin, last, step))
    order = (axis, *(i for i in range(x.type.rank) if i != axis))
    back = tuple(order.index(i) for i in range(x.type.rank))
    front, values = (importer.emit(ops.permute, value, dims=order) for value in (x, src))
    return importer.emit(ops.permute, importer.emit(ops.index_put, front, values, places), dims=back)


@row("select_scatter", by_parts=True)
def select_scatter(importer: Importer, x: Value, src: Value, dim: int, index: Dim | Value) -> Value:
    axis = dim % x.type.rank
    if isinstance(index, Value):
        whole = importer.reshape(src, (*x.type.shape[:axis], 1, *x.type.shape[axis + 1 :]))
        return index_put(importer, x, (*[None] * axis, importer.reshape(index, (1,))), whole)
    begin = index + x.type.shape[axis] if isinstance(index, int) and index < 0 else index
    shape = (*x.type.shape[:axis], 1, *x.type.shape[axis + 1 :])
    whole = importer.expand(importer.cast(src, x.type.dtype), (*shape[:axis], *shape[axis + 1 :]))
    return _written(importer, x, importer.reshape(whole, shape), axis, begin, begin + 1)
