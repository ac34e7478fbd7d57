"""Windows of pooling as places on an axis: for windows that are not all alike, and for where in one its largest stands.

Places of one axis are [windows, length]. What lies outside of a window or of the image repeats a place of that window,
which changes neither what its largest element is nor where that stands first.
"""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.rows.creation import count_up
from mtc.frontends.torch.rows.formulas import Formula
from mtc.ir.dims import Dim, ceil_div, product
from mtc.ir.module import Value
from mtc.ir.types import I64
from mtc.ops.arithmetic import Rounding


def sliding(
    importer: Importer, size: Dim, windows: Dim, length: int, stride: int, padding: int, dilation: int
) -> Value:
    """The places of windows of `length` elements that stand `dilation` apart."""
    f = Formula(importer, I64)
    start = f(ops.sub, f(ops.mul, column(importer, windows), stride), padding)
    places = f(ops.add, start, f(ops.mul, count_up(importer, length), dilation))
    first = f(ops.remainder, start, dilation)
    steps = f(ops.div, f(ops.sub, size - 1, start), dilation, rounding=Rounding.FLOOR)
    last = f(ops.add, start, f(ops.mul, steps, dilation))
    places = f.where(f(ops.lt, places, 0), first, places)
    return f.where(f(ops.ge, places, size), last, places)


def adaptive(importer: Importer, size: Dim, windows: Dim) -> Value:
    """Window i of n reaches from `i * size // n` to `(i + 1) * size / n`, rounded up."""
    f = Formula(importer, I64)
    at = column(importer, windows)
    start = f(ops.div, f(ops.mul, at, size), windows, rounding=Rounding.FLOOR)
    after = f(ops.mul, f(ops.add, at, 1), size)
    last = f(ops.div, f(ops.sub, after, 1), windows, rounding=Rounding.FLOOR)
    places = f(ops.add, start, count_up(importer, ceil_div(size, windows) + 1))
    return f(ops.minimum, places, last)


def largest(importer: Importer, x: Value, places: Sequence[Value]) -> Value:
    """The largest of each window over the last axes: a window is a box, and so the largest of its rows' largest."""
    first = x.type.rank - len(places)
    for axis, own in enumerate(places, start=first):
        x = importer.emit(ops.amax, _apart(importer, x, own, axis), axes=(axis + 1,))
    return x


def largest_and_where(importer: Importer, x: Value, places: Sequence[Value]) -> tuple[Value, Value]:
    """Besides, the place of each in its image, whose pixels are counted row by row."""
    spatial = len(places)
    first = x.type.rank - spatial
    sizes = x.type.shape[first:]
    for index, own in enumerate(places):
        x = _apart(importer, x, own, first + 2 * index)
    axes = [*range(first), *(first + 2 * i for i in range(spatial)), *(first + 2 * i + 1 for i in range(spatial))]
    boxes = importer.permute(x, axes)
    lengths = boxes.type.shape[-spatial:]
    boxes = importer.reshape(boxes, (*boxes.type.shape[:-spatial], product(lengths)))
    rest = importer.emit(ops.argmax, boxes, axis=-1)
    f = Formula(importer, I64)
    total = f.tensor(0)
    for index in reversed(range(spatial)):
        within = f(ops.remainder, rest, lengths[index])
        rest = f(ops.div, rest, lengths[index], rounding=Rounding.FLOOR)
        windows = count_up(importer, places[index].type.shape[0])
        windows = importer.reshape(windows, (windows.type.shape[0], *[1] * (spatial - 1 - index)))
        at = importer.emit(ops.index, places[index], windows, within)
        total = f(ops.add, total, f(ops.mul, at, product(sizes[index + 1 :])))
    return importer.emit(ops.amax, boxes, axes=(-1,)), total


def _apart(importer: Importer, x: Value, places: Value, axis: int) -> Value:
    """`x` with windows and their elements in place of an axis."""
    flat = importer.reshape(places, (places.type.count,))
    taken = importer.emit(ops.index_select, x, flat, axis=axis)
    return importer.reshape(taken, (*x.type.shape[:axis], *places.type.shape, *x.type.shape[axis + 1 :]))


def column(importer: Importer, size: Dim) -> Value:
    """0, 1, ... below `size`, one below the other."""
    return importer.reshape(count_up(importer, size), (size, 1))
