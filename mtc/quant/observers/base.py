"""What an observer is: it watches the values that a tensor takes, and says which range of them integers should stand
for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from mtc.ir.quantized import RANGES
from mtc.ir.types import QI8, DType

Range = tuple[float, float]
CHUNK = 1 << 15  # values that stay in the second-level cache while they are looked at


class NotFinite(ValueError):
    """A tensor holds NaN or an infinite number."""


def chunks(values: np.ndarray) -> Iterator[tuple[np.ndarray, float, float]]:
    """A tensor in pieces, each with its least and its greatest value. NotFinite if these are no numbers."""
    flat = values.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        chunk = flat[start : start + CHUNK]
        low, high = float(chunk.min()), float(chunk.max())
        if not (isfinite(low) and isfinite(high)):
            raise NotFinite
        yield chunk, low, high


def extremes(values: np.ndarray) -> Range | None:
    """The least and the greatest value, if there is any."""
    ends = [(low, high) for _, low, high in chunks(values)]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None


@dataclass(frozen=True)
class Grid:
    """The integers that a range is divided into. Those of symmetric ones have their zero point in the middle, and the
    range reaches as far below zero as above it."""

    dtype: DType = QI8
    is_symmetric: bool = False

    @property
    def steps(self) -> int:
        """How many scales wide a range is: one less than there are integers."""
        least, most = RANGES[self.dtype]
        return most - least - self.is_symmetric


class Observer(ABC):
    """Sees every batch of one tensor."""

    name = ""

    def __init__(self, grid: Grid = Grid()) -> None:
        self.grid = grid

    @abstractmethod
    def update(self, values: np.ndarray) -> None:
        """One batch. NotFinite if it holds NaN or an infinite number."""

    @abstractmethod
    def range(self) -> Range:
        """What integers should reach to; zero is not always inside. (0, 0) if nothing was seen."""

    def symmetric(self, low: float, high: float) -> Range:
        """The range itself, or the symmetric one that holds it where the grid is symmetric."""
        most = max(abs(low), abs(high))
        return (-most, most) if self.grid.is_symmetric else (low, high)
