"""Constants that integer operators read: weights of products by the scheme, all others as activations are."""

from __future__ import annotations

import numpy as np

from mtc.ir.constant import Constant
from mtc.ir.module import Node
from mtc.ir.opspec import Trait
from mtc.ir.types import QParams
from mtc.passes.weight_channels import channel_axis
from mtc.quant.choice import Choice, integer_operands, is_product
from mtc.quant.scales import Scales
from mtc.quant.schemes import Scheme
from mtc.quant.weights import affine, quantized, range_of, symmetric

# The constant in integers, for each operand that is one.
Constants = dict[tuple[Node, int], Constant]
_MOST_BIAS_STEPS = 2.0**30  # half of what a bias of 32 bits can be: the other half is the sum's


def weight_scales(choice: Choice, scheme: Scheme) -> dict[Node, QParams]:
    """Of each product whose second operand is a constant."""
    found = {}
    for node in choice.nodes:
        constant = node.operand(1).constant if is_product(node.op) else None
        if constant is None:
            continue
        if scheme.symmetric_weights:
            axis = channel_axis(node.op) if scheme.per_channel else None
            found[node] = symmetric(constant.array(), scheme.weights, axis)
        else:
            found[node] = affine(*range_of(constant), scheme.weights)
    return found


def constants_of(choice: Choice, scheme: Scheme, scales: Scales, weights: dict[Node, QParams]) -> Constants:
    """All of a choice's; one that several operators read in the same scale is the same object."""
    assert scheme.activations is not None
    found: Constants = {}
    made: dict[tuple[int, QParams], Constant] = {}
    for node in choice.nodes:
        for index, value in integer_operands(node):
            if value.constant is None:
                continue
            dtype = scheme.activations
            if index == 1 and node in weights:
                qparams, dtype = _with_room_for_bias(node, scales, weights[node]), scheme.weights
            elif node.op.has(Trait.SHARES_QPARAMS) and node.output in scales:
                qparams = scales[node.output]
            else:
                qparams = affine(*range_of(value.constant), dtype)
            key = (id(value.constant), qparams)
            if key not in made:
                made[key] = quantized(value.constant, dtype, qparams)
            found[node, index] = made[key]
    return found


def _with_room_for_bias(node: Node, scales: Scales, weights: QParams) -> QParams:
    """Coarser scales where a channel's bias, an integer of the product's scale, would not fit: beside such a bias the
    channel's weights are nothing."""
    bias = node.inputs[2].constant if len(node.inputs) > 2 and node.inputs[2] is not None else None
    x = scales.get(node.operand(0))
    if bias is None or x is None:
        return weights
    least = np.abs(bias.array()) / (_MOST_BIAS_STEPS * x.scale.astype(np.float64))
    if weights.is_per_tensor:
        least = least.max(initial=0.0, keepdims=True)
    elif least.size != weights.scale.size:  # a transposed convolution's groups share theirs
        least = least.reshape(-1, weights.scale.size).max(axis=0)
    return QParams(np.maximum(weights.scale, least.astype(np.float32)), weights.zero_point, weights.axis)
