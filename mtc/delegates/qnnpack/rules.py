"""What must hold of a node beyond its dtypes: None, or the reason why QNNPACK cannot run it."""

from __future__ import annotations

import numpy as np

from mtc.delegates.library import Rule
from mtc.delegates.rules import constant_weights, last_axis, neighbouring_axes
from mtc.ir.dims import Dim, Shape, product
from mtc.ir.module import Node
from mtc.ir.types import QParams
from mtc.ops.define import Layout
from mtc.ops.pooling import image_size, pooled_size
from mtc.ops.quantized import bias_steps, product_scale

_LARGEST_SUM = 2**31 - 256  # in 32 bits, rounded to f32 and back
_MOST_CHANNELS = 1 << 14  # whose sums a thread holds on its stack
_MOST_PIXELS = 1 << 22  # whose sum is held in 32 bits


def integer_product(node: Node) -> str | None:
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


def dynamic_product(node: Node) -> str | None:
    """Constant weights with a scale for each output channel, or one; sums in 32 bits."""
    if not node.attrs["dynamic"]:
        return "its operand stays in floats, and QNNPACK multiplies integers"
    if (reason := constant_weights(node)) is not None:
        return reason
    weight = _qparams(node, 1)
    if weight.block is not None or weight.axis not in (None, 0):
        return "its weights' scales are not those of its output channels"
    terms = _terms(node)
    return None if terms * 255 * 255 <= _LARGEST_SUM else f"sums of {terms} products may not fit 32 bits"


def convolution(node: Node) -> str | None:
    """One channel at a time only where there is a kernel for that: others take a pointer for each channel and pixel."""
    if (reason := integer_product(node)) is not None:
        return reason
    weight, groups = node.operand(1).type.shape, node.attrs["groups"]
    window = weight[1:3] if node.attrs["layout"] is Layout.NHWC else weight[2:]
    depth = product(weight) // product(window) // weight[0]
    if groups == 1 or depth != 1 or (groups == weight[0] and window in ((3, 3), (5, 5))):
        return None
    return f"windows of {window[0]} by {window[1]} pixels of one channel, for {weight[0]} channels in {groups} groups"


def transposed_convolution(node: Node) -> str | None:
    if (reason := integer_product(node)) is not None:
        return reason
    is_by_channel = node.attrs["groups"] > 1 and node.operand(1).type.shape[0] == node.attrs["groups"]
    return "its groups have one channel each" if is_by_channel else None


def same_numbers(node: Node) -> str | None:
    """The elements are compared as they are."""
    same = _qparams(node, 0) == _qparams(node, -1)
    return None if same else "its result has another scale or zero point than its operand"


def range_of(scale: float, zero_point: int) -> Rule:
    """The result's scale and zero point can be these alone."""

    def rule(node: Node) -> str | None:
        found = _qparams(node, -1)
        if float(found.scale[0]) == scale and int(found.zero_point[0]) == zero_point:
            return None
        given = f"{float(found.scale[0]):.3g} and {int(found.zero_point[0])}"
        return f"its result's scale and zero point are {given}, not 1/{1 / scale:.0f} and {zero_point}"

    return rule


def softmax(node: Node) -> str | None:
    """Its sums fit 32 bits for that many elements."""
    if (reason := last_axis(node) or range_of(1 / 256, 0)(node)) is not None:
        return reason
    shape = node.operand(0).type.shape
    size = shape[-1] if shape else 1
    return None if isinstance(size, int) and size <= 512 else f"it is over {size} elements; QNNPACK's is up to 512"


def leaky_relu(node: Node) -> str | None:
    slope = node.attrs["negative_slope"]
    return _scaled(node) if 2.0**-126 <= slope <= 1 else f"its slope is {slope}; QNNPACK's is up to 1"


def add(node: Node) -> str | None:
    """One operand is as large as the result; the other too, or as its last axes are."""
    x, y, out = node.operand(0).type.shape, node.operand(1).type.shape, node.output.type.shape
    if not (_is_row(x, out) and _is_row(y, out)):
        return "one operand is spread along an axis before its own"
    return _scaled(node, 0, 2.0**-14) or _scaled(node, 1, 2.0**-14)


