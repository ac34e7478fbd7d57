"""What must hold of a node beyond its dtypes: None, or the reason why XNNPACK cannot run it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtc.ir.dims import Shape, product
from mtc.ir.module import Node
from mtc.ir.quantized import RANGES
from mtc.ir.types import F16, QI4, QI8, TensorType
from mtc.ops.activation import Approximate
from mtc.ops.arithmetic import Rounding
from mtc.ops.define import Layout
from mtc.ops.pooling import image_size
from mtc.ops.quantized import bias_steps, product_scale


def constant_weights(node: Node) -> str | None:
    """Packed once, so the weights have to be known when the program is loaded."""
    for name, value in zip(("weight", "bias"), node.inputs[1:], strict=False):
        if value is not None and value.constant is None:
            return f"its {name} is not a constant"
    if node.operand(1).type.count == 0:
        return "its weight is empty"
    return None


def float_convolution(node: Node) -> str | None:
    """Processors without arithmetic of half precision have mtc's own kernels: for one group, or groups of a channel."""
    x, weight = node.operand(0).type, node.operand(1).type
    groups, is_nhwc = node.attrs["groups"], node.attrs["layout"] is Layout.NHWC
    if x.dtype is F16 and groups > 1 and not groups == x.shape[-1 if is_nhwc else 1] == weight.shape[0]:
        return f"{groups} groups of several channels in half precision"
    return constant_weights(node)


def no_rounding(node: Node) -> str | None:
    return None if node.attrs["rounding"] is Rounding.NONE else "its result is rounded"


def exact_gelu(node: Node) -> str | None:
    return None if node.attrs["approximate"] is Approximate.NONE else "it is approximated by tanh"


