"""select-ops: models or programs → the list of kernels they need."""

from __future__ import annotations

from collections.abc import Sequence

from mtc.ir.module import Module
from mtc.program.emitter import COPY_KEY
from mtc.selection.ops_list import OpsList
from mtc.stages.package import lowered


def select_ops(*models: Module, backend: str | Sequence[str] | None = None) -> OpsList:
    """The kernels that programs of `models` need, each with the models and source lines that need it."""
    found = OpsList()
    for model in models:
        name = str(model.meta.get("source", "model"))
        result = lowered(model, backend)
        kernels = {
            key: {name: tuple(sorted({str(loc) for node in nodes for loc in node.loc}))}
            for key, nodes in result.keys.items()
        }
        for state in model.states.values():  # updates of state are copies
            kernels.setdefault(COPY_KEY.format(state.type.dtype), {name: ()})
        found = found.merged(OpsList(kernels))
    return found
