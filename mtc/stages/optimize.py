"""optimize: rewrites into canonical form, the same for every backend, and records the backends that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mtc.delegates.registry import backends
from mtc.ir.clone import clone
from mtc.ir.module import Module
from mtc.ir.verifier import verify
from mtc.lower import Lowered
from mtc.partition import refuse_fallback
from mtc.passes.activation_recovery import RECOVER_ACTIVATIONS
from mtc.passes.algebra import SIMPLIFY_ALGEBRA
from mtc.passes.attention_recovery import RECOVER_ATTENTION
from mtc.passes.base import Group, Pass
from mtc.passes.batch_norm_folding import FOLD_BATCH_NORM
from mtc.passes.clamp_fusion import FUSE_CLAMP, MERGE_CLAMPS
from mtc.passes.common_subexpressions import ELIMINATE_COMMON_SUBEXPRESSIONS
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.control_flow import SIMPLIFY_CONTROL_FLOW
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.identities import REMOVE_IDENTITIES
from mtc.passes.linear import MAKE_LINEAR
from mtc.passes.normalization_recovery import RECOVER_NORMALIZATIONS
from mtc.passes.pad_folding import FOLD_PADDING
from mtc.passes.padded_taps import TRIM_PADDED_TAPS
from mtc.passes.permutes import SIMPLIFY_RESHAPES
from mtc.passes.quantization_fusion import FUSE_QUANTIZATION, LEAVE_SUMS_REAL
from mtc.passes.rotary_recovery import RECOVER_ROTARY
from mtc.passes.runner import PassOptions, run_passes
from mtc.passes.stored_weights import KEEP_STORED_WEIGHTS
from mtc.passes.weight_deduplication import DEDUPLICATE_WEIGHTS
from mtc.stages.files import save
from mtc.stages.package import KERNELS, lowered
from mtc.support.plural import counted

# Behind all that folds floats into each other: what stands between two roundings is one operator by then. What can be
# folded into an operator on integers, such as a limit that was rounded itself, is found here.
INTEGERS: tuple[Pass, ...] = (
    Group(
        "make-integers",
        (
            ELIMINATE_COMMON_SUBEXPRESSIONS,
            FUSE_QUANTIZATION,
            FOLD_CONSTANTS,
            FOLD_PADDING,
            MERGE_CLAMPS,
            FUSE_CLAMP,
            SIMPLIFY_RESHAPES,
            REMOVE_IDENTITIES,
        ),
    ),
    LEAVE_SUMS_REAL,
    KEEP_STORED_WEIGHTS,  # what is computed in integers has weights that are integers anyway
    ELIMINATE_COMMON_SUBEXPRESSIONS,
    ELIMINATE_DEAD_CODE,
)

# First the operators that the model means, then what can be folded into them: folding would hide the patterns.
CANONICALIZE: tuple[Pass, ...] = (
    ELIMINATE_DEAD_CODE,
    DEDUPLICATE_WEIGHTS,
    SIMPLIFY_CONTROL_FLOW,
    Group(
        "recover-operators",
        (
            REMOVE_IDENTITIES,
            SIMPLIFY_RESHAPES,
            SIMPLIFY_ALGEBRA,
            MERGE_CLAMPS,
            ELIMINATE_COMMON_SUBEXPRESSIONS,
            RECOVER_ACTIVATIONS,
            RECOVER_NORMALIZATIONS,
            RECOVER_ATTENTION,
            RECOVER_ROTARY,
            MAKE_LINEAR,
            FOLD_CONSTANTS,
            SIMPLIFY_CONTROL_FLOW,
        ),
    ),
    Group(
        "fold-into-operators",
        (
            FOLD_PADDING,
            TRIM_PADDED_TAPS,
            FOLD_BATCH_NORM,
            FOLD_CONSTANTS,
            MERGE_CLAMPS,
            FUSE_CLAMP,
            SIMPLIFY_ALGEBRA,
            REMOVE_IDENTITIES,
        ),
    ),
    *INTEGERS,
)


def optimize(
    model: Module, backend: str | Sequence[str] = "xnnpack", *, options: PassOptions = PassOptions()
) -> Module:
    """A canonical module that computes the same. `backend` is what `mtc backends` lists, first choice first.

    `options` says which passes are left out and what is checked around each.
    """
    libraries = backends(backend if isinstance(backend, str) else tuple(backend))
    module = clone(model)
    module.form = "canonical"
    run_passes(module, CANONICALIZE, options)
    verify(module)
    module.meta.pop(KERNELS, None)  # what was fitted to a runtime may have been recovered
    module.meta["backends"] = [library.name for library in libraries]
    module.meta["stages"] = [*module.meta.get("stages", []), "optimize"]
    return module


@dataclass(frozen=True)
class Optimized:
    """A canonical module, and how many nodes there were before."""

    module: Module
    nodes_before: int

    @cached_property
    def lowered(self) -> Lowered:
        """What a program of it holds."""
        return lowered(self.module)

    @property
    def summary(self) -> str:
        return f"{counted(self.nodes_before, 'node')} became {self.module.node_count:,}"


def optimize_to(
    output: Path,
    source: Module,
    backend: str | Sequence[str] = "xnnpack",
    *,
    options: PassOptions = PassOptions(),
    no_fallback: bool = False,
) -> Optimized:
    """Writes what `optimize` makes of `source`. With `no_fallback` FALLBACK, and nothing is written, if an operator
    would fall back from the first backend."""
    result = Optimized(optimize(source, backend, options=options), source.node_count)
    if no_fallback:
        refuse_fallback(result.lowered.placements)
    save(result.module, output)
    return result
