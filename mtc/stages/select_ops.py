"""select-ops: models or programs → the list of kernels they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mtc.delegates.registry import backends
from mtc.diagnostics import CANNOT_READ, MtcError, Report, collected
from mtc.ir.module import Module
from mtc.lower import Lowered
from mtc.program.emitter import copy_key
from mtc.program.reader import Program
from mtc.selection import by_hand, ops_list
from mtc.selection.ops_list import OpsList
from mtc.stages.files import load_any
from mtc.stages.package import DEFAULT_BACKENDS, lowered

_MODELS = (".mtc", ".mtp")


def select_ops(
    *models: Module | Lowered | Program, backend: str | Sequence[str] | None = None, files: Sequence[Path] = ()
) -> OpsList:
    """The kernels that programs of `models` need, each with the models and source lines that need it.

    `backend` is for modules; what is lowered has been placed, and a program says itself which kernels it calls. A model
    is called by the file of its source, and a program by its own. Where several would be called the same they are told
    apart by `files`, which the models were read from, in their order, or else by number.
    """
    found = OpsList()
    for model, name in zip(models, _names(models, files), strict=True):
        if isinstance(model, Program):
            found = found.merged(_of_program(model, name))
        else:
            found = found.merged(_of_lowered(lowered(model, backend) if isinstance(model, Module) else model, name))
    return found


def select_ops_to(
    output: Path,
    *models: Module | Lowered | Program,
    backend: str | Sequence[str] | None = None,
    files: Sequence[Path] = (),
    merge: Iterable[Path] = (),
    named: Iterable[str] = (),
) -> OpsList:
    """Writes what `select_ops` finds, and with it the lists in the files `merge` and the kernels `named` by hand."""
    found = select_ops(*models, backend=backend, files=files)
    chosen = backend or DEFAULT_BACKENDS
    found = found.merged(by_hand.named(named, backends(chosen if isinstance(chosen, str) else tuple(chosen))))
    for other in merge:
        found = found.merged(ops_list.load(other))
    found.save(output)
    return found


def models_in(paths: Iterable[Path]) -> list[Path]:
    """The models and programs that `paths` name: of a folder all that it holds, at any depth, in order. CANNOT_READ
    for folders without any."""
    found: dict[Path, None] = {}
    with collected() as report:
        for path in paths:
            if not path.is_dir():
                found[path] = None
                continue
            inside = sorted(file for file in path.rglob("*") if file.suffix in _MODELS and file.is_file())
            found |= dict.fromkeys(inside)
            if not inside:
                report(CANNOT_READ(f"the folder `{path}` holds no {' or '.join(_MODELS)}"))
    return list(found)


def load_all(paths: Iterable[Path]) -> list[Module | Program]:
    """Every model and program. MtcError that names all that cannot be read."""
    with collected() as report:
        found = [_loaded(path, report) for path in paths]
    return [model for model in found if model is not None]


def _loaded(path: Path, report: Report) -> Module | Program | None:
    try:
        return load_any(path)
    except MtcError as error:
        for diagnostic in error.diagnostics:
            report(replace(diagnostic, at=diagnostic.at or str(path)))
        return None


def _names(models: Sequence[Module | Lowered | Program], files: Sequence[Path]) -> list[str]:
    """What each model is called in the list."""
    names = [_own_name(model) for model in models]
    for name in (name for name, uses in Counter(names).items() if uses > 1):
        places = [place for place, other in enumerate(names) if other == name]
        apart = _told_apart(name, len(places), [files[place] for place in places] if files else [])
        for place, one in zip(places, apart, strict=True):
            names[place] = one
    return names


def _own_name(model: Module | Lowered | Program) -> str:
    if isinstance(model, Program):
        return model.path.name
    module = model if isinstance(model, Module) else model.module
    return str(module.meta.get("source", "model"))


def _told_apart(name: str, count: int, files: Sequence[Path]) -> list[str]:
    """The files' names, with as many of the folders above as tell all apart; numbers behind `name` if none do."""
    for length in range(1, max((len(file.parts) for file in files), default=0) + 1):
        tails = ["/".join(file.parts[-length:]) for file in files]
        if len({*tails}) == count:
            return tails
    return [f"{name} ({number})" for number in range(1, count + 1)]


def _of_lowered(result: Lowered, name: str) -> OpsList:
    kernels = {
        key: {name: tuple(sorted({str(loc) for node in nodes for loc in node.loc}))}
        for key, nodes in result.keys.items()
    }
    for state in result.module.states.values():  # updates of state are copies
        kernels.setdefault(copy_key(state.type.dtype), {name: ()})
    return OpsList(kernels)


def _of_program(program: Program, name: str) -> OpsList:
    lines: dict[str, set[str]] = {key: set() for key in program.kernels}
    for instruction in program.instructions:
        lines[instruction.kernel] |= {instruction.location} - {""}
    return OpsList({key: {name: tuple(sorted(users))} for key, users in sorted(lines.items())})
