"""Observers by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mtc.diagnostics import UNKNOWN_NAME
from mtc.quant.observers.base import Grid, NotFinite, Observer, Range
from mtc.quant.observers.entropy import Entropy
from mtc.quant.observers.min_max import MinMax
from mtc.quant.observers.moving_average import MovingAverage
from mtc.quant.observers.mse import MeanSquaredError
from mtc.quant.observers.percentile import Percentile
from mtc.support.suggest import did_you_mean

__all__ = ["OBSERVERS", "Grid", "MakeObserver", "NotFinite", "Observer", "Range", "maker", "observer"]

OBSERVERS: dict[str, type[Observer]] = {
    kind.name: kind for kind in (MinMax, MovingAverage, Percentile, Entropy, MeanSquaredError)
}
MakeObserver = Callable[[], Observer]


def observer(name: str) -> type[Observer]:
    """UNKNOWN_NAME if there is none of that name."""
    if name not in OBSERVERS:
        raise UNKNOWN_NAME.error(f"no observer is called `{name}`", help=did_you_mean(name, OBSERVERS))
    return OBSERVERS[name]


def maker(name: str, grid: Grid, **options: Any) -> MakeObserver:
    """What makes observers for such a grid; `options` are those that this kind takes."""
    return partial(observer(name), grid, **options)
