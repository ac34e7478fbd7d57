"""Chooses where each operator runs: the first listed backend that can, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtc.delegates.library import KernelLibrary
from mtc.diagnostics import FALLBACK, NO_KERNEL, collected
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Module, Node
from mtc.ir.opspec import OpSpec, Trait
from mtc.ops import OPS
from mtc.ops.shape import copy
from mtc.support.plural import counted


@dataclass(frozen=True)
class Placement:
    """A node's library, and for each library before it in the list why that one was passed over; no reasons where it
    does not matter which one runs the node. `is_fallback`: the first one of all should have run it."""

    library: KernelLibrary
    reasons: tuple[tuple[str, str], ...] = ()
    is_fallback: bool = False


def place(module: Module, backends: Sequence[KernelLibrary]) -> dict[Node, Placement]:
    """The placement of every node that computes. MtcError that names all nodes that no backend can run."""
    placements: dict[Node, Placement] = {}
    with collected() as report:
        for node in module.nodes():
            if node.op.has(Trait.STRUCTURAL):
                continue
            library, reasons = first_that_can(node, backends)
            if library is not None:
                shown = () if runs_anywhere(node.op) else reasons
                placements[node] = Placement(library, shown, is_fallback(library.key(node), backends[0]))
                continue
            report(
                NO_KERNEL(
                    f"no kernel for `{node.op.name}`",
                    at="; ".join(map(str, node.loc)) or None,
                    notes=[reason for _, reason in reasons],
                    help=f"another dtype may be supported: `mtc ops {node.op.name}` lists them",
                    op=node.op.name,
                )
            )
    return placements


def first_that_can(
    node: Node, backends: Sequence[KernelLibrary]
) -> tuple[KernelLibrary | None, tuple[tuple[str, str], ...]]:
    """The first library that can run `node`, and for each before it, or for all if none can, why not."""
    reasons: list[tuple[str, str]] = []
    for library in backends:
        reason = _why_not(library, node)
        if reason is None:
            return library, tuple(reasons)
        reasons.append((library.name, reason))
    return None, tuple(reasons)


def runs_anywhere(op: OpSpec) -> bool:
    """Whether it does not matter which library runs it. A view and a check need no code, a copy is one everywhere, and
    the work of control flow is that of the functions it nests."""
    return op.has(Trait.VIEW) or op.has(Trait.EFFECT) or bool(op.regions) or op is copy


def is_fallback(kernel: str, first: KernelLibrary) -> bool:
    """Whether it matters that a node runs in the kernel of that key and not in one of the list's first library."""
    key = KernelKey.parse(kernel)
    if key.library == first.name:
        return False
    op = OPS.get(key.op)
    return op is None or not (runs_anywhere(op) or first.leaves_kernel(op, key.dtypes))


def refuse_fallback(placements: dict[Node, Placement]) -> None:
    """With --no-fallback: MtcError that names every operator that falls back, with reasons."""
    groups: dict[tuple[str, str], list[Node]] = {}
    for node, placement in placements.items():
        if placement.is_fallback:
            groups.setdefault((node.op.name, placement.reasons[0][1]), []).append(node)
    with collected() as report:
        for (name, reason), nodes in groups.items():
            places = dict.fromkeys(str(loc) for node in nodes for loc in node.loc)
            report(
                FALLBACK(
                    f"`{name}` would run on {placements[nodes[0]].library.name}: {counted(len(nodes), 'node')}",
                    at="; ".join(places) or None,
                    notes=(reason,),
                    help="leave out --no-fallback, or change the model",
                    op=name,
                )
            )


def _why_not(library: KernelLibrary, node: Node) -> str | None:
    reason = library.why_not(node)
    if reason is not None or library.layout is None or not node.op.has(Trait.LAYOUT_AWARE):
        return reason
    layout = node.attrs["layout"]
    return None if layout is library.layout else f"it was left in {layout.value}"