def adds_rows(node: Node) -> bool:
    """What is spread is one row, so that those of the others may lie anywhere."""
    out = node.output.type.shape
    return all(v is not None and (v.type.shape == out or v.type.count == out[-1]) for v in node.inputs)


def average_pooling(node: Node) -> str | None:
    """All windows have as many pixels."""
    attrs, padding = node.attrs, node.attrs["padding"]
    pixels = product(attrs["kernel_size"])
    if not attrs["count_include_pad"] and any(padding):
        return "it does not count padding"
    if attrs["divisor_override"] not in (0, pixels):
        return f"it divides {pixels} pixels by {attrs['divisor_override']}"
    for i, size in enumerate(image_size(node.operand(0).type, attrs["layout"])):
        whole, all_ = (
            pooled_size(
                size, attrs["kernel_size"][i], attrs["stride"][i], padding[2 * i], padding[2 * i + 1], 1, ceil_mode
            )
            for ceil_mode in (False, attrs["ceil_mode"])
        )
        if whole != all_:
            return "its last windows overhang the image"
    return _pooling(node) or _scaled(node)


def max_pooling(node: Node) -> str | None:
    """What lies outside is replaced by the nearest pixel, which the window has if it is not dilated."""
    attrs = node.attrs
    if attrs["dilation"] != (1, 1) and (any(attrs["padding"]) or attrs["ceil_mode"]):
        return "its windows are dilated, and some overhang the image"
    return _pooling(node)


def mean(node: Node) -> str | None:
    """Of pixels, for each channel."""
    x = node.operand(0).type
    axes = {axis % x.rank for axis in node.attrs["axes"]} if x.rank else set()
    if not axes or x.rank - 1 in axes:
        return "it is over the last axis"
    if (reason := neighbouring_axes(node) or _many_channels(x.shape[-1])) is not None:
        return reason
    pixels = product(x.shape[axis] for axis in axes)
    if isinstance(pixels, int) and pixels > _MOST_PIXELS:
        return f"it is over {pixels} pixels; QNNPACK's is up to {_MOST_PIXELS}"
    return _scaled(node)


def channel_shuffle(node: Node) -> str | None:
    """The last two axes trade places, and there are few groups: QNNPACK joins four at a time."""
    shape, dims = node.operand(0).type.shape, node.attrs["dims"]
    rank = len(shape)
    if rank < 2 or dims != (*range(rank - 2), rank - 1, rank - 2):
        return "it is no channel shuffle: the last two axes do not trade places"
    groups = shape[-2]
    return None if isinstance(groups, int) and 2 <= groups <= 16 else f"it is a transpose of {groups} rows"


def _pooling(node: Node) -> str | None:
    x, layout = node.operand(0).type, node.attrs["layout"]
    if product(node.attrs["kernel_size"]) == 1:
        return "its windows have one pixel"
    return _many_channels(x.shape[3 if layout is Layout.NHWC else 1])


def _many_channels(channels: Dim) -> str | None:
    few = isinstance(channels, int) and channels <= _MOST_CHANNELS
    return None if few else f"it has {channels} channels; QNNPACK's has up to {_MOST_CHANNELS}"


def _scaled(node: Node, operand: int = 0, least: float = 2.0**-8) -> str | None:
    """The scales of an operand and the result are not too far apart."""
    ratio = float(_qparams(node, operand).scale[0]) / float(_qparams(node, -1).scale[0])
    return None if least <= ratio < 2.0**8 else f"an operand's scale is {ratio:.3g} times that of the result"


def _is_row(shape: Shape, out: Shape) -> bool:
    """Whether a tensor is as large as the result, or as its last axes are; more than a number."""
    own = tuple(shape)
    while own and own[0] == 1 and own != out:
        own = own[1:]
    return shape == out or bool(own and own == out[len(out) - len(own) :])


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
