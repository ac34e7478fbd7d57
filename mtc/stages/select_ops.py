"""select-ops: models or programs → the list of kernels they need."""

from __future__ import annotations

from collections.abc import Sequence

from mtc.ir.module import Module
from mtc.program.emitter import copy_key
from mtc.program.reader import Program
from mtc.selection.ops_list import OpsList
from mtc.stages.package import lowered


def select_ops(*models: Module | Program, backend: str | Sequence[str] | None = None) -> OpsList:
    """The kernels that programs of `models` need, each with the models and source lines that need it.

    `backend` is for modules; a program says itself which kernels it calls.
    """
    found = OpsList()
    for model in models:
        if isinstance(model, Program):
            found = found.merged(_of_program(model))
            continue
        name = str(model.meta.get("source", "model"))
        result = lowered(model, backend)
        kernels = {
            key: {name: tuple(sorted({str(loc) for node in nodes for loc in node.loc}))}
            for key, nodes in result.keys.items()
        }
        for state in model.states.values():  # updates of state are copies
            kernels.setdefault(copy_key(state.type.dtype), {name: ()})
        found = found.merged(OpsList(kernels))
    return found


def _of_program(program: Program) -> OpsList:
    lines: dict[str, set[str]] = {key: set() for key in program.kernels}
    for instruction in program.instructions:
        lines[instruction.kernel] |= {instruction.location} - {""}
    return OpsList({key: {program.path.name: tuple(sorted(users))} for key, users in sorted(lines.items())})
