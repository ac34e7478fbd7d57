"""Numbers, dtypes, logic, activations: operators of one element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from functions.inputs import X

FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "arithmetic": lambda: (lambda x: [x + 1, 2 - x, x * 2.5, x / 3, x // 2, x % 2, x**3, 2**x, x**-1, x**0.5], X.abs()),
    "numbers that a dtype has not": lambda: (
        lambda x: [x.byte() + 300, x.byte() > 300, x.char() * 200, x.int() < 10**10],
        X.abs(),
    ),
    "promotion": lambda: (lambda x: [x.int() + 1.5, x.int() / 2, x.half() * 0.1, x.bool() + x, x.int() > 0.5], X),
    "zero-d": lambda: (lambda x: [x.sum() * 2, torch.tensor(2.0) * x, x.mean().reshape(1), x.max() - 1], X),
    "promotion of halves": lambda: (
        lambda x: [x > 0.1, x == 0.1, x % 0.3, torch.fmod(x, 0.3), x**0.3, x * 0.1, x / 0.3, x + 0.1, 0.1 - x],
        X.half().abs(),
    ),
    "numbers of a tensor": lambda: (
        lambda x: [
            x * x.sum().item() + 1 / x.max().item(),
            torch.full((2,), x.mean().item()),
            x.clamp(max=x.mean().item()),
            x > x.mean().item(),
            x.half() * x.max(0, keepdim=True)[0][0, 0, 0].item(),
        ],
        X,
    ),
    "logic": lambda: (
        lambda x: [(x > 0) & (x < 1), ~(x > 0), x.int() | 2, x.isnan(), x.isfinite(), x.logical_not()],
        X,
    ),
    "choice": lambda: (
        lambda x: [torch.where(x > 0, x, 0), x.masked_fill(x < 0, -1e9), x.clamp(0, 1), x.clamp(min=x.mean())],
        X,
    ),
    "limits beyond 53 bits": lambda: (
        lambda x: [x.clamp(1 - 2**53, 2**53 + 1), x.clamp(min=2**62 + 1), torch.clamp_max(x, -(2**62) - 1), x.clamp(3)],
        torch.tensor([2**63 - 1, -(2**63), 2**53 + 1, 2**53 + 2, -(2**53) - 1, 5]),
    ),
    "weighted means": lambda: (
        lambda x, w: [x.lerp(-x, 0.3), x.lerp(x * 1e6, 0.9), x.lerp(-x, w), x.half().lerp(x.half() * 7, 0.6)],
        X,
        X.flip(0) * 2,
    ),
    "activations": lambda: (
        lambda x: [F.glu(x), F.softsign(x), F.tanhshrink(x), F.selu(x), F.celu(x, 0.7), F.relu6(x)],
        X,
    ),
    "activations of a number": lambda: (lambda x: [F.prelu(x, torch.tensor([0.2])), F.rrelu(x)], X[0, 0, 0]),
    "signs and NaN": lambda: (
        lambda x, y: [
            x.signbit(),
            x.isinf().int().neg().signbit(),
            torch.copysign(x, y),
            torch.copysign(x, -2.0),
            torch.fmax(x, y),
            torch.fmin(x, y),
            torch.ldexp(x, torch.tensor(3)),
        ],
        torch.tensor([-0.0, 0.0, -math.inf, math.inf, math.nan, -2.0]),
        torch.tensor([1.0, -0.0, math.nan, -1.0, 3.0, math.nan]),
    ),
    "bits": lambda: (lambda x: [1 << x, 64 >> x, x << 1, 3 | x, 5 ^ x, x & 3], torch.tensor([0, 3, 1])),
}
