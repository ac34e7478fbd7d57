"""Scales of values: one for all that only moves elements, and none so fine that a product's could not be rescaled to
it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.types import DType, QParams
from mtc.quant.choice import Choice, integer_operands, is_product
from mtc.quant.observers import Range
from mtc.quant.weights import affine

Scales = dict[Value, QParams]
# Of a product's scale to its result's: kernels multiply by less than 2^8, and a finer result holds nothing more.
_LARGEST_RATIO = 128.0
_MOST_ROUNDS = 20


def observed(choice: Choice) -> list[Value]:
    """The chosen values whose ranges must be seen: one of each group that shares a scale."""
    groups = shared_scales(choice)
    return list(dict.fromkeys(groups[value] for value in choice.values if value.constant is None))


def shared_scales(choice: Choice) -> dict[Value, Value]:
    """For each chosen value the one of its group that stands for all: what only moves elements keeps their scale."""
    parent: dict[Value, Value] = {value: value for value in choice.values}

    def root(value: Value) -> Value:
        while parent[value] is not value:
            value = parent[value]
        return value

    for node in choice.nodes:
        if not node.op.has(Trait.SHARES_QPARAMS):
            continue
        for _, value in integer_operands(node):
            if value.constant is None and value in parent and node.output in parent:
                parent[root(node.output)] = root(value)
    return {value: root(value) for value in parent}


def scales_of(choice: Choice, ranges: Mapping[Value, Range], dtype: DType, weights: Mapping[Node, QParams]) -> Scales:
    """The scale of each chosen value that is no constant. `ranges` holds those of the values that `observed` names,
    `weights` the scales of products' weights."""
    groups = shared_scales(choice)
    found = dict(ranges)
    scales: Scales = {}
    for _ in range(_MOST_ROUNDS):  # a result that is widened makes the products it goes into wider
        scales = {v: affine(*found[root], dtype) for v, root in groups.items() if v.constant is None}
        changed = False
        for node in choice.nodes:
            result = rounded_result(node, choice)
            if not is_product(node.op) or result is None:
                continue
            finest = product_scale(node, scales, weights) / _LARGEST_RATIO
            have = float(scales[result].scale[0])
            if have < finest * 0.999:
                low, high = found[groups[result]]
                found[groups[result]] = (low * finest / have, high * finest / have)
                changed = True
        if not changed:
            break
    return scales


def product_scale(node: Node, scales: Scales, weights: Mapping[Node, QParams]) -> float:
    """The largest scale of an element of a product of integers."""
    scale = 1.0
    for _, value in integer_operands(node):
        qparams = scales.get(value) or weights[node]
        scale *= float(np.max(qparams.scale))
    return scale


def rounded_result(node: Node, choice: Choice) -> Value | None:
    """What is rounded of a node's result: itself, or what a clamp behind it makes of it."""
    value = node.output
    while value not in choice.values:
        readers = [user for user in value.user_nodes if user in choice.nodes]
        if len(readers) != 1:
            return None
        value = readers[0].output
    return value
