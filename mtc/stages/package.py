"""package: the IR → a program that runtimes load."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from mtc.delegates.registry import backends
from mtc.ir.module import Module, Node
from mtc.lower import Lowered, lower
from mtc.program.emitter import Emitter
from mtc.support.atomic import atomic_file

DEFAULT_BACKENDS = ("xnnpack",)


def lowered(model: Module, backend: str | Sequence[str] | None = None) -> Lowered:
    """`model` lowered for `backend`, or for the backends it was optimized for."""
    return lower(model, backends(backend or model.meta.get("backends") or DEFAULT_BACKENDS))


def package(model: Module, path: str | PathLike[str], *, backend: str | Sequence[str] | None = None) -> Lowered:
    """Writes the program of `model` to `path`, atomically, and returns what it holds."""
    result = lowered(model, backend)

    def key_of(node: Node) -> str:
        return result.placements[node].library.key(node)

    def takes_pitch(node: Node) -> bool:
        placement = result.placements.get(node)
        return placement is not None and placement.library.supports[node.op].takes_pitch

    emitter = Emitter(result.module, key_of, takes_pitch)
    with atomic_file(Path(path)) as file:
        emitter.write(file)
    return result
