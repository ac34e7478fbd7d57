"""min-max: all that was seen."""

from __future__ import annotations

import numpy as np

from mtc.quant.observers.base import Grid, Observer, Range, extremes


class MinMax(Observer):
    """The range of all values: nothing saturates, and one outlier makes every step wide."""

    name = "min-max"

    def __init__(self, grid: Grid = Grid()) -> None:
        super().__init__(grid)
        self._range: Range | None = None

    def update(self, values: np.ndarray) -> None:
        found, before = extremes(values), self._range
        if found is not None:
            self._range = found if before is None else (min(found[0], before[0]), max(found[1], before[1]))

    def range(self) -> Range:
        return self.symmetric(*self._range) if self._range is not None else (0.0, 0.0)
