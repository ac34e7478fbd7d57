"""Nearest names, for "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 30  # names that a reader still looks through


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely stands for, or None if none is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A help text: the nearest name, else all of them, or some if they are many."""
    names = sorted(known)
    best = nearest(name, names)
    if best:
        return f"did you mean `{best}`?"
    rest = len(names) - _MOST
    shown = names if rest <= 0 else [*names[:_MOST], f"and {rest:,} more"]
    return "known: " + ", ".join(shown)
