"""What kept operators off a backend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtc import stages
from mtc.analysis.placement import PlacedOps, why_not
from mtc.delegates.registry import backends


def off_backend(path: Path, backend: str, chosen: Sequence[str] | None = None) -> list[PlacedOps]:
    """The operators of a model that do not run on `backend`, most FLOPs first. UNKNOWN_NAME if there is none such.

    `chosen` are the other backends that are tried after it.
    """
    backends(backend)
    module = stages.load(path)
    order = [backend, *(name for name in chosen or module.meta.get("backends") or () if name != backend)]
    return why_not(stages.lowered(module, order), backend)
