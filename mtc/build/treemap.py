"""Squarified treemaps: rectangles with given areas, as near to squares as they will be (Bruls, Huizing and van Wijk,
Squarified Treemaps, 2000)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rect:
    """A place on the page, in its units."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, side: float, top: float) -> Rect:
        """Without a border; empty rather than inside out."""
        width, height = max(self.width - 2 * side, 0.0), max(self.height - top - side, 0.0)
        return Rect(self.x + side, self.y + top, width, height)


def squarified(sizes: Sequence[float], area: Rect) -> list[Rect]:
    """A rectangle for each of `sizes`, positive and falling, with areas in their proportion; they fill `area`."""
    found: list[Rect] = []
    scale = area.width * area.height / sum(sizes) if sizes else 0.0
    scaled, start = [size * scale for size in sizes], 0
    while start < len(scaled):
        side, stop = min(area.width, area.height), start + 1
        while stop < len(scaled) and _worst(scaled[start : stop + 1], side) <= _worst(scaled[start:stop], side):
            stop += 1
        row, area = _row(scaled[start:stop], area)
        found += row
        start = stop
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The ratio of the sides of the longest rectangle of a row laid along `side`."""
    total = sum(row)
    if not side or not total:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _row(row: Sequence[float], area: Rect) -> tuple[list[Rect], Rect]:
    """The rectangles of a row along the shorter side of `area`, and what is left of that."""
    total, found = sum(row), []
    if area.width >= area.height:
        depth, y = (total / area.height if area.height else 0.0), area.y
        for size in row:
            length = size / depth if depth else 0.0
            found.append(Rect(area.x, y, depth, length))
            y += length
        return found, Rect(area.x + depth, area.y, max(area.width - depth, 0.0), area.height)
    depth, x = (total / area.width if area.width else 0.0), area.x
    for size in row:
        length = size / depth if depth else 0.0
        found.append(Rect(x, area.y, length, depth))
        x += length
    return found, Rect(area.x, area.y + depth, area.width, max(area.height - depth, 0.0))
