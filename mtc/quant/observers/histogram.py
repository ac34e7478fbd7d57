"""How often a tensor's values fall into each of some bins, which widen as the range grows."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from mtc.quant.observers.base import CHUNK, Grid, Observer, Range, chunks

BINS = 4096  # at most; at least half of them lie between the least and the greatest value
_NARROWEST = -126  # of a bin, as a power of two: its reciprocal is a number too


class Histogram:
    """Counts of values in bins whose width is a power of two and whose edges are multiples of it; zero is inside.

    When a value falls outside, pairs of bins become one: the counts depend on the values only, not on their order or on
    how they were cut into batches.
    """

    def __init__(self, bins: int = BINS) -> None:
        self.bins = bins
        self.low, self.high = math.inf, -math.inf
        self.counts = np.zeros(1, np.int64)
        self._first = 0  # the first bin begins at this many widths
        self._exponent: int | None = None

    @property
    def is_flat(self) -> bool:
        """Whether no value but zero was seen."""
        return self._exponent is None

    @property
    def width(self) -> float:
        return math.ldexp(1.0, self._exponent or 0)

    @property
    def edges(self) -> np.ndarray:
        """Where bins begin, and where the last one ends, in f64."""
        return (self._first + np.arange(self.counts.size + 1)) * self.width

    def add(self, values: np.ndarray) -> None:
        """Counts values, in one pass over memory. NotFinite if one is no number."""
        reals = np.empty(min(CHUNK, values.size), np.float32)
        places = np.empty(reals.size, np.intp)
        for chunk, low, high in chunks(values):
            self._reach(low, high)
            if self._exponent is None:  # nothing but zeros so far
                self.counts[0] += chunk.size
                continue
            x, place = reals[: chunk.size], places[: chunk.size]
            np.multiply(chunk, np.float32(1 / self.width), out=x)  # exact
            np.floor(x, out=x)
            np.subtract(x, np.float32(self._first), out=x)
            np.copyto(place, x, casting="unsafe")
            self.counts += np.bincount(place, minlength=self.counts.size)

    def _reach(self, low: float, high: float) -> None:
        """Widens the bins until all up to `low` and `high` has one."""
        if self.low <= low and high <= self.high:
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        least, most = min(self.low, 0.0), max(self.high, 0.0)
        if least == most:
            return
        if self._exponent is None:
            self._exponent = max(math.frexp((most - least) / self.bins)[1] - 1, _NARROWEST)
        while math.floor(most / self.width) - math.floor(least / self.width) >= self.bins:
            self._merge_pairs()
        first = math.floor(least / self.width)
        last = math.floor(most / self.width)
        counts = np.zeros(last - first + 1, np.int64)
        counts[self._first - first : self._first - first + self.counts.size] = self.counts
        self.counts, self._first = counts, first

    def _merge_pairs(self) -> None:
        counts = np.pad(self.counts, (self._first % 2, 0))
        counts = np.pad(counts, (0, counts.size % 2))
        self.counts = counts.reshape(-1, 2).sum(axis=1)
        self._first //= 2
        assert self._exponent is not None
        self._exponent += 1

    def quantile(self, part: float) -> float:
        """The number that `part` of all values are not above, as if those of a bin were spread over it evenly."""
        below = np.cumsum(self.counts)
        wanted = part * float(below[-1])
        place = int(np.searchsorted(below, wanted))
        place = min(place, self.counts.size - 1)
        before = float(below[place - 1]) if place else 0.0
        inside = (wanted - before) / max(float(self.counts[place]), 1.0)
        return float(np.clip((self._first + place + inside) * self.width, self.low, self.high))

    def magnitudes(self) -> Histogram:
        """That of the values without their signs."""
        folded = Histogram(self.bins)
        folded._exponent = self._exponent
        folded.low, folded.high = 0.0, max(abs(self.low), abs(self.high))
        zero = -self._first
        above, below = self.counts[zero:], self.counts[:zero][::-1]
        folded.counts = np.zeros(max(above.size, below.size), np.int64)
        folded.counts[: above.size] += above
        folded.counts[: below.size] += below
        return folded


class HistogramObserver(Observer):
    """One whose range is chosen at the end, from how often each value occurred."""

    def __init__(self, grid: Grid = Grid()) -> None:
        super().__init__(grid)
        self.histogram = Histogram()

    def update(self, values: np.ndarray) -> None:
        self.histogram.add(values)

    def range(self) -> Range:
        """What `chosen` says, within what was seen."""
        seen = self.histogram
        if seen.is_flat:
            return (0.0, 0.0)
        low, high = self.symmetric(*self.chosen())
        least, most = self.symmetric(seen.low, seen.high)
        return max(low, least), min(high, most)

    @abstractmethod
    def chosen(self) -> Range:
        """The range, of at least one value that is not zero."""
