"""Scales of values: one for all that only moves elements, and none so fine that a product's could not be rescaled to
it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mtc import ops
from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.types import DType, QParams
from mtc.quant.choice import Choice, integer_operands, is_product
from mtc.quant.observers import Range
from mtc.quant.weights import affine, range_of

Scales = dict[Value, QParams]
# Of a product's scale to its result's: kernels multiply by less than 2^8, and a finer result holds nothing more.
_LARGEST_RATIO = 128.0
_MOST_ROUNDS = 20


def observed(choice: Choice) -> list[Value]:
    """The chosen values whose ranges must be seen: those whose elements are not moved from others."""
    moved = {node.output for node in choice.nodes if node.op.has(Trait.SHARES_QPARAMS)}
    return [value for value in choice.values if value.constant is None and value not in moved]


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


def group_ranges(choice: Choice, ranges: Mapping[Value, Range]) -> dict[Value, Range]:
    """The range of each group, by the value that stands for it: of all elements that come into it, whether a value
    brings them, a constant that is joined to others, or what padding is filled with. `ranges` holds those of the values
    that `observed` names."""
    groups = shared_scales(choice)
    found: dict[Value, Range] = {}

    def widen(value: Value, range: Range) -> None:
        low, high = found.get(groups[value], range)
        found[groups[value]] = (min(low, range[0]), max(high, range[1]))

    for value, range in ranges.items():
        widen(value, range)
    for node in choice.nodes:
        if not node.op.has(Trait.SHARES_QPARAMS) or node.output not in groups:
            continue
        for _, value in integer_operands(node):
            if value.constant is not None:
                widen(node.output, range_of(value.constant))
        if node.op is ops.pad and math.isfinite(fill := node.attrs["value"]):
            widen(node.output, (fill, fill))
    return found


def scales_of(choice: Choice, ranges: Mapping[Value, Range], dtype: DType, weights: Mapping[Node, QParams]) -> Scales:
    """The scale of each chosen value that is no constant. `ranges` holds those of the values that `observed` names,
    `weights` the scales of products' weights."""
    groups = shared_scales(choice)
    found = group_ranges(choice, ranges)
    scales: Scales = {}
    for _ in range(_MOST_ROUNDS):  # a result that is widened makes the products it goes into wider
        scales = {v: affine(*found[root], dtype) for v, root in groups.items() if v.constant is None}
        changed = False
        for node in choice.nodes:
            result = rounded_result(node, choice)
            if not is_product(node.op) or result is None:
                continue
            finest = product_scale(node, scales, weights, dtype) / _LARGEST_RATIO
            have = float(scales[result].scale[0])
            if have < finest * 0.999:
                low, high = found[groups[result]]
                found[groups[result]] = (low * finest / have, high * finest / have)
                changed = True
        if not changed:
            break
    return scales


def product_scale(node: Node, scales: Scales, weights: Mapping[Node, QParams], dtype: DType) -> float:
    """The largest scale of an element of a product of integers, of which one operand may be known: weights, or a matrix
    on the left, which is `dtype` as activations are."""
    scale = 1.0
    for index, value in integer_operands(node):
        if value.constant is None:
            qparams = scales[value]
        elif index == 1:
            qparams = weights[node]
        else:
            qparams = affine(*range_of(value.constant), dtype)
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
