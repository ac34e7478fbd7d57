"""percentile: all but a few outliers."""

from __future__ import annotations

from mtc.quant.observers.base import Grid, Range
from mtc.quant.observers.histogram import HistogramObserver


class Percentile(HistogramObserver):
    """The range that `percent` of the values lie in; of the others half are below it and half above. In a symmetric
    grid their magnitudes count."""

    name = "percentile"

    def __init__(self, grid: Grid = Grid(), *, percent: float = 99.99) -> None:
        super().__init__(grid)
        self.percent = percent

    def chosen(self) -> Range:
        cut = 1 - self.percent / 100
        if self.grid.is_symmetric:
            most = self.histogram.magnitudes().quantile(1 - cut)
            return (-most, most)
        return self.histogram.quantile(cut / 2), self.histogram.quantile(1 - cut / 2)
