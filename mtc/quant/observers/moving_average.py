"""moving-average: what batches reach to on average, later ones counting more."""

from __future__ import annotations

import numpy as np

from mtc.quant.observers.base import Grid, Observer, Range, extremes


class MovingAverage(Observer):
    """Least and greatest value of each batch, averaged as torch's MovingAverageMinMaxObserver does: a batch moves the
    range by `constant` of its distance from it."""

    name = "moving-average"

    def __init__(self, grid: Grid = Grid(), *, constant: float = 0.01) -> None:
        super().__init__(grid)
        self.constant = constant
        self._range: Range | None = None

    def update(self, values: np.ndarray) -> None:
        found, before = extremes(values), self._range
        if found is None:
            return
        if before is not None:
            low, high = (old + self.constant * (new - old) for old, new in zip(before, found, strict=True))
            found = (low, high)
        self._range = found

    def range(self) -> Range:
        return self.symmetric(*self._range) if self._range is not None else (0.0, 0.0)
