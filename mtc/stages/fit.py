"""fit: a model rewritten onto the kernels of a runtime that ships already, or the fewest kernels to add to it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from mtc.build.built_kernels import kernels_of
from mtc.build.progress import Progress
from mtc.build.runtime_folder import read_record
from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.registry import LIBRARIES, backends
from mtc.diagnostics import CANNOT_FIT, collected, writing
from mtc.ir import artifact
from mtc.ir.clone import clone
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Module, Node
from mtc.ir.opspec import Trait
from mtc.ir.verifier import verify
from mtc.lower import Lowered, is_rewritten, legalized
from mtc.ops.shape import copy
from mtc.partition import first_that_can
from mtc.passes.fitting import Change, Way, smallest
from mtc.passes.fitting import fit as fit_nodes
from mtc.program.emitter import copy_key
from mtc.program.storage import is_free
from mtc.selection import ops_list
from mtc.stages.fit_checks import check_same
from mtc.stages.kinds import Kind, require
from mtc.stages.optimize import optimize
from mtc.stages.package import KERNELS, chosen_backends, lowered, package
from mtc.support.atomic import atomic_file

_MOST_ROUNDS = 8


@dataclass(frozen=True)
class Stuck:
    """An operator that no kernels at hand can say: where it stands, and which kernels would run it."""

    op: str
    at: tuple[str, ...]
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """A canonical module that runs on given kernels, and what was changed; or what it is stuck at, and the fewest
    kernels with which it would run."""

    module: Module
    first: tuple[str, ...]  # the backends that the model wants
    changes: tuple[Change, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    addition: tuple[str, ...] = ()

    @property
    def lowered(self) -> Lowered:
        """What a program of it holds."""
        return lowered(self.module)

    @property
    def moved(self) -> dict[tuple[str, str], int]:
        """How many nodes run in another kernel than the model's backends would choose: from which to which."""
        found: Counter[tuple[str, str]] = Counter()
        libraries = backends(self.first)
        for node, placement in self.lowered.placements.items():
            chosen, _ = first_that_can(node, libraries)
            if chosen is not None and not is_free(node) and chosen.name != placement.library.name:
                found[chosen.key(node), placement.library.key(node)] += 1
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Shipped:
    """What a runtime that ships holds; its target and the list of its kernels, if these are known."""

    kernels: frozenset[str]
    target: str | None = None
    listed_in: Path | None = None


def shipped(runtime: str | PathLike[str]) -> Shipped:
    """Of an ops.yaml its kernels, of a runtime's folder those that the binaries in it hold."""
    path = Path(runtime)
    if require(path, Kind.OPS, Kind.RUNTIME) is Kind.RUNTIME:
        listed = path / "share/mtc/ops.yaml"  # where it was unpacked from an app package
        record = read_record(path)
        kernels = kernels_of(path, record["kernels"])
        return Shipped(kernels, record["target"], listed if listed.is_file() else None)
    return Shipped(frozenset(ops_list.load(path).kernels), listed_in=path)


def fit(model: Module, kernels: Collection[str]) -> Fit:
    """`model`, which is left as it was, placed on `kernels` and rewritten where these lack an operator. Deterministic.

    It is made canonical first if it is not.
    """
    names = chosen_backends(model)
    if model.form == "imported":
        model = optimize(model, names)
    libraries = _by_preference(names, kernels)
    attempt = _Attempt.of(model, libraries, frozenset(kernels))
    if not attempt.choices:
        return Fit(attempt.module, names, tuple(attempt.changes))
    addition = _addition(model, libraries, frozenset(kernels), attempt)
    return Fit(model, names, stuck=attempt.stuck, addition=addition)


def fit_to(
    output: Path, program: Path, model: Module, kernels: Collection[str], *, progress: Progress | None = None
) -> tuple[Fit, float]:
    """Writes the fitted model and its program, both or none, if `model` can be fitted and the fitted one computes the
    same. Returns it, and the largest difference in units of what rounding explains (`fit_checks.py`)."""
    found = fit(model, kernels)
    if found.stuck:
        return found, 0.0
    excess = check_same(model, found.module, progress)
    with writing(output), atomic_file(output) as file:
        artifact.write(found.module, file)
        file.flush()  # a disk that is full is noticed before the program stands there
        package(found.module, program)
    return found, excess


