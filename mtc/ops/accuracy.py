"""How far a kernel may be from an op's reference, in numbers, for each accuracy class and dtype.

A result passes if |got - want| <= absolute * scale + relative * |want|, where `scale` is 1 for pointwise classes and
the largest magnitude of the result for reductions: a sum of large terms may be near zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtc.ir.opspec import Accuracy
from mtc.ir.types import BF16, F16, F32, F64, DType

EPSILON = {F64: 2.0**-52, F32: 2.0**-23, F16: 2.0**-10, BF16: 2.0**-7}
# Units of epsilon allowed, for each class.
_UNITS = {Accuracy.EXACT: 0.0, Accuracy.ROUNDING: 4.0, Accuracy.TRANSCENDENTAL: 16.0, Accuracy.REDUCTION: 64.0}


@dataclass(frozen=True)
class Tolerance:
    """Allowed difference of a result."""

    absolute: float
    relative: float
    is_scaled: bool

    def excess(self, got: np.ndarray, want: np.ndarray) -> float:
        """The largest difference divided by what is allowed; at most 1.0 passes. NaN matches NaN, inf itself."""
        got64, want64 = np.asarray(got, np.float64), np.asarray(want, np.float64)
        same = (got64 == want64) | (np.isnan(got64) & np.isnan(want64))
        if same.all():
            return 0.0
        finite = np.isfinite(want64)
        if not finite[~same].all() or not np.isfinite(got64[~same]).all() or not (self.absolute or self.relative):
            return float("inf")
        scale = float(np.abs(want64[finite]).max(initial=0.0)) if self.is_scaled else 1.0
        allowed = self.absolute * scale + self.relative * np.abs(want64[~same])
        return float((np.abs(got64[~same] - want64[~same]) / np.maximum(allowed, np.finfo(np.float64).tiny)).max())


def tolerance(accuracy: Accuracy, dtype: DType) -> Tolerance:
    """What a result of `dtype` may differ. Integers and bool are always exact."""
    if dtype not in EPSILON:
        return Tolerance(0.0, 0.0, False)
    size = _UNITS[accuracy] * EPSILON[dtype]
    return Tolerance(size, size, accuracy is Accuracy.REDUCTION)
