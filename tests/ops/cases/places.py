"""Reading and writing at places that tensors name."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from cases.case import array, case, randn, whole
from mtc import ops
from mtc.ir.types import F32, FLOATS, I32, I64, U8
from mtc.ops.indexing import Reduce
from mtc.ops.sampling import Interpolation, Outside

_REDUCES = {Reduce.SUM: "sum", Reduce.PROD: "prod", Reduce.AMAX: "amax", Reduce.AMIN: "amin"}


def scattered(x: torch.Tensor, index: torch.Tensor, src: torch.Tensor, axis: int, reduce: Reduce) -> torch.Tensor:
    if reduce is Reduce.REPLACE:
        return x.scatter(axis, index, src)
    return x.scatter_reduce(axis, index, src, _REDUCES[reduce])


def copied(x: torch.Tensor, index: torch.Tensor, source: torch.Tensor, axis: int) -> torch.Tensor:
    """The last of several at one place stays, which torch's own does not promise."""
    result = x.clone().movedim(axis, 0)
    for place, part in zip(index.tolist(), source.movedim(axis, 0), strict=True):
        result[place] = part
    return result.movedim(0, axis)


def put(x: torch.Tensor, values: torch.Tensor, *indices: torch.Tensor, accumulate: bool = False) -> torch.Tensor:
    return x.index_put(indices, values, accumulate)


def sampled(x: torch.Tensor, grid: torch.Tensor, **attrs: Any) -> torch.Tensor:
    named = {name: getattr(value, "value", value) for name, value in attrs.items()}
    return F.grid_sample(x, grid, **{"align_corners": False} | named)


CASES = [
    case(ops.embedding, lambda w, i: w[i], weight=randn(5, 3), indices=whole(0, 5, 2, 4)),
    case(ops.embedding, lambda w, i: w[i], weight=randn(5, 3), indices=whole(0, 5)),
    case(ops.index_select, lambda x, i, axis: x.index_select(axis, i), x=randn(3, 4), index=whole(0, 4, 6), axis=-1),
    case(ops.index_select, lambda x, i, axis: x.index_select(axis, i), x=randn(3, 4), index=whole(0, 3, 0), axis=0),
    case(ops.gather, lambda x, i, axis: x.gather(axis, i), x=randn(3, 4), index=whole(0, 4, 2, 5), axis=1),
    case(ops.gather, lambda x, i, axis: x.gather(axis, i), x=randn(3, 4), index=whole(0, 3, 6, 4), axis=-2),
    case(
        ops.scatter,
        scattered,
        x=randn(3, 4),
        index=array([[2, 0, 1], [0, 3, 2]]),
        src=randn(2, 3),
        axis=1,
        reduce=Reduce.REPLACE,
    ),
    *(
        case(
            ops.scatter,
            scattered,
            x=randn(3, 4),
            index=whole(0, 3, 5, 4),
            src=randn(5, 4),
            axis=0,
            reduce=r,
            dtypes=(F32, I32, I64, U8),
        )
        for r in _REDUCES
    ),
    case(ops.index_copy, copied, x=randn(3, 4), index=array([2, 0]), source=randn(2, 4), axis=0),
    case(ops.index_copy, copied, x=randn(2, 5, 3), index=array([1, -1, 3]), source=randn(2, 3, 3), axis=1),
    case(ops.index_copy, copied, x=randn(4, 40, 80), index=whole(0, 80, 9), source=randn(4, 40, 9), axis=-1),
    case(ops.index, lambda x, *i: x[i], x=randn(3, 4, 2), indices=[whole(-3, 3, 5), whole(-4, 4, 2, 1)]),
    case(ops.index, lambda x, *i: x[i], x=randn(3, 4), indices=[whole(-3, 3)]),
    case(ops.index_put, put, x=randn(3, 4), values=randn(2, 1), indices=[array([0, -1])]),
    case(
        ops.index_put,
        put,
        x=randn(3, 4),
        values=randn(5),
        indices=[whole(0, 3, 5), whole(0, 4, 5)],
        accumulate=True,
        dtypes=(F32, I64),
    ),
    *(
        case(
            ops.grid_sample,
            sampled,
            x=randn(2, 3, 4, 5),
            grid=randn(2, 3, 3, 2),
            mode=m,
            padding_mode=p,
            align_corners=a,
            dtypes=FLOATS[:2],
        )
        for m in Interpolation
        for p in Outside
        for a in (False, True)
    ),
    *(
        case(
            ops.grid_sample,
            sampled,
            x=randn(2, 2, 3, 4, 5),
            grid=randn(2, 3, 2, 2, 3),
            mode=m,
            padding_mode=p,
            align_corners=a,
            dtypes=FLOATS[:2],
        )
        for m in (Interpolation.BILINEAR, Interpolation.NEAREST)
        for p in Outside
        for a in (False, True)
    ),
]
