"""Batch norms that no product in front of them takes become products themselves: one weight and a bias a channel.

Such as stand behind an activation or a concat, in CREPE or a DenseNet. In integers the weight is exact, having a scale
of its own, and what follows stays in integers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Node, Value
from mtc.ir.rewriter import apply_rewrites, rewrite
from mtc.ir.types import F32
from mtc.passes.affine import affine_of
from mtc.passes.weight_channels import CONVOLUTIONS
from mtc.quant.choice import choose


def norms_as_convolutions(module: Module, is_wanted: Callable[[Node], bool]) -> bool:
    """Rewrites those norms of `@forward` whose operand is computed in integers; whether there was one. `is_wanted` says
    which nodes may become integer ones."""
    integers: set[Value]

    @rewrite(ops.batch_norm)
    def as_convolution(node: Node, build: Builder) -> Value | None:
        return _convolution(node, build) if node.inputs[0] in integers and is_wanted(node) else None

    found = 0
    while True:  # behind one that becomes a product stand others that then are computed in integers, too
        integers = {node.output for node in choose(module.functions["forward"], is_wanted).nodes}
        applied = apply_rewrites(module, (as_convolution,))
        if not applied:
            return found > 0
        found += applied


def _convolution(node: Node, build: Builder) -> Value | None:
    affine = affine_of(node, axis=1)
    if affine is None or affine.scale is None or affine.shift is None or affine.x.type.dtype is not F32:
        return None
    rank = affine.x.type.rank
    if rank not in (3, 4, 5):
        return None
    channels = affine.scale.size
    weight = affine.scale.reshape(channels, *[1] * (rank - 1)).astype(np.float32)
    return build.emit(
        CONVOLUTIONS[rank - 3],
        affine.x,
        build.constant(Constant.of(weight, _name(node, 1, 3))),
        build.constant(Constant.of(affine.shift.astype(np.float32), _name(node, 2, 4))),
        groups=channels,
    )


def _name(node: Node, *operands: int) -> str | None:
    """Of the first of these parameters that the norm has."""
    found = next(value for value in (node.inputs[i] for i in operands) if value is not None)
    return found.constant.name if found.constant is not None else None
