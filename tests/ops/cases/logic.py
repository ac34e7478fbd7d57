"""Comparison, logic, choice."""

from __future__ import annotations

import torch

from cases.case import array, case, randn, special
from mtc import ops
from mtc.ir.types import BOOL

_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
_TRUTH = ("logical_and", "logical_or", "logical_xor")

CASES = [
    *(case(getattr(ops, n), getattr(torch, n), x=randn(3, 4), y=randn(4)) for n in _COMPARISONS),
    *(case(getattr(ops, n), getattr(torch, n), x=special(), y=special()) for n in _COMPARISONS),
    *(case(getattr(ops, n), getattr(torch, n), x=randn(3, 4), y=randn(3, 1)) for n in _BITS),
    *(case(getattr(ops, n), getattr(torch, n), x=randn(8), y=randn(8), dtypes=(BOOL,)) for n in _TRUTH),
    case(ops.bitwise_not, torch.bitwise_not, x=special()),
    case(ops.logical_not, torch.logical_not, x=randn(5), dtypes=(BOOL,)),
    case(ops.bitwise_left_shift, torch.bitwise_left_shift, x=randn(5, 1), y=array([0, 1, 6])),
    case(ops.bitwise_right_shift, torch.bitwise_right_shift, x=randn(5, 1), y=array([0, 1, 6])),
    case(ops.where, torch.where, condition=randn(3, 1), x=randn(3, 4), y=randn(4)),
    case(ops.where, torch.where, condition=randn(2), x=randn(), y=randn()),
]
