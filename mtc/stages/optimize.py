"""optimize: rewrites into canonical form, the same for every backend, and records the backends that are meant."""

from __future__ import annotations

from collections.abc import Sequence

from mtc.delegates.registry import backends
from mtc.ir.clone import clone
from mtc.ir.module import Module
from mtc.ir.verifier import verify
from mtc.passes.base import Pass
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE

CANONICALIZE: tuple[Pass, ...] = (ELIMINATE_DEAD_CODE, FOLD_CONSTANTS, ELIMINATE_DEAD_CODE)


def optimize(model: Module, backend: str | Sequence[str] = "xnnpack") -> Module:
    """A canonical module that computes the same. `backend` is what `mtc backends` lists, first choice first."""
    libraries = backends(backend)
    module = clone(model)
    module.form = "canonical"
    for step in CANONICALIZE:
        step.run(module)
        verify(module)
    module.meta["backends"] = [library.name for library in libraries]
    module.meta["stages"] = [*module.meta.get("stages", []), "optimize"]
    return module
