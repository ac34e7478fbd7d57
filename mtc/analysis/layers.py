"""Finds the first operator of a program whose result is not its reference's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtc import interp, ops, stages
from mtc.analysis.limits import Limits
from mtc.analysis.verify import distance
from mtc.ir.module import Module, Node, Value
from mtc.ir.opspec import Trait
from mtc.lower import Lowered
from mtc.program.storage import is_free
from mtc.session import Runner
from mtc.stages.taps import named, tappable, tapped

# Opens a session of the program in a file.
Opener = Callable[[Path], Runner]


@dataclass(frozen=True)
class Layer:
    """A value that differs: which operator computed it, where in the user's program, and how far it is off."""

    value: str
    op: str
    kernel: str
    at: str
    max_rel: float
    cosine: float

    def __str__(self) -> str:
        kernel = f" in `{self.kernel}`" if self.kernel else ""
        where = f" at {self.at}" if self.at else ""
        return f"`{self.op}` (%{self.value}){kernel}{where}: max_rel {self.max_rel:.3g}, cosine {self.cosine:.6f}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def first_divergence(
    model: Module,
    inputs: Sequence[np.ndarray],
    open_session: Opener,
    *,
    backend: Sequence[str] | None = None,
    limits: Limits = Limits(),
) -> Layer | None:
    """The first value, in program order, that the runtime computes otherwise than the NumPy references do.

    Every value inside the model becomes an output of a second program, which is run on the same inputs.
    """
    module = named(model)
    function = module.functions["forward"]
    values = [*tappable(function)]
    names = [value.name for value in values]
    want = interp.run(tapped(module, names), inputs)
    with tempfile.TemporaryDirectory(prefix="mtc-layers-") as folder:
        path = Path(folder, "taps.mtp")
        packaged = stages.package(module, path, backend=backend, taps=names)
        with open_session(path) as session:
            got = session.run(*inputs)
    computed = packaged.module.functions["forward"].outputs
    rows = zip(got, want, computed, strict=True)
    returned = dict(zip([*function.outputs, *values], rows, strict=True))
    for node in function:
        for value in node.outputs:
            if value not in returned:
                continue
            a, b, lowered = returned[value]
            rel, cosine = distance(a, b)
            if not limits.accept(rel, cosine):
                at = "; ".join(map(str, node.loc))
                return Layer(value.name, node.op.name, _kernel(packaged, lowered, node), at, rel, cosine)
    return None


def _kernel(packaged: Lowered, value: Value, node: Node) -> str:
    """The key of the kernel that computes `value`, which is what lowering made of a result of `node`: behind the
    permutes and views that it added. Empty if there is none, because lowering folded the node away."""
    producer = value.producer
    while producer is not None and producer.op is not node.op and _only_moves(producer):
        (source,) = producer.inputs
        producer = source.producer if source is not None else None
    placement = packaged.placements.get(producer) if producer is not None else None
    return "" if producer is None or placement is None or is_free(producer) else placement.library.key(producer)


def _only_moves(node: Node) -> bool:
    return node.op is ops.permute or node.op.has(Trait.VIEW)
