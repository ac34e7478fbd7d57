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


class LossSum:
    """The loss over batches that come one after the other."""

    def __init__(self) -> None:
        self.signal = self.noise = self.product = self.power = 0.0

    def add(self, want: np.ndarray, got: np.ndarray) -> None:
        """One batch; what is not finite in the wanted one does not count."""
        a, b = want.astype(np.float64).reshape(-1), got.astype(np.float64).reshape(-1)
        finite = np.isfinite(a)
        a, b = a[finite], np.nan_to_num(b[finite])
        self.signal += float(a @ a)
        self.power += float(b @ b)
        self.product += float(a @ b)
        self.noise += float(((a - b) ** 2).sum())

    def loss(self) -> Loss:
        sqnr = math.inf if self.noise == 0 else -math.inf
        if self.noise and self.signal:
            sqnr = 10 * math.log10(self.signal / self.noise)
        length = math.sqrt(self.signal * self.power)
        return Loss(sqnr, self.product / length if length else float(self.signal == self.power))


def loss_of(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Loss:
    """Of (want, got) over all batches together."""
    total = LossSum()
    for want, got in pairs:
        total.add(want, got)
    return total.loss()
