"""Canonical module + backends → what a program holds: layouts chosen, operators legal, every node placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtc import ops
from mtc.delegates.library import KernelLibrary
from mtc.ir.clone import clone
from mtc.ir.module import Module, Node
from mtc.ir.verifier import verify
from mtc.ops.define import Layout
from mtc.partition import Placement, place
from mtc.passes.base import Group, Pass
from mtc.passes.common_subexpressions import ELIMINATE_COMMON_SUBEXPRESSIONS
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.decomposition import DECOMPOSE_BATCH_NORM, WidenConv1d
from mtc.passes.layout import ChooseLayout
from mtc.passes.padded_taps import SPLIT_PADDED_TAPS
from mtc.passes.permute_sinking import SINK_PERMUTES
from mtc.passes.permutes import SIMPLIFY_RESHAPES
from mtc.passes.runner import PassOptions, run_passes
from mtc.passes.weight_decoding import DECODE_WEIGHTS
from mtc.program.storage import is_free


@dataclass(frozen=True)
class Lowered:
    """A module of form `lowered`, where each of its nodes runs, and the backends there were, first choice first."""

    module: Module
    placements: dict[Node, Placement]
    backends: tuple[KernelLibrary, ...]

    @property
    def keys(self) -> dict[str, list[Node]]:
        """The kernels it needs, each with the nodes that need it."""
        found: dict[str, list[Node]] = {}
        for node, placement in self.placements.items():
            if is_free(node):
                continue
            found.setdefault(placement.library.key(node), []).append(node)
        return dict(sorted(found.items()))


def lowering(backends: Sequence[KernelLibrary]) -> tuple[Pass, ...]:
    """The passes of lowering, in order."""

    def runs_in_nhwc(node: Node) -> bool:
        return _first(backends, node, Layout.NHWC)

    def lacks_conv1d(node: Node) -> bool:
        return any(ops.conv2d in library.supports and node.op not in library.supports for library in backends)

    return (
        DECODE_WEIGHTS,
        SPLIT_PADDED_TAPS,
        WidenConv1d(lacks_conv1d),
        DECOMPOSE_BATCH_NORM,
        FOLD_CONSTANTS,  # libraries ask whether weights are constants
        ChooseLayout(runs_in_nhwc),
        Group("place-permutes", (ELIMINATE_COMMON_SUBEXPRESSIONS, SINK_PERMUTES)),
        FOLD_CONSTANTS,
        SIMPLIFY_RESHAPES,
        FOLD_CONSTANTS,
        ELIMINATE_COMMON_SUBEXPRESSIONS,
        ELIMINATE_DEAD_CODE,
    )


def _first(backends: Sequence[KernelLibrary], node: Node, layout: Layout) -> bool:
    """Whether the first library that can run `node` wants it in `layout`."""
    chosen = next((library for library in backends if library.why_not(node) is None), None)
    return chosen is not None and chosen.layout is layout


def lower(module: Module, backends: Sequence[KernelLibrary], options: PassOptions = PassOptions()) -> Lowered:
    """Deterministic; `module` is left as it was. MtcError if an operator can run nowhere."""
    lowered = clone(module)
    lowered.form = "lowered"
    run_passes(lowered, lowering(backends), options)
    verify(lowered)
    return Lowered(lowered, place(lowered, backends), tuple(backends))
