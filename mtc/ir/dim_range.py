"""Between which numbers a size lies, wherever its named dims are in their bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from mtc.ir.dims import Atom, Bounds, Dim

Range = tuple[float, float]


def range_of(size: Dim, bounds: Mapping[str, Bounds]) -> Range:
    """The least and the largest that `size` may be, or less and more: terms are taken each for itself."""
    if isinstance(size, int):
        return size, size
    low = high = 0.0
    for monomial, coefficient in size.terms:
        ends = [(float(coefficient), float(coefficient)), *(_range_of_atom(atom, bounds) for atom in monomial)]
        least, most = _product(ends)
        low, high = low + least, high + most
    return low, high


def _product(ranges: list[Range]) -> Range:
    least, most = ranges[0]
    for other in ranges[1:]:
        corners = [a * b if a and b else 0.0 for a in (least, most) for b in other]  # 0 times infinity is 0 here
        least, most = min(corners), max(corners)
    return least, most


def _range_of_atom(atom: Atom, bounds: Mapping[str, Bounds]) -> Range:
    if atom.kind == "dim":
        known = bounds.get(atom.name, Bounds(0))
        return known.min, inf if known.max is None else known.max
    (low, high), (least, most) = (range_of(arg, bounds) for arg in atom.args)
    if atom.kind in ("min", "max"):
        chosen: Callable[..., float] = min if atom.kind == "min" else max
        return chosen(low, least), chosen(high, most)
    if least <= 0:  # a division by what may be negative
        return -inf, inf
    if atom.kind == "%":
        return 0, most - 1 if low < 0 else min(high, most - 1)
    return low if low < 0 else 0, high if high > 0 else 0
