"""Numbers that ATen takes for each spatial axis of an image."""

from __future__ import annotations

from collections.abc import Sequence


def spread(values: int | Sequence[int], count: int) -> tuple[int, ...]:
    """One number for all axes, as ATen allows; none where none are given."""
    given = (values,) if isinstance(values, int) else tuple(values)
    return given * count if len(given) == 1 else given
