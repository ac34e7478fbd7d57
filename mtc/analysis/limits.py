"""How far a result may be from its reference."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """`max_rel` by default as in runtime/tools/compare.h."""

    max_rel: float = 1e-3  # most of max|got - want| / max|want|
    min_cosine: float = 0.9999

    def accept(self, rel: float, cosine: float) -> bool:
        return rel <= self.max_rel and cosine >= self.min_cosine
