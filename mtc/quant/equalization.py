"""Cross-layer equalization: weights in front of a seam and behind it get the same range in every channel, so that no
channel is lost in the steps that another one needs. M. Nagel et al., Data-Free Quantization Through Weight Equalization
and Bias Correction, ICCV 2019, section 4.1.

The paper replaces every relu6 by a relu. Here only those whose limit no value reaches on the calibration data are, and
the others are no seams: the float model stays the same function.
"""

from __future__ import annotations

import numpy as np

from mtc.ir.module import Module
from mtc.quant.calibration import Runs
from mtc.quant.rescaling import Rescaling
from mtc.quant.seams import NORMS, Seam

_MOST_ROUNDS = 50
_CLOSE = 1e-3  # a factor this near to 1 changes nothing


def equalize(module: Module, runs: Runs) -> int:
    """Rescales the weights of `@forward`; returns how many seams it found."""
    rescaling = Rescaling.of(module, runs, lambda seam: seam.source.op not in NORMS)
    for _ in range(_MOST_ROUNDS):  # an operator between two seams has its weights scaled by both
        changed = 0.0
        for seam in rescaling.found:
            factors = _factors(rescaling, seam)
            rescaling.scale(seam, factors)
            changed = max(changed, float(np.abs(np.log(factors)).max()))
        if changed < _CLOSE:
            break
    rescaling.write()
    return len(rescaling.found)


def _factors(rescaling: Rescaling, seam: Seam) -> np.ndarray:
    """sqrt(r1 / r2): what both ranges are the same with. A channel that is zero on one side stays as it is."""
    first, second = rescaling.largest_by_output(seam), rescaling.largest_by_input(seam)
    is_there = (first > 0) & (second > 0)
    return np.sqrt(np.where(is_there, first, 1.0) / np.where(is_there, second, 1.0))
