"""package: the IR → a program that runtimes load."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from os import PathLike
from pathlib import Path

from mtc.delegates.registry import backends
from mtc.diagnostics import writing
from mtc.ir.module import Module, Node
from mtc.lower import Lowered, lower
from mtc.partition import refuse_fallback
from mtc.program.emitter import Emitter
from mtc.program.storage import TakesPitch
from mtc.stages.check_runtime import check_runtime
from mtc.stages.taps import tapped
from mtc.support.atomic import atomic_file

DEFAULT_BACKENDS = ("xnnpack",)
KERNELS = "kernels"  # of a module's meta: the only ones it may be placed on, if `mtc fit` made it


def chosen_backends(model: Module, backend: str | Sequence[str] | None = None) -> tuple[str, ...]:
    """The names in `backend`, or the backends that `model` was optimized for, or the default; portable is the last."""
    chosen = backend or model.meta.get("backends") or DEFAULT_BACKENDS
    return tuple(library.name for library in backends(chosen if isinstance(chosen, str) else tuple(chosen)))


def lowered(model: Module, backend: str | Sequence[str] | None = None) -> Lowered:
    """`model` lowered for `backend`, or for the backends it was optimized for; on the kernels that it was fitted to."""
    libraries = backends(chosen_backends(model, backend))
    if KERNELS in model.meta:
        libraries = tuple(library.only(model.meta[KERNELS]) for library in libraries)
    return lower(model, libraries)


def package(
    model: Module, path: str | PathLike[str], *, backend: str | Sequence[str] | None = None, taps: Sequence[str] = ()
) -> Lowered:
    """Writes the program of `model` to `path`, atomically, and returns what it holds. CANNOT_WRITE if it cannot.

    `taps` names values of `@forward` that become extra outputs, after its own and in this order.
    """
    result = lowered(tapped(model, taps) if taps else model, backend)
    package_to(path, result)
    return result


def package_to(
    path: str | PathLike[str], result: Lowered, *, runtimes: Sequence[Path] = (), no_fallback: bool = False
) -> None:
    """Writes the program of a module that is lowered already, atomically. CANNOT_WRITE if it cannot.

    Nothing is written, but MISSING_KERNELS raised, if one of the built runtimes in these folders cannot run it;
    with `no_fallback` FALLBACK, if an operator would fall back from the first backend.
    """
    if no_fallback:
        refuse_fallback(result.placements)
    check_runtime(result.keys, *runtimes)
    emitter = Emitter(
        result.module,
        lambda node: result.placements[node].library.key(node),
        pitch_rule(result),
        [library.name for library in result.backends],
    )
    with writing(path), atomic_file(Path(path)) as file:
        emitter.write(file)


def pitch_rule(result: Lowered) -> TakesPitch:
    """Whether a node's kernel can read or write rows that do not lie side by side."""

    @cache  # a concat is asked for each of its parts
    def takes_pitch(node: Node) -> bool:
        placement = result.placements.get(node)
        return placement is not None and placement.library.takes_pitch(node)

    return takes_pitch
