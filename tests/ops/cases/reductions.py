"""Reductions, and ops along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from cases.case import Operand, array, case, distinct, positive, randn, special
from mtc import ops
from mtc.ir.types import BOOL, F32


def full(value: float, *shape: int) -> Operand:
    return Operand(lambda rng, dtype: np.full(shape, value, dtype.numpy))


def over(function: Any) -> Any:
    """torch's function with the names of its parameters."""
    return lambda x, axes=(), keepdim=False, **rest: function(
        x, dim=axes or tuple(range(x.ndim)), keepdim=keepdim, **rest
    )


def total(x: torch.Tensor, axes: Any, keepdim: bool) -> torch.Tensor:
    return torch.sum(x, dim=axes or tuple(range(x.ndim)), keepdim=keepdim, dtype=x.dtype)


def product(x: torch.Tensor, axes: Any, keepdim: bool) -> torch.Tensor:
    for axis in sorted((axis % x.ndim for axis in axes or range(x.ndim)), reverse=True):
        x = torch.prod(x, dim=axis, keepdim=keepdim, dtype=x.dtype)
    return x


_AXES = [((1,), False), ((-1, 0), True), ((), False)]
_FUNCTIONS = {
    ops.mean: over(torch.mean),
    ops.sum: total,
    ops.prod: product,
    ops.amax: over(torch.amax),
    ops.amin: over(torch.amin),
    ops.logsumexp: over(torch.logsumexp),
}

CASES = [
    *(case(op, f, x=randn(2, 3, 4), axes=a, keepdim=k) for op, f in _FUNCTIONS.items() for a, k in _AXES),
    # Many elements: sums one after the other in f32 are wrong by a thousandth.
    *(
        case(op, f, x=full(0.1, *shape), axes=axes, keepdim=False, dtypes=(F32,))
        for op, f in list(_FUNCTIONS.items())[:2]
        for shape, axes in (((1 << 22,), ()), ((1 << 18, 3), (0,)), ((1 << 16, 70), (0,)), ((2, 9, 1 << 17), (0, 2)))
    ),
    # Slices of one result's elements that threads divide among them: of a row, a column, and many runs. The numbers do
    # not cancel: how far a sum may be off is measured by its size.
    *(
        case(op, f, x=(randn if op is ops.prod else positive)(*shape), axes=axes, keepdim=False)
        for op, f in _FUNCTIONS.items()
        for shape, axes in (((100_003,), ()), ((40_001, 2), (0,)), ((70, 3, 1009), (0, 2)))
    ),
    *(case(op, f, x=special(), axes=(0,), keepdim=False) for op, f in list(_FUNCTIONS.items())[3:]),
    *(case(op, f, x=randn(0, 3), axes=(0,), keepdim=True) for op, f in list(_FUNCTIONS.items())[:3]),
    *(case(op, f, x=randn(), axes=(), keepdim=False) for op, f in list(_FUNCTIONS.items())[:5] if op is not ops.sum),
    *(case(ops.any, over(torch.any), x=randn(3, 4), axes=a, keepdim=k, dtypes=(BOOL,)) for a, k in _AXES[:2]),
    *(case(ops.all, over(torch.all), x=randn(3, 4), axes=a, keepdim=k, dtypes=(BOOL,)) for a, k in _AXES[:2]),
    *(case(ops.var, over(torch.var), x=randn(3, 5), axes=a, keepdim=k, correction=1.0) for a, k in _AXES),
    case(ops.var, over(torch.var), x=randn(3, 5), axes=(1,), correction=0.0),
    *(
        case(o, lambda x, axis, keepdim=False, f=f: f(x, axis, keepdim), x=distinct(4, 5), axis=a)
        for o, f in ((ops.argmax, torch.argmax), (ops.argmin, torch.argmin))
        for a in (0, -1)
    ),
    case(ops.argmax, lambda x, axis: torch.argmax(x, axis), x=array([1, 3, 3, 2]), axis=0),
    *(
        case(o, lambda x, axis, f=f: f(x, axis), x=randn(3, 4), axis=a)
        for o, f in ((ops.softmax, torch.softmax), (ops.log_softmax, torch.log_softmax))
        for a in (0, -1)
    ),
    case(ops.softmax, lambda x, axis: torch.softmax(x, axis), x=array([1e4, -1e4, 0.0]), axis=0),
    case(ops.softmax, lambda x, axis: torch.softmax(x, axis), x=randn(), axis=0),
    *(
        case(o, lambda x, axis, f=f: f(x, axis, dtype=x.dtype), x=randn(3, 4), axis=a)
        for o, f in ((ops.cumsum, torch.cumsum), (ops.cumprod, torch.cumprod))
        for a in (0, -1)
    ),
    *(
        case(o, lambda x, axis, f=f: f(x, axis), x=x, axis=a)
        for o, f in ((ops.cummax, torch.cummax), (ops.cummin, torch.cummin), (ops.logcumsumexp, torch.logcumsumexp))
        for x, a in ((randn(3, 4), 0), (randn(2, 9, 3), -2), (special(), 0), (randn(), 0))
    ),
    # Totals of which each step rounds away in f32.
    *(
        case(o, lambda x, axis, f=f: f(x, axis), x=array([first] + [step] * 2000), axis=0, dtypes=(F32,))
        for o, f, first, step in (
            (ops.cumsum, torch.cumsum, 2.0**24, 1.0),
            (ops.cumprod, torch.cumprod, 1.6, 1 + 2.0**-23),
            (ops.logcumsumexp, torch.logcumsumexp, 20.0, 6.0),
        )
    ),
    *(
        case(
            ops.sort,
            lambda x, axis, descending: torch.sort(x, dim=axis, descending=descending, stable=True),
            x=randn(3, 6),
            axis=1,
            descending=d,
        )
        for d in (False, True)
    ),
    case(ops.sort, lambda x, axis: torch.sort(x, dim=axis, stable=True), x=special(), axis=0),
    *(
        case(
            ops.topk,
            lambda x, k, axis, largest: torch.topk(x, k, axis, largest),
            x=distinct(4, 5),
            k=2,
            axis=a,
            largest=b,
        )
        for a, b in ((0, True), (-1, False))
    ),
]
