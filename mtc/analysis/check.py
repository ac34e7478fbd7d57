"""Everything that would stop or slow a model, all at once, with nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mtc import stages
from mtc.analysis.model_card import memory_of
from mtc.analysis.placement import PlacedOps, placed_ops
from mtc.diagnostics import FALLBACK, Diagnostic, MtcError
from mtc.ir.module import Module
from mtc.support.plural import counted


@dataclass
class Findings:
    """What stops the model, what slows it, what is merely worth knowing."""

    stops: list[Diagnostic] = field(default_factory=list)
    slows: list[Diagnostic] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    placement: list[PlacedOps] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "stops": [diagnostic.to_json() for diagnostic in self.stops],
            "slows": [diagnostic.to_json() for diagnostic in self.slows],
            "warnings": self.warnings,
            "placement": [row.to_json() for row in self.placement],
            **self.facts,
        }


def check(source: str, backend: Sequence[str]) -> Findings:
    """Takes `source` through every stage in memory. UNKNOWN_NAME for a backend that does not exist."""
    found = Findings()
    try:
        model = stages.export(source, warn=lambda text: found.warnings.append(str(text)))
        _lowered(stages.optimize(model, backend), found)
    except MtcError as error:
        found.stops += error.diagnostics
    return found


def _lowered(model: Module, found: Findings) -> None:
    lowered = stages.lowered(model)
    found.placement = placed_ops(lowered)
    total = sum(row.flops for row in found.placement) or 1
    for row in found.placement:
        if row.is_fallback:
            share = f"{row.flops / total:.1%} of the FLOPs"
            found.slows.append(
                FALLBACK(
                    f"`{row.op}` runs on {row.backend}: {counted(row.count, 'node')}, {share}",
                    at="; ".join(row.at) or None,
                    notes=(row.reason,),
                    help="`mtc inspect --why-not` ranks what keeps operators off a backend",
                    op=row.op,
                )
            )
    found.facts = {
        "kernels": list(lowered.keys),
        "memory": {function.name: memory_of(lowered, function) for function in lowered.module.functions.values()},
    }
