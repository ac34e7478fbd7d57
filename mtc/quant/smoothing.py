"""SmoothQuant: channels whose values are large are made smaller, and the weights that they are multiplied with larger,
so that one scale fits all channels. G. Xiao et al., SmoothQuant, ICML 2023, equation 4.

The paper scales a norm's weights; here every seam is one, also from a convolution or linear layer to the next.
"""

from __future__ import annotations

import numpy as np

from mtc.ir.module import Module
from mtc.quant.calibration import Runs
from mtc.quant.observers.base import NotFinite
from mtc.quant.rescaling import Rescaling
from mtc.quant.seams import Channels

_SMALLEST = 1e-5  # of a factor, and of what it is computed from


def smooth(module: Module, runs: Runs, alpha: float) -> int:
    """Rescales the weights of `@forward`; returns how many seams it found. `alpha`: how much of a range goes from the
    values to the weights, 0 to 1."""
    rescaling = Rescaling.of(module, runs)
    watched = {
        sink.node.operand(0): LargestOfChannels(sink.channels, seam.count)
        for seam in rescaling.found
        for sink in seam.sinks
    }
    runs.watch(watched, "looking for large channels")
    for seam in rescaling.found:
        values = np.max([watched[sink.node.operand(0)].largest for sink in seam.sinks], axis=0)
        weights = rescaling.largest_by_input(seam)
        is_there = (values > _SMALLEST) & (weights > _SMALLEST)
        values, weights = np.where(is_there, values, 1.0), np.where(is_there, weights, 1.0)
        rescaling.scale(seam, np.maximum(values**alpha / weights ** (1 - alpha), _SMALLEST))
    rescaling.write()
    return len(rescaling.found)


class LargestOfChannels:
    """Watches for the largest magnitude in each channel."""

    def __init__(self, channels: Channels, count: int) -> None:
        self.channels = channels
        self.largest = np.zeros(count)

    def update(self, values: np.ndarray) -> None:
        found = np.abs(self.channels.of(values, len(self.largest))).max(axis=1, initial=0.0)
        if not np.all(np.isfinite(found)):
            raise NotFinite
        self.largest = np.maximum(self.largest, found)
