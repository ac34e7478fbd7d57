"""Ops that move elements about, and tensors made from sizes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from cases.case import case, randn
from mtc import ops
from mtc.ir.types import F32
from mtc.ops.shape import PadMode


def padded(x: torch.Tensor, padding: tuple[int, ...], mode: PadMode = PadMode.CONSTANT, value: float = 0.0) -> Any:
    """torch has the last axis first."""
    pairs = [padding[i : i + 2] for i in range(0, len(padding), 2)]
    if mode is PadMode.CONSTANT:
        return F.pad(
            x, [side for pair in pairs[::-1] for side in pair], value=bool(value) if x.dtype is torch.bool else value
        )
    return F.pad(x, [side for pair in pairs[:1:-1] for side in pair], mode=mode.value)


CASES = [
    case(ops.reshape, lambda x, shape: x.reshape(shape), x=randn(2, 6), shape=(3, 1, 4)),
    case(ops.reshape, lambda x, shape: x.reshape(shape), x=randn(1), shape=()),
    case(ops.copy, torch.clone, x=randn(2, 3)),
    case(ops.permute, torch.permute, x=randn(2, 3, 4), dims=(2, 0, 1)),
    # Channel shuffles: few groups, of a few channels, of some vectors, and of vectors and a rest.
    *(
        case(ops.permute, torch.permute, x=randn(2, 3, groups, channels), dims=(0, 1, 3, 2))
        for groups, channels in ((2, 29), (3, 17), (4, 16), (5, 23), (16, 9), (7, 3), (2, 1))
    ),
    case(ops.concat, lambda *xs, axis: torch.cat(xs, axis), xs=[randn(2, 3), randn(2, 0), randn(2, 1)], axis=-1),
    # Long rows, of which threads take parts; many rows, which they take whole.
    case(ops.copy, torch.clone, x=randn(3, 50_001)),
    *(
        case(ops.concat, lambda *xs, axis: torch.cat(xs, axis), xs=[randn(*x) for x in xs], axis=axis)
        for axis, xs in (
            (0, [(1, 70_003), (2, 70_003)]),
            (1, [(2, 50_001), (2, 3), (2, 0), (2, 40_000)]),
            (1, [(300, 2, 100), (300, 1, 100)]),
        )
    ),
    case(ops.pad, padded, x=randn(2, 3), padding=(1, 0, 0, 2), value=1.0),
    *(
        case(ops.pad, padded, x=randn(1, 2, 4, 5), padding=(0, 0, 0, 0, 1, 2, 3, 0), mode=m, dtypes=(F32,))
        for m in list(PadMode)[1:]
    ),
    # Rows that threads divide among them; nothing before the rows, or after them, or no row.
    *(
        case(ops.pad, padded, x=randn(3, 70, size), padding=(1, 0, 0, 2, *sides))
        for size, sides in ((301, (0, 1)), (301, (3, 0)), (0, (200, 60)))
    ),
    *(
        case(ops.pad, padded, x=randn(1, 40, 9, 300), padding=(0, 0, 0, 0, 3, 2, *sides), mode=m, dtypes=(F32,))
        for m in list(PadMode)[1:]
        for sides in ((0, 4), (5, 2))
    ),
    case(ops.slice, lambda x, **_: x[1:3, ::2, 4:], x=randn(4, 5, 4), begin=(1, 0, 4), end=(3, 5, 4), step=(1, 2, 1)),
    case(ops.slice, lambda x, **_: x.clone(), x=randn(), begin=(), end=(), step=()),
    case(ops.expand, lambda x, shape: x.expand(shape), x=randn(3, 1), shape=(2, 3, 4)),
    case(ops.expand, lambda x, shape: x.expand(shape), x=randn(), shape=(0, 2)),
    case(ops.flip, lambda x, axes: torch.flip(x, axes), x=randn(2, 3, 4), axes=(0, -1)),
    case(ops.roll, lambda x, shifts, axes: torch.roll(x, shifts, axes), x=randn(4, 5), shifts=(-1, 7), axes=(0, 1)),
    case(
        ops.roll, lambda x, shifts, axes: torch.roll(x, shifts, axes), x=randn(90, 3, 301), shifts=(-1, 7), axes=(0, 2)
    ),
    case(ops.arange, lambda range: torch.arange(*range), range=(2, 11, 3)),
    case(ops.arange, lambda range: torch.arange(*range), range=(5, 0, -2)),
    case(ops.check_sizes, lambda sizes, wanted: [], sizes=(3, 4), wanted=(3, 4)),
    case(ops.size_to_tensor, lambda sizes: torch.tensor(sizes), sizes=(3, 4)),
]
