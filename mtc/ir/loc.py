"""Where operators come from in the user's program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loc:
    """Where an operator comes from: the path of the module that called it, and the user's source line."""

    module: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.source} ({self.module})" if self.source and self.module else self.source or self.module


def merged(*locs: tuple[Loc, ...]) -> tuple[Loc, ...]:
    """The places of several nodes as one, in order, each once."""
    return tuple(dict.fromkeys(loc for group in locs for loc in group))
