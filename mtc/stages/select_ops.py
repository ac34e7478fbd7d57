"""select-ops: models or programs → the list of kernels they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtc.ir.module import Module
from mtc.lower import Lowered
from mtc.program.emitter import copy_key
from mtc.program.reader import Program
from mtc.selection import ops_list
from mtc.selection.ops_list import OpsList
from mtc.stages.package import lowered


def select_ops(*models: Module | Lowered | Program, backend: str | Sequence[str] | None = None) -> OpsList:
    """The kernels that programs of `models` need, each with the models and source lines that need it.

    `backend` is for modules; what is lowered has been placed, and a program says itself which kernels it calls.
    """
    found = OpsList()
    for model in models:
        if isinstance(model, Program):
            found = found.merged(_of_program(model))
        else:
            found = found.merged(_of_lowered(lowered(model, backend) if isinstance(model, Module) else model))
    return found


def select_ops_to(
    output: Path,
    *models: Module | Lowered | Program,
    backend: str | Sequence[str] | None = None,
    merge: Iterable[Path] = (),
) -> OpsList:
    """Writes what `select_ops` finds, and with it the lists in the files `merge`."""
    found = select_ops(*models, backend=backend)
    for other in merge:
        found = found.merged(ops_list.load(other))
    found.save(output)
    return found


def _of_lowered(result: Lowered) -> OpsList:
    name = str(result.module.meta.get("source", "model"))
    kernels = {
        key: {name: tuple(sorted({str(loc) for node in nodes for loc in node.loc}))}
        for key, nodes in result.keys.items()
    }
    for state in result.module.states.values():  # updates of state are copies
        kernels.setdefault(copy_key(state.type.dtype), {name: ()})
    return OpsList(kernels)


def _of_program(program: Program) -> OpsList:
    lines: dict[str, set[str]] = {key: set() for key in program.kernels}
    for instruction in program.instructions:
        lines[instruction.kernel] |= {instruction.location} - {""}
    return OpsList({key: {program.path.name: tuple(sorted(users))} for key, users in sorted(lines.items())})
