"""Finds the first operator of a program whose result is not its reference's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtc import interp, stages
from mtc.analysis.verify import distance
from mtc.ir.module import Module
from mtc.session import Session
from mtc.stages.taps import named, tappable, tapped

# Opens a session of the program in a file.
Opener = Callable[[Path], Session]


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
    max_rel: float = 1e-3,
    min_cosine: float = 0.9999,
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
        stages.package(module, path, backend=backend, taps=names)
        with open_session(path) as session:
            got = session.run(*inputs)
    own = len(function.outputs)
    rows = dict(zip(values, zip(got[own:], want[own:], strict=True), strict=True))
    rows |= dict(zip(function.outputs, zip(got[:own], want[:own], strict=True), strict=True))
    kernels = _kernels(module, backend)
    for node in function:
        for value in node.outputs:
            if value not in rows:
                continue
            rel, cosine = distance(*rows[value])
            if rel > max_rel or cosine < min_cosine:
                at = "; ".join(map(str, node.loc))
                return Layer(value.name, node.op.name, kernels.get(node.op.name, ""), at, rel, cosine)
    return None


def _kernels(module: Module, backend: Sequence[str] | None) -> dict[str, str]:
    """Each op's first kernel."""
    found: dict[str, str] = {}
    for key, nodes in stages.lowered(module, backend).keys.items():
        found.setdefault(nodes[0].op.name, key)
    return found
