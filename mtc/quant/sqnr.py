"""How far quantized values are from the float ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loss:
    """`sqnr`: the signal-to-quantization-noise ratio in dB, 10 log10(sum want^2 / sum (want - got)^2); infinite if all
    is equal. `cosine` of the two, as vectors."""

    sqnr: float
    cosine: float

    def __str__(self) -> str:
        return f"{self.sqnr:.1f} dB, cosine {self.cosine:.6f}"


def loss_of(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Loss:
    """Of (want, got) over all batches together; what is not finite in the wanted ones does not count."""
    signal = noise = product = power = 0.0
    for want, got in pairs:
        a, b = want.astype(np.float64).reshape(-1), got.astype(np.float64).reshape(-1)
        finite = np.isfinite(a)
        a, b = a[finite], np.nan_to_num(b[finite])
        signal += float(a @ a)
        power += float(b @ b)
        product += float(a @ b)
        noise += float(((a - b) ** 2).sum())
    sqnr = math.inf if noise == 0 else (10 * math.log10(signal / noise) if signal else -math.inf)
    length = math.sqrt(signal * power)
    return Loss(sqnr, product / length if length else float(signal == power))
