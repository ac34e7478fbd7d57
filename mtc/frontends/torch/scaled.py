"""Sizes times a float, such as `0.6 * n`, before they are rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mtc.ir.dims import Bounds

_MOST_TRIED = 2**16


@dataclass(frozen=True)
class ScaledSize:
    """A size times a number, or by one: a float product of one rounding. `by` is the fraction that is meant."""

    size: Any
    times: Fraction  # what the float is, exactly
    by: Fraction

    def is_exact(self, kind: str, sizes: Bounds | None) -> bool:
        """Whether Python rounds the float as the fraction's product would be, for all `sizes`.

        They can differ where the fraction gives an integer (for `round`, a half) and the float product another number
        beside it. No product is another if the float is off by at most 2**-54 of itself, half of the least distance
        between two floats. An integer that is missed upwards has the same floor, one that is missed downwards the same
        ceiling.
        """
        if self.by <= 0:
            return False
        off = (self.times - self.by) / self.by
        is_harmless = (
            abs(off) <= Fraction(1, 2**54)
            or (kind in ("FloorToInt", "TruncToInt") and off > 0)
            or (kind == "CeilToInt" and off < 0)
            or (kind == "RoundToInt" and self.by.denominator % 2 == 1)
        )
        if is_harmless and abs(off) < Fraction(1, 2**52):
            return True
        if sizes is None or sizes.max is None or sizes.max > _MOST_TRIED:
            return False
        rounded: Any = {"CeilToInt": math.ceil, "RoundToInt": round}.get(kind, math.floor)
        tried = range(sizes.min, sizes.max + 1)
        return all(rounded(float(self.times * size)) == rounded(self.by * size) for size in tried)


def scaled_size(expr: Any) -> ScaledSize | None:
    """What the sympy expression of a float multiplies or divides; None if it is another one."""
    if type(expr).__name__ == "FloatTrueDiv" and expr.args[1].is_number and expr.args[1] != 0:
        size, times = expr.args[0], 1 / Fraction(float(expr.args[1]))
    else:
        factor, size = expr.as_coeff_Mul()
        times = Fraction(float(factor))
    is_size = type(size).__name__ == "ToFloat"
    return ScaledSize(size.args[0], times, times.limit_denominator(1000)) if is_size else None
