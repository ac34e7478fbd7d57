"""What is done to a float model's weights before it is quantized, so that it loses less."""

from __future__ import annotations

from mtc.build.progress import Progress, silent
from mtc.ir.module import Module
from mtc.quant.data import Data
from mtc.quant.equalization import equalize
from mtc.quant.improvements import Improvements
from mtc.quant.smoothing import smooth
from mtc.stages.tapped_runs import tapped_runs


def rescale(
    module: Module, improvements: Improvements, data: Data, threads: int = 1, progress: Progress = silent
) -> None:
    """Scales the channels of a module whose values have names, in place. It stays the same function."""
    if improvements.equalize:
        equalize(module, tapped_runs(module, data, threads, progress))
    if improvements.smooth is not None:
        smooth(module, tapped_runs(module, data, threads, progress), improvements.smooth)