def neighbouring_axes(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    axes = sorted(axis % rank for axis in node.attrs["axes"]) if rank else []
    if rank == 0:
        return "its operand is a scalar"
    return None if not axes or axes[-1] - axes[0] + 1 == len(axes) else f"axes {tuple(axes)} are not neighbours"


def last_axis(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    return None if node.attrs["axis"] in (-1, rank - 1) else f"it is along axis {node.attrs['axis']}, not the last one"


def resized_by_ratio(node: Node) -> str | None:
    """XNNPACK takes the factor from the sizes."""
    image = image_size(node.operand(0).type, node.attrs["layout"])
    for before, after, scale in zip(image, node.attrs["size"], node.attrs["scales"], strict=True):
        if node.attrs["align_corners"]:
            if not isinstance(after, int) or after == 1:
                return "its corners may be one pixel"
        elif scale > 0 and not (isinstance(before, int) and before * scale == after):
            return f"its factor {scale} is not the ratio of {after} to {before}"
    return None


def integer_product(node: Node) -> str | None:
    """Constant weights, symmetric if they are signed and of one scale if not; sums and results in 32 bits."""
    if (reason := constant_weights(node)) is not None:
        return reason
    x, weight, out = node.operand(0).type, node.operand(1).type, node.output.type
    assert x.qparams is not None and weight.qparams is not None and out.qparams is not None
    if weight.dtype is QI8 and weight.qparams.zero_point.any():
        return "its weights are not symmetric: they have zero points other than 0"
    if weight.dtype is not QI8 and weight.qparams.scale.size > 1:
        return "its weights have several scales"
    scale = product_scale(x.qparams, weight.qparams)
    ratio = float((scale / out.qparams.scale.astype(np.float32)).max())
    if (reason := unusual_scales(node)) is not None:
        return reason
    if ratio >= 256:
        return f"the scale of its products is {ratio:.3g} times that of its result"
    # The largest that a product, the bias and what is scaled can be.
    low, high = RANGES[x.dtype]
    zero = int(x.qparams.zero_point[0])
    widest = max(zero - low, high - zero) * (128 if weight.dtype is QI8 else 255)
    terms = _products(node)
    bias = node.inputs[2]
    largest = widest * terms
    if bias is not None and bias.constant is not None:
        values = bias.constant.array()
        if scale.size > 1:  # the groups of a transposed convolution share theirs
            scale = np.tile(scale, values.size // scale.size)
        largest += int(np.abs(bias_steps(values, scale)).max(initial=0))
    if largest > _MOST or largest * ratio > _MOST:
        return f"sums of {terms} products and a bias may not fit 32 bits"
    return None


_MOST = 2**31 - 256


def dynamic_product(node: Node) -> str | None:
    if not node.attrs["dynamic"]:
        return "its operand stays in floats, and XNNPACK multiplies integers"
    return symmetric_product(node)


def symmetric_product(node: Node) -> str | None:
    """Symmetric weights, with a scale for each output channel, one for all, or one for each block; sums in 32 bits."""
    if (reason := constant_weights(node)) is not None:
        return reason
    qparams = node.operand(1).type.qparams
    assert qparams is not None
    if qparams.zero_point.any():
        return "its weights are not symmetric: they have zero points other than 0"
    if qparams.block is not None:
        if (reason := _blocks_of_weights(node.operand(1).type)) is not None:
            return reason
    elif qparams.axis not in (None, 0):
        return "its weights have other scales than one for each output channel"
    terms = _products(node)
    return None if terms * 255 * 128 <= _MOST else f"sums of {terms} products may not fit 32 bits"


def _blocks_of_weights(weight: TensorType) -> str | None:
    """Of 4 bits, with scales that are normal numbers in bf16."""
    qparams, depth = weight.qparams, weight.shape[-1]
    assert qparams is not None and qparams.block is not None
    if weight.dtype is not QI4 or qparams.axis != 1 or qparams.block % 32 or depth % qparams.block:
        return f"its weights are in blocks of {qparams.block}, which XNNPACK has in 4 bits and multiples of 32 alone"
    scale = qparams.scale.astype(np.float32)
    if (scale.view(np.uint32) % (1 << 16)).any() or not bool((scale >= np.finfo(np.float32).tiny).all()):
        return "its blocks have scales that are not bf16, in which XNNPACK has them"
    return None


def dynamic_convolution(node: Node) -> str | None:
    """XNNPACK's kernel takes a pointer for each pixel and group."""
    if node.attrs["groups"] > 1 and _products(node) == product(_window(node)):
        return f"{node.attrs['groups']} groups of one channel"
    return dynamic_product(node)


def _window(node: Node) -> Shape:
    shape = node.operand(1).type.shape
    return shape[1:3] if node.attrs["layout"] is Layout.NHWC else shape[2:]


def _products(node: Node) -> int:
    """How many a result is the sum of, at most."""
    count = node.operand(1).type.count
    channels = node.output.type.shape[1 if node.attrs.get("layout") is Layout.NCHW else -1]
    assert isinstance(count, int) and isinstance(channels, int)
    return count // channels


def transposed_integer_product(node: Node) -> str | None:
    for extra, stride in zip(node.attrs["output_padding"], node.attrs["stride"], strict=True):
        if extra >= stride:
            return f"its output padding of {extra} is not smaller than its stride of {stride}"
    return integer_product(node)


def unusual_scales(node: Node) -> str | None:
    """XNNPACK takes normal numbers, and one for each tensor but weights."""
    smallest = np.finfo(np.float32).tiny
    for value in (*node.inputs, *node.outputs):
        qparams = None if value is None else value.type.qparams
        if qparams is None:
            continue
        if not bool((qparams.scale >= smallest).all()):
            return f"a scale of {float(qparams.scale.min()):.3g}"
        if not qparams.is_per_tensor and not node.op.has_attr("clamp"):
            return "an operand has several scales"
    return None


def integer_sum(node: Node) -> str | None:
    """Fixed-point factors of 21 bits."""
    if (reason := unusual_scales(node)) is not None:
        return reason
    x, y, out = _scales(node)
    return _factor_out_of_range((x / out, y / out), 2.0**-10)


def elementwise_integer_product(node: Node) -> str | None:
    if (reason := unusual_scales(node)) is not None:
        return reason
    x, y, out = _scales(node)
    return _factor_out_of_range((x * y / out,), 2.0**-16)


def comparable_scales(node: Node) -> str | None:
    """What is computed in floats has to fit 32 bits in steps of the result."""
    if (reason := unusual_scales(node)) is not None:
        return reason
    x, y, out = _scales(node)
    return _factor_out_of_range((x / out, y / out, x * y / out), 0.0)


def _scales(node: Node) -> list[np.float32]:
    """Of operands and result, in the type that kernels compute with them in."""
    found = [value.type.qparams for value in (*node.inputs, *node.outputs) if value is not None]
    return [np.float32(qparams.scale[0]) for qparams in found if qparams is not None]


def _factor_out_of_range(factors: Sequence[np.float32], least: float) -> str | None:
    found = next((factor for factor in factors if not least <= factor < 256), None)
    return None if found is None else f"its scales are {found:.3g} times that of its result"


def countable_window(node: Node) -> str | None:
    """Sums are 32 bits wide."""
    height, width = node.attrs["kernel_size"]
    return None if height * width <= 1 << 22 else f"a sum of {height * width} elements may not fit 32 bits"


def resized_integers(node: Node) -> str | None:
    if node.operand(0).type.qparams != node.output.type.qparams:
        return "its result has another scale or zero point"
    return resized_by_ratio(node)
