"""Calibration: runs the model on data and lets observers see what its values are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mtc.quant.observers import MakeObserver

# Values of one batch by the order of `names`.
Run = Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]]


@dataclass
class Calibrated:
    """The range of each value, and over how many batches."""

    ranges: dict[str, tuple[float, float]]
    batches: int


def calibrate(
    run: Run, names: Sequence[str], batches: Iterable[Sequence[np.ndarray]], make: MakeObserver
) -> Calibrated:
    """Runs every batch; `run` returns the values `names`."""
    observers = {name: make() for name in names}
    count = 0
    for arrays in batches:
        for name, values in zip(names, run(arrays), strict=True):
            observers[name].update(values)
        count += 1
    return Calibrated({name: observer.range() for name, observer in observers.items()}, count)