def refuse(found: Fit, bytes_added: Mapping[str, int] | None = None, listed_in: Path | None = None) -> None:
    """CANNOT_FIT that names every operator without a way, and the smallest addition with what it costs, and the command
    that adds it to the list that the runtime was built from."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for stuck in found.stuck:
        groups.setdefault((stuck.op, stuck.wanted), []).extend(stuck.at)
    with collected() as report:
        for (op, wanted), places in groups.items():
            keys = " or ".join(f"`{key}`" for key in wanted)
            report(
                CANNOT_FIT(
                    f"`{op}` cannot be said by the kernels of the runtime",
                    at="; ".join(dict.fromkeys(places)) or None,
                    notes=(f"{keys} would run it",) if wanted else (),
                    help="add the kernels that are named last, or change the model",
                    op=op,
                )
            )
        if found.stuck:
            grown = ", ".join(f"{file} {count:+,} bytes" for file, count in (bytes_added or {}).items())
            words = ["mtc", "select-ops", "--merge", str(listed_in or "OPS.yaml")]
            for key in found.addition:
                words += ["--op", key.rpartition("/")[0]]
            where = "" if listed_in else "; OPS.yaml is the list that it was built from"
            report(
                CANNOT_FIT(
                    f"the smallest addition is {', '.join(f'`{key}`' for key in found.addition)}",
                    notes=(f"built with and without it: {grown}",) if grown else (),
                    help=f"`{shlex.join(words)}` lists it with what the runtime has{where}",
                )
            )


@dataclass
class _Attempt:
    """A module rewritten as far as some kernels reach, and for each node that they do not run its ways to run."""

    module: Module
    changes: list[Change]
    stuck: tuple[Stuck, ...]
    choices: list[list[Way]]

    @staticmethod
    def of(model: Module, libraries: Sequence[KernelLibrary], kernels: frozenset[str]) -> _Attempt:
        restricted = [library.only(kernels) for library in libraries]

        def wanted(node: Node) -> Sequence[str] | None:
            if is_rewritten(node, restricted):
                return ()
            if any(library.why_not(node) is None for library in restricted):
                return None
            return [library.key(node) for library in libraries if library.why_not(node) is None]

        module = clone(model)
        changes, left = fit_nodes(module, wanted)
        stuck = [_stuck(node, found) for node, found in left]
        choices = [found for _, found in left]
        if not left:
            module.meta["backends"] = [library.name for library in libraries]
            module.meta["stages"] = [*module.meta.get("stages", []), "fit"]
            verify(module)
            placed = legalized(module, restricted)
            used = set(_state_copies(module))
            for node in placed.nodes():
                if node.op.has(Trait.STRUCTURAL):
                    continue
                library, _ = first_that_can(node, restricted)
                if library is not None:
                    used.add(library.key(node))
                    continue
                found = [Way(frozenset({key})) for key in _keys(node, libraries)]
                stuck.append(_stuck(node, found))
                choices.append(found)
            module.meta[KERNELS] = sorted(used & kernels)
        for key in sorted({*_state_copies(module)} - kernels):
            stuck.append(Stuck(copy.name, (), (key,)))
            choices.append([Way(frozenset({key}))])
        return _Attempt(module, changes, tuple(dict.fromkeys(stuck)), choices)


def _stuck(node: Node, found: Sequence[Way]) -> Stuck:
    wanted = dict.fromkeys(key for way in found if way.rule is None for key in way.missing)
    return Stuck(node.op.name, tuple(map(str, node.loc)), tuple(wanted))


def _addition(
    model: Module, libraries: Sequence[KernelLibrary], kernels: frozenset[str], attempt: _Attempt
) -> tuple[str, ...]:
    """The fewest kernels with which `model` runs. What lowering needs besides, such as permutes, is found by trying."""
    added: frozenset[str] = frozenset()
    for _ in range(_MOST_ROUNDS):
        if not attempt.choices:
            break
        added |= smallest(attempt.choices)
        attempt = _Attempt.of(model, libraries, kernels | added)
    for key in sorted(added):
        if not _Attempt.of(model, libraries, kernels | (added - {key})).choices:
            added -= {key}
    return tuple(sorted(added))


def _keys(node: Node, libraries: Sequence[KernelLibrary]) -> list[str]:
    return [library.key(node) for library in libraries if first_that_can(node, [library])[0] is not None]


def _state_copies(module: Module) -> list[str]:
    """Updates of state are copies (`select_ops.py`)."""
    return [copy_key(state.type.dtype) for state in module.states.values()]


def _by_preference(names: Sequence[str], kernels: Collection[str]) -> tuple[KernelLibrary, ...]:
    """The backends of a model, then those that the runtime has besides; portable is the last."""
    there = {KernelKey.parse(key).library for key in kernels}
    chosen = [name for name in names if name in there and name != PORTABLE.name]
    others = [name for name in LIBRARIES if name in there and name not in names]
    return backends((*chosen, *others, PORTABLE.name))
