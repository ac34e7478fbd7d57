"""What kept operators off a backend."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import stages
from mtc.analysis.placement import PlacedOps, why_not
from mtc.delegates.registry import backends
from mtc.ir.module import Module


def off_backend(module: Module, backend: str, chosen: Sequence[str] | None = None) -> list[PlacedOps]:
    """The operators of a model that do not run on `backend`, most FLOPs first. UNKNOWN_NAME if there is none such.

    `chosen` are the other backends that are tried after it.
    """
    backends(backend)
    order = [backend, *(name for name in chosen or module.meta.get("backends") or () if name != backend)]
    return why_not(stages.lowered(module, order), backend)
