"""Canonical module + backends → what a program holds: layouts chosen, operators legal, every node placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtc.delegates.library import KernelLibrary
from mtc.ir.clone import clone
from mtc.ir.module import Module, Node
from mtc.ir.verifier import verify
from mtc.partition import Placement, place
from mtc.passes.base import Pass
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.layout import ChooseLayout
from mtc.passes.permutes import PERMUTES_TO_RESHAPES, SINK_PERMUTES


@dataclass(frozen=True)
class Lowered:
    """A module of form `lowered`, and where each of its nodes runs."""

    module: Module
    placements: dict[Node, Placement]

    @property
    def keys(self) -> dict[str, list[Node]]:
        """The kernels it needs, each with the nodes that need it."""
        found: dict[str, list[Node]] = {}
        for node, placement in self.placements.items():
            found.setdefault(placement.library.key(node), []).append(node)
        return dict(sorted(found.items()))


def lowering(backends: Sequence[KernelLibrary]) -> tuple[Pass, ...]:
    """The passes of lowering, in order."""
    return (
        ChooseLayout(tuple(backends)),
        SINK_PERMUTES,
        FOLD_CONSTANTS,
        PERMUTES_TO_RESHAPES,
        FOLD_CONSTANTS,
        ELIMINATE_DEAD_CODE,
    )


def lower(module: Module, backends: Sequence[KernelLibrary]) -> Lowered:
    """Deterministic; `module` is left as it was. MtcError if an operator can run nowhere."""
    lowered = clone(module)
    lowered.form = "lowered"
    for step in lowering(backends):
        step.run(lowered)
        verify(lowered)
    return Lowered(lowered, place(lowered, backends))
