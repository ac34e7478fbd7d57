"""Nearest names, for "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely stands for, or None if none is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A help text: the nearest name, else all of them."""
    names = sorted(known)
    best = nearest(name, names)
    return f"did you mean `{best}`?" if best else "known: " + ", ".join(names)
