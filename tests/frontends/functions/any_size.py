"""Operators of a tensor one size of which varies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from functions.complex_numbers import complex_arithmetic
from functions.writes import set_slice

# Axis 1 of [2, n, 6] varies.
FUNCTIONS: dict[str, Callable[[torch.Tensor], Any]] = {
    "triangles": lambda x: (x @ x.mT).masked_fill(torch.ones(x.shape[1], x.shape[1]).triu(1) > 0, -9.0) @ x,
    "pools 1d": lambda x: [F.max_pool1d(x.mT, 2), F.max_pool1d(x.mT, 3, 2, 1, 1, True), F.avg_pool1d(x.mT, 3, 2)],
    "pools with ceil": lambda x: [F.max_pool2d(x, 2, ceil_mode=True), F.avg_pool2d(x[None], 3, 2, 1, ceil_mode=True)],
    "pools of pools": lambda x: F.max_pool2d(F.max_pool2d(x, 3, 2, ceil_mode=True), 3, 1, 1, ceil_mode=True),
    "pools 3d": lambda x: [F.max_pool3d(x[None], (1, 2, 3)), F.avg_pool3d(x[None], 2, ceil_mode=True)],
    "pools of a graph that is decomposed": lambda x: [
        F.local_response_norm(x.mT[..., None], 3),
        F.avg_pool2d(x, 2),
        F.max_pool1d(x.mT, 2),
        F.max_pool2d(x, 2, ceil_mode=True),
        F.max_pool3d(x[None], 2),
        set_slice(x),
    ],
    "resizes": lambda x: [F.interpolate(x.mT, scale_factor=f) for f in (0.5, 1.5, 0.6)],
    "resizes with antialiasing": lambda x: F.interpolate(x[None], (3, 9), mode="bicubic", antialias=True),
    "computed sizes": lambda x: [
        x.new_ones(math.ceil(x.shape[1] / 2)),
        x.new_ones(int(x.shape[1] * 0.3)),
        x.new_ones(math.ceil(x.shape[1] * 1.2)),
    ],
    "ranges of fractions": lambda x: [
        torch.arange(0.5, x.shape[1]),
        torch.arange(x.shape[1], -1, -0.5),
        torch.arange(0.25, x.shape[1] / 2, 0.25),
        torch.arange(0.0, x.shape[1], 0.3, dtype=torch.float64),
    ],
    "bags": lambda x: [F.embedding_bag((x > 0).long()[0], torch.ones(2, 3).tril(), mode=m) for m in ("mean", "max")],
    "windows": lambda x: [x.unfold(1, 3, 2), x.as_strided((2, x.shape[1] // 2, 4), (6 * x.shape[1], 12, 2))],
    "complex numbers": complex_arithmetic,
    "transforms": lambda x: [
        torch.fft.rfft(x.mT).abs(),
        torch.fft.fft2(x, norm="ortho").imag,
        torch.stft(x.mT.flatten(0, 1), 4, 1, return_complex=True, window=torch.ones(4)).imag,
    ],
    "sizes as weights": lambda x: [
        x.lerp(-x, x.shape[1]),
        x.sub(x.flip(0), alpha=x.shape[1]),
        x.add(2.5, alpha=x.shape[1]),
    ],
    "moved triangles": lambda x: [x.tril(x.shape[1] - 6), torch.ones(x.shape[1], 9).triu(9 - x.shape[1])],
    "padding that cuts": lambda x: [
        F.pad(x, (1, 0, 0, 8 - x.shape[1]), value=2.0),
        F.pad(x, (0, 0, 6 - x.shape[1], x.shape[1] - 6)),
    ],
    "limits that are sizes": lambda x: [F.hardtanh(x * 9, -x.shape[1], x.shape[1]), (x * 9).clamp(max=x.shape[1] - 1)],
    "diagonals": lambda x: [(x @ x.mT).diagonal(0, 1, 2), x.diagonal(-1, 1, 2)[..., :1]],
}
