"""What must hold of a node beyond its dtypes: None, or the reason why QNNPACK cannot run it."""

from __future__ import annotations

import numpy as np

from mtc.delegates.xnnpack.rules import constant_weights
from mtc.ir.module import Node
from mtc.ir.types import QParams
from mtc.ops.define import Layout
from mtc.ops.quantized import bias_steps, product_scale

_LARGEST_SUM = 2**31 - 256  # in 32 bits, rounded to f32 and back


def product(node: Node) -> str | None:
    """Constant weights with a scale for each output channel, or one; sums and what is made of them in 32 bits."""
    if (reason := constant_weights(node)) is not None:
        return reason
    x, weight, out = (_qparams(node, index) for index in (0, 1, -1))
    if weight.block is not None or weight.axis not in (None, _output_axis(node)):
        return "its weights' scales are not those of its output channels"
    scale = product_scale(x, weight)
    ratio = scale / out.scale.astype(np.float32)
    if not bool((ratio >= np.finfo(np.float32).tiny).all()):
        return f"the scale of its products is {float(ratio.min()):.3g} times that of its result"
    terms = _terms(node)
    largest = np.full(scale.shape, 255 * 255 * terms, np.float64)
    bias = node.inputs[2]
    if bias is not None and bias.constant is not None:
        numbers = bias.constant.array()
        largest = 255 * 255 * terms + np.abs(bias_steps(numbers, np.resize(scale, numbers.shape)))
    if float((largest * np.maximum(np.resize(ratio, largest.shape), 1)).max()) > _LARGEST_SUM:
        return f"sums of {terms} products and a bias may not fit 32 bits"
    return None


def convolution(node: Node) -> str | None:
    """One channel at a time only where there is a kernel for that: others take a pointer for each channel and pixel."""
    if (reason := product(node)) is not None:
        return reason
    weight, groups = node.operand(1).type.shape, node.attrs["groups"]
    depth, *window = (weight[3], *weight[1:3]) if node.attrs["layout"] is Layout.NHWC else weight[1:]
    if groups == 1 or depth != 1 or (groups == weight[0] and window in ([3, 3], [5, 5])):
        return None
    return f"windows of {window[0]} by {window[1]} pixels of one channel, for {weight[0]} channels in {groups} groups"


def _qparams(node: Node, index: int) -> QParams:
    qparams = (node.output if index < 0 else node.operand(index)).type.qparams
    assert qparams is not None
    return qparams


def _output_axis(node: Node) -> int:
    """Where the weights have the output channels."""
    if node.op.name != "conv_transpose2d":
        return 0
    return 3 if node.attrs["layout"] is Layout.NHWC else 1


def _terms(node: Node) -> int:
    """How many products a result is the sum of."""
    weight = node.operand(1).type
    channels = weight.shape[_output_axis(node)]
    assert isinstance(weight.count, int) and isinstance(channels, int)
    return weight.count // channels // (node.attrs["groups"] if node.op.name == "conv_transpose2d" else 1)
