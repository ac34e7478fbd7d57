"""Observers watch the values that a tensor takes, and say which range of them integers should stand for."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from mtc.diagnostics import UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

Range = tuple[float, float]


class Observer(ABC):
    """Sees every batch of one tensor."""

    name = ""

    @abstractmethod
    def update(self, values: np.ndarray) -> None:
        """One batch; numbers that are not finite have been refused before."""

    @abstractmethod
    def range(self) -> Range:
        """What integers should reach to. (0, 0) if nothing was seen."""


class MinMax(Observer):
    """All that was seen."""

    name = "min-max"

    def __init__(self) -> None:
        self._low, self._high = np.inf, -np.inf

    def update(self, values: np.ndarray) -> None:
        if values.size:
            self._low = min(self._low, float(values.min()))
            self._high = max(self._high, float(values.max()))

    def range(self) -> Range:
        return (self._low, self._high) if self._low <= self._high else (0.0, 0.0)


OBSERVERS: dict[str, type[Observer]] = {kind.name: kind for kind in (MinMax,)}


def observer(name: str) -> type[Observer]:
    """UNKNOWN_NAME if there is none of that name."""
    if name not in OBSERVERS:
        raise UNKNOWN_NAME.error(f"no observer is called `{name}`", help=did_you_mean(name, OBSERVERS))
    return OBSERVERS[name]
