"""Embeddings that are summed, averaged or maximised over bags of indices."""

from __future__ import annotations

from math import inf

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.rows.scattering import scatter
from mtc.frontends.torch.rows.slicing import part
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import BOOL, I64
from mtc.ops.indexing import Reduce

_MODES = (Reduce.SUM, Reduce.SUM, Reduce.AMAX)  # the mean is a sum that is divided
_MEAN = 1
_NEUTRAL = {Reduce.SUM: 0.0, Reduce.AMAX: -inf}


@row("embedding_bag", "embedding_bag.padding_idx", "_embedding_bag", "_embedding_bag_forward_only")
def embedding_bag(
    importer: Importer,
    weight: Value,
    indices: Value,
    offsets: Value,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Value | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = -1,
) -> tuple[Value | None, ...]:
    """Bag b holds the indices from `offsets[b]` on; what an empty bag gives is zero."""
    dtype = weight.type.dtype
    (count,) = indices.type.shape
    bags = importer.result_type(0).shape[0]
    of_bag = _of_bag(importer, offsets, count, bags, include_last_offset)
    rows = importer.emit(ops.embedding, weight, importer.cast(indices, I64))
    if per_sample_weights is not None:
        rows = importer.emit(ops.mul, rows, importer.reshape(per_sample_weights, (count, 1)))
    how = _MODES[mode]
    held = importer.full((count, 1), 1, dtype)
    if padding_idx is not None and padding_idx >= 0:
        kept = importer.emit(ops.ne, importer.cast(indices, I64), importer.scalar(padding_idx, I64))
        held = importer.cast(importer.reshape(kept, (count, 1)), dtype)
        neutral = importer.scalar(_NEUTRAL[how], dtype)
        rows = importer.emit(ops.where, importer.cast(held, BOOL), rows, neutral)
    result = _reduced(importer, rows, of_bag, bags, how)
    if how is Reduce.AMAX or mode == _MEAN:
        held = _reduced(importer, held, of_bag, bags, Reduce.SUM)
        if mode == _MEAN:
            result = importer.emit(ops.div, result, importer.emit(ops.clamp, held, min=1.0))
        else:
            result = importer.emit(ops.where, importer.cast(held, BOOL), result, importer.scalar(0, dtype))
    return result, None, None, None


def _of_bag(importer: Importer, offsets: Value, count: Dim, bags: Dim, has_end: bool) -> Value | None:
    """The bag of each index; None if all bags hold as many, one after the other. The last offset may be the end of
    the last bag."""
    made = offsets.producer
    while made is not None and made.op in (ops.reshape, ops.cast) and made.inputs[0] is not None:
        made = made.inputs[0].producer
    if made is not None and made.op is ops.arange and bags != 0:
        begin, _, step = made.attrs["range"]
        if begin == 0 and step * bags == count:
            return None
    begins = importer.cast(offsets, I64)
    if has_end:
        begins = part(importer, begins, 0, 0, bags)
    # How many bags have begun at or before each index; one that begins at the end is empty.
    begun = importer.full((count + 1,), 0, I64)
    begun = scatter(importer, begun, 0, begins, importer.full((bags,), 1, I64), "sum")
    begun = importer.emit(ops.cumsum, part(importer, begun, 0, 0, count), axis=0)
    return importer.reshape(importer.emit(ops.sub, begun, importer.scalar(1, I64)), (count, 1))


def _reduced(importer: Importer, rows: Value, of_bag: Value | None, bags: Dim, how: Reduce) -> Value:
    """`rows`, one for each index, reduced over each bag."""
    count, width = rows.type.shape
    if of_bag is None:
        apart = importer.reshape(rows, (bags, count // bags, width))
        return importer.emit(ops.sum if how is Reduce.SUM else ops.amax, apart, axes=(1,))
    empty = importer.full((bags, width), _NEUTRAL[how], rows.type.dtype)
    return importer.emit(ops.scatter, empty, importer.expand(of_bag, rows.type.shape), rows, axis=0, reduce=how)
