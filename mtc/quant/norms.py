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
from mtc.quant.choice import choose

_BY_RANK = {3: ops.conv1d, 4: ops.conv2d, 5: ops.conv3d}


def norms_as_convolutions(module: Module, is_wanted: Callable[[Node], bool]) -> bool:
    """Rewrites those norms of `@forward` whose operand is computed in integers; whether there was one. `is_wanted` says
    which nodes may become integer ones."""
    function, found = module.functions["forward"], False
    while True:
        integers = {node.output for node in choose(function, is_wanted).nodes}

        @rewrite(ops.batch_norm)
        def as_convolution(node: Node, build: Builder, integers: set[Value] = integers) -> Value | None:
            return _convolution(node, build) if node.inputs[0] in integers and is_wanted(node) else None

        if not apply_rewrites(module, (as_convolution,)):
            return found
        found = True


def _convolution(node: Node, build: Builder) -> Value | None:
    affine = affine_of(node, axis=1)
    if affine is None or affine.scale is None or affine.shift is None or affine.x.type.dtype is not F32:
        return None
    convolution = _BY_RANK.get(affine.x.type.rank)
    if convolution is None:
        return None
    channels = affine.scale.size
    weight = affine.scale.reshape(channels, *[1] * (affine.x.type.rank - 1)).astype(np.float32)
    return build.emit(
        convolution,
        affine.x,
        build.constant(Constant.of(weight, _name(node, 1, 3))),
        build.constant(Constant.of(affine.shift.astype(np.float32), _name(node, 2, 4))),
        groups=channels,
    )


def _name(node: Node, *operands: int) -> str | None:
    """Of the first of these parameters that the norm has."""
    found = next(value for value in (node.inputs[i] for i in operands) if value is not None)
    return found.constant.name if found.constant is not None else None
