"""Canonical module + backends → what a program holds: layouts chosen, operators legal, every node placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtc import ops
from mtc.delegates.library import KernelLibrary
from mtc.ir.clone import clone
from mtc.ir.module import Module, Node
from mtc.ir.opspec import OpSpec
from mtc.ir.verifier import verify
from mtc.ops.define import Layout
from mtc.partition import Placement, place
from mtc.passes.affine import affine_of
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
    """The passes of lowering, in order. What they may do without is left out where a runtime lacks its kernels."""

    def runs_in_nhwc(node: Node) -> bool:
        return _first(backends, node, Layout.NHWC)

    return (
        DECODE_WEIGHTS,
        *((SPLIT_PADDED_TAPS,) if _offered(backends, ops.slice, ops.pad, ops.add) else ()),
        WidenConv1d(lambda node: is_widened(node, backends)),
        *((DECOMPOSE_BATCH_NORM,) if decomposes_batch_norm(backends) else ()),
        FOLD_CONSTANTS,  # libraries ask whether weights are constants
        ChooseLayout(runs_in_nhwc),
        Group("place-permutes", (ELIMINATE_COMMON_SUBEXPRESSIONS, SINK_PERMUTES)),
        FOLD_CONSTANTS,
        SIMPLIFY_RESHAPES,
        FOLD_CONSTANTS,
        ELIMINATE_COMMON_SUBEXPRESSIONS,
        ELIMINATE_DEAD_CODE,
    )


def is_widened(conv1d: Node, backends: Sequence[KernelLibrary]) -> bool:
    """Whether a library has convolutions of images only."""
    return any(library.offers(ops.conv2d) and not library.offers(conv1d.op) for library in backends)


def is_rewritten(node: Node, backends: Sequence[KernelLibrary]) -> bool:
    """Whether lowering says `node` by other operators, whatever kernels there are."""
    if node.op is ops.conv1d:
        return is_widened(node, backends)
    return node.op is ops.batch_norm and decomposes_batch_norm(backends) and affine_of(node, 1) is not None


def decomposes_batch_norm(backends: Sequence[KernelLibrary]) -> bool:
    """Whether batch norms become products and sums."""
    return _offered(backends, ops.mul, ops.add)


def _offered(backends: Sequence[KernelLibrary], *wanted: OpSpec) -> bool:
    return all(any(library.offers(op) for library in backends) for op in wanted)


def _first(backends: Sequence[KernelLibrary], node: Node, layout: Layout) -> bool:
    """Whether the first library that can run `node` wants it in `layout`."""
    chosen = next((library for library in backends if library.why_not(node) is None), None)
    return chosen is not None and chosen.layout is layout


def legalized(module: Module, backends: Sequence[KernelLibrary], options: PassOptions = PassOptions()) -> Module:
    """`module`, which is left as it was, as the backends want it; not yet placed."""
    result = clone(module)
    result.form = "lowered"
    run_passes(result, lowering(backends), options)
    verify(result)
    return result


def lower(module: Module, backends: Sequence[KernelLibrary], options: PassOptions = PassOptions()) -> Lowered:
    """Deterministic; `module` is left as it was. MtcError if an operator can run nowhere."""
    result = legalized(module, backends, options)
    return Lowered(result, place(result, backends), tuple(backends))
