"""Where the operators of a lowered model run, why not on the first choice, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mtc.interp import bind_symbols
from mtc.ir.dims import Dim, evaluate, names_in
from mtc.ir.module import Module, Node
from mtc.ir.opspec import Trait
from mtc.lower import Lowered
from mtc.partition import Placement


@dataclass(frozen=True)
class PlacedOps:
    """The nodes of one op that run on one backend, for one reason. `flops` is for the sample's sizes."""

    op: str
    backend: str
    count: int
    flops: int
    reason: str  # why not on the first choice; empty if it runs there
    is_fallback: bool
    at: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def placed_ops(lowered: Lowered) -> list[PlacedOps]:
    """All of a model, most work first. Views, which run nowhere, are left out."""
    return _grouped(lowered, lambda placement: placement.reasons[0][1] if placement.reasons else "")


def why_not(lowered: Lowered, backend: str) -> list[PlacedOps]:
    """What kept nodes off `backend`, most FLOPs first."""
    return _grouped(lowered, lambda placement: dict(placement.reasons).get(backend))


def flops_of(node: Node, sizes: Mapping[str, int]) -> int:
    """Floating-point operations of one run of the node (multiply and add are two); 0 for an op that only moves data."""
    if node.op.flops is None:
        return 0
    count: Dim = node.op.flops(*node.op.group(node.input_types), **node.attrs)
    return evaluate(count, sizes) if names_in([count]) <= sizes.keys() else 0


def example_sizes(module: Module) -> dict[str, int]:
    """A number for each named dim: from the first sample, else its lower bound."""
    sizes: dict[str, int] = {}
    for function in module.functions.values():
        sizes |= {name: max(bounds.min, 1) for name, bounds in function.symbols.items()}
        samples = [s for s in module.samples.get(function.name, ()) if len(s.inputs) == len(function.inputs)]
        for sample in samples[:1]:
            sizes |= bind_symbols(function, [tensor.array().shape for tensor in sample.inputs])
    return sizes


def total_flops(rows: Iterable[PlacedOps]) -> int:
    return sum(row.flops for row in rows)


def _grouped(lowered: Lowered, reason_of: Callable[[Placement], str | None]) -> list[PlacedOps]:
    """Nodes by op, backend and reason, most FLOPs first; those without a reason (None) are left out, as views are."""
    sizes = example_sizes(lowered.module)
    groups: dict[tuple[str, str, str, bool], list[Node]] = {}
    for node, placement in lowered.placements.items():
        reason = reason_of(placement)
        if reason is not None and not node.op.has(Trait.VIEW):
            key = (node.op.name, placement.library.name, reason, placement.is_fallback)
            groups.setdefault(key, []).append(node)
    rows = [
        PlacedOps(op, backend, len(nodes), sum(flops_of(n, sizes) for n in nodes), reason, is_fallback, _places(nodes))
        for (op, backend, reason, is_fallback), nodes in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.flops, row.op, row.backend))


def _places(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(loc) for node in nodes for loc in node.loc))
