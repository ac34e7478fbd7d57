"""Sorting along an axis, and what is found in order."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand
from mtc.frontends.torch.rows.slicing import part
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import BOOL, I64, U8


@row("topk")
def topk(
    importer: Importer, x: Value, k: Dim, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Value, ...]:
    if isinstance(k, int):
        return importer.several(ops.topk, x, k=k, axis=dim, largest=largest)
    return tuple(part(importer, value, dim, 0, k) for value in sort(importer, x, dim, largest))


@row("sort")
def sort(importer: Importer, x: Value, dim: int = -1, descending: bool = False) -> tuple[Value, ...]:
    if x.type.dtype is BOOL:
        values, places = sort(importer, importer.cast(x, U8), dim, descending)
        return importer.cast(values, BOOL), places
    return importer.several(ops.sort, x, axis=dim, descending=descending)


@row("sort.stable")
def sort_stable(
    importer: Importer, x: Value, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> tuple[Value, ...]:
    return sort(importer, x, dim, descending)


@row("argsort")
def argsort(importer: Importer, x: Value, dim: int = -1, descending: bool = False) -> Value:
    return sort(importer, x, dim, descending)[1]


@row("argsort.stable")
def argsort_stable(
    importer: Importer, x: Value, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> Value:
    return sort(importer, x, dim, descending)[1]


@row("msort")
def msort(importer: Importer, x: Value) -> Value:
    return sort(importer, x, 0)[0]


@row("kthvalue")
def kthvalue(importer: Importer, x: Value, k: Dim, dim: int = -1, keepdim: bool = False) -> tuple[Value, ...]:
    return _picked(importer, sort(importer, x, dim), importer.tensor(k - 1, I64), dim, keepdim)


def _picked(importer: Importer, ordered: tuple[Value, ...], place: Value, dim: int, keepdim: bool) -> tuple[Value, ...]:
    """Of ordered elements, and where they came from, those that stand at `place` along an axis."""
    shape = list(ordered[0].type.shape)
    if not shape:
        return ordered
    shape[dim] = 1
    index = importer.expand(place, shape)
    found = (importer.emit(ops.gather, value, index, axis=dim) for value in ordered)
    del shape[dim]
    return tuple(value if keepdim else importer.reshape(value, shape) for value in found)


def _median(name: str, ignores_nan: bool) -> None:
    """The middle element, the lower of two. NaN is the largest when sorted: where there is one the median is NaN, or
    it is not counted."""

    @row(f"{name}.dim")
    def along(importer: Importer, x: Value, dim: int, keepdim: bool = False) -> tuple[Value, ...]:
        ordered = sort(importer, x, dim)
        size = importer.tensor(x.type.shape[dim] if x.type.rank else 1, I64)
        one = importer.scalar(1, I64)
        count = size
        if x.type.dtype.is_float:
            is_number = importer.cast(importer.emit(ops.eq, x, x), I64)
            count = importer.emit(ops.sum, is_number, axes=(dim,), keepdim=True)
        middle = importer.emit(ops.bitwise_right_shift, importer.emit(ops.sub, count, one), one)
        if ignores_nan:
            middle = importer.emit(ops.clamp, middle, min=0.0)
        elif count is not size:
            middle = importer.emit(ops.where, importer.emit(ops.lt, count, size), count, middle)
        return _picked(importer, ordered, middle, dim, keepdim)

    @row(name)
    def of_all(importer: Importer, x: Value) -> Value:
        return along(importer, importer.reshape(x, (x.type.count,)), 0)[0]


_median("median", False)
_median("nanmedian", True)


@row("searchsorted.Tensor", "searchsorted.Scalar")
def searchsorted(
    importer: Importer,
    sorted_sequence: Value,
    x: Operand,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Value | None = None,
) -> Value:
    """How many elements of an ascending sequence stand before each of x: of one sequence, or of one for each row."""
    if sorter is not None:
        sorted_sequence = importer.emit(ops.gather, sorted_sequence, sorter, axis=-1)
    dtype = importer.promoted(x, sorted_sequence)
    sequence, values = importer.cast(sorted_sequence, dtype), importer.tensor(x, dtype)
    if sequence.type.rank > 1:
        sequence = importer.reshape(sequence, (*sequence.type.shape[:-1], 1, sequence.type.shape[-1]))
    values = importer.reshape(values, (*values.type.shape, 1))
    is_after = importer.emit(ops.lt if right or side == "right" else ops.le, values, sequence)
    is_before = importer.emit(ops.logical_not, is_after)  # NaN is the largest
    return importer.emit(ops.sum, importer.cast(is_before, importer.result_type().dtype), axes=(-1,))


@row("bucketize.Tensor", "bucketize.Scalar")
def bucketize(importer: Importer, x: Operand, boundaries: Value, out_int32: bool = False, right: bool = False) -> Value:
    return searchsorted(importer, boundaries, x, out_int32, right)
