"""Compute what is known already."""

from __future__ import annotations

import math

from mtc import interp
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites

# A folded result may be this many times larger than the operands it replaces, unless it is small anyway: `expand` of
# a scalar to a feature map belongs into the program, not into the file.
_MOST_GROWTH = 4
_SMALL = 1 << 16


@rewrite()
def fold_constants(node: Node, build: Builder) -> list[Value] | None:
    """A node that only reads constants is one."""
    if node.op.has(Trait.STRUCTURAL) or node.op.has(Trait.EFFECT) or not node.inputs:
        return None
    if any(value is not None and value.constant is None for value in node.inputs):
        return None
    before = sum(value.constant.nbytes for value in node.inputs if value is not None and value.constant is not None)
    sizes = [value.type.nbytes for value in node.outputs]
    if not all(isinstance(size, int) for size in sizes) or sum(sizes) > max(_MOST_GROWTH * before, _SMALL):  # type: ignore[type-var, arg-type]
        return None
    results = interp.fold(node)
    if results is None:
        return None
    name = next((v.constant.name for v in node.inputs if v is not None and v.constant and v.constant.name), None)
    suffix = node.op.name
    return [
        build.constant(Constant.of(array, f"{name}.{suffix}" if name and math.prod(array.shape) > 16 else None))
        for array in results
    ]


FOLD_CONSTANTS = Rewrites("fold-constants", (fold_constants,))
