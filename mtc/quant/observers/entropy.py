"""entropy: the range in which integers tell as much of the values as they can."""

from __future__ import annotations

import numpy as np

from mtc.quant.observers.base import Range
from mtc.quant.observers.histogram import HistogramObserver

_THRESHOLDS = 128  # that are tried
_EPSILON = 1e-4  # counts of a bin that has none: a divergence needs some of all


class Entropy(HistogramObserver):
    """The threshold whose integers have the least Kullback-Leibler divergence from the values, as TensorRT chooses it:
    S. Migacz, 8-bit inference with TensorRT, GTC 2017. Values beyond it count as the threshold."""

    name = "entropy"

    def chosen(self) -> Range:
        seen = self.histogram
        counts, zero = seen.counts.copy(), int(np.searchsorted(seen.edges, 0.0))
        # Zeros are exact in every range, and would outweigh all else behind a relu.
        neighbour = zero + 1 if zero + 1 < counts.size else zero - 1
        if 0 <= zero < counts.size and neighbour >= 0:
            counts[zero] = counts[neighbour]
        threshold = best_threshold(counts, zero, self.grid.steps + 1) * seen.width
        return -threshold, threshold


def best_threshold(counts: np.ndarray, zero: int, levels: int) -> int:
    """How many bins on either side of the one at `zero` are best divided into `levels`."""
    reach = max(zero, counts.size - zero)
    is_two_sided = 0 < zero < counts.size
    fewest = min(levels // (1 + is_two_sided), reach)
    tried = np.unique(np.linspace(fewest, reach, _THRESHOLDS).astype(int))
    divergences = [divergence(counts, max(zero - bins, 0), min(zero + bins, counts.size), levels) for bins in tried]
    return int(tried[int(np.argmin(divergences))])


def divergence(counts: np.ndarray, first: int, end: int, levels: int) -> float:
    """Of the bins from `first` to `end` in so many levels from the bins themselves, to whose ends all others belong."""
    window = counts[first:end].astype(np.float64)
    if not window.any():
        return np.inf
    wanted = window.copy()
    wanted[0] += counts[:first].sum()
    wanted[-1] += counts[end:].sum()
    is_there = wanted > 0
    # Each level stands for all of its bins that hold anything, alike.
    starts = np.unique(np.arange(levels) * window.size // levels)
    sums = np.add.reduceat(window, starts)
    shares = sums / np.maximum(np.add.reduceat(is_there.astype(np.float64), starts), 1.0)
    got = np.repeat(shares, np.diff(np.append(starts, window.size))) * is_there
    p, q = _smooth(wanted), _smooth(got)
    return float(np.sum(p * np.log(p / q)))


def _smooth(counts: np.ndarray) -> np.ndarray:
    """A distribution that is zero nowhere: what empty bins get is taken from the others."""
    empty = counts == 0
    taken = _EPSILON * int(empty.sum()) / max(int((~empty).sum()), 1)
    smoothed = np.maximum(np.where(empty, _EPSILON, counts - taken), _EPSILON)
    return np.asarray(smoothed / smoothed.sum())
