"""mse: the range whose rounding and saturation together have the least squared error."""

from __future__ import annotations

import numpy as np

from mtc.quant.observers.base import Grid, Range
from mtc.quant.observers.histogram import Histogram, HistogramObserver

_COARSE = 48  # ends that are tried on either side at first
_FINE = (1.06, 1.03, 1.01, 1.003, 1.001)  # how far apart those are that are tried around the best, as a ratio
_SMALLEST = 1e-3  # of the range seen


class MeanSquaredError(HistogramObserver):
    """Searches both ends, as torch's HistogramObserver does from the outside in; here from a grid of ranges whose error
    is estimated to the best of them, whose error is computed."""

    name = "mse"

    def chosen(self) -> Range:
        counted = self.histogram.magnitudes() if self.grid.is_symmetric else self.histogram
        starts = np.array([_estimated_best(counted, self.grid), (counted.low, counted.high)])
        errors = squared_errors(counted, starts, self.grid)
        best, (low, high) = float(errors.min()), map(float, starts[errors.argmin()])
        for ratio in _FINE:
            while True:
                around = np.array(
                    [(low * ratio**i, high * ratio**j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
                )
                errors = squared_errors(counted, around, self.grid)
                if not errors.min() < best:
                    break
                best = float(errors.min())
                low, high = map(float, around[errors.argmin()])
        return low, high


def _estimated_best(counted: Histogram, grid: Grid) -> Range:
    """Of many ranges the one with the least error, if values that do not saturate lie anywhere between the steps."""
    centers = (counted.edges[:-1] + counted.edges[1:]) / 2
    least, most = min(counted.low, 0.0), max(counted.high, 0.0)
    parts = np.geomspace(_SMALLEST, 1.0, _COARSE)
    highs = parts * most if most else np.zeros(1)
    lows = parts * least if least else np.zeros(1)
    above, beyond = _saturation(centers, counted.counts, highs)
    below, beneath = _saturation(-centers[::-1], counted.counts[::-1], -lows)
    inside = counted.counts.sum() - below[:, None] - above[None, :]
    scale = (highs[None, :] - lows[:, None]) * (2 if grid.is_symmetric else 1) / grid.steps
    errors = inside * scale**2 / 12 + beneath[:, None] + beyond[None, :]
    i, j = np.unravel_index(int(errors.argmin()), errors.shape)
    return float(lows[i]), float(highs[j])


def _saturation(centers: np.ndarray, counts: np.ndarray, limits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each limit, how many values are above it, and the sum of their squared distances from it."""
    places = np.searchsorted(centers, limits, side="right")
    number, first, second = (
        np.append(np.cumsum((counts * centers**power)[::-1])[::-1], 0.0)[places] for power in (0, 1, 2)
    )
    return number, second - 2 * limits * first + limits**2 * number


def squared_errors(counted: Histogram, ranges: np.ndarray, grid: Grid) -> np.ndarray:
    """The sum of squared errors for each of `ranges`, [n, 2], if the values of a bin are spread over it evenly.

    The error of x repeats with every step, so its square has the integral s^3 (k / 12 + r^3 / 3) from 0 to s (k + r),
    where k is an integer and -1/2 <= r <= 1/2; beyond the range it grows as a cube.
    """
    low, high = np.minimum(ranges[:, :1], 0.0), np.maximum(ranges[:, 1:], 0.0)
    if grid.is_symmetric:
        low = -np.maximum(-low, high)
        high = -low
    scale = np.maximum((high - low) / grid.steps, np.finfo(np.float64).tiny)
    least = np.rint(low / scale) * scale  # zero is a step
    most = least + grid.steps * scale
    edges = counted.edges[None, :]
    inside = np.clip(edges, least, most)
    steps = inside / scale
    whole = np.rint(steps)
    integral = scale**3 * (whole / 12 + (steps - whole) ** 3 / 3) + (edges - inside) ** 3 / 3
    errors: np.ndarray = np.diff(integral, axis=1) @ counted.counts / counted.width
    return errors
