"""Products of matrices and convolutions by each other, and attention by products."""

from __future__ import annotations

from math import inf

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.dims import product
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.ops.define import Layout
from mtc.passes.affine import affine_of
from mtc.passes.alternatives.formulas import Formula, real, wide_real
from mtc.passes.clamp_fusion import limits
from mtc.passes.decomposition import conv1d_as_conv2d
from mtc.passes.layout import TO_NCHW, TO_NHWC
from mtc.passes.matching import UNBOUNDED


def _is_plain(node: Node) -> bool:
    """Whether weights and activations have one dtype, that of the result."""
    return node.operand(1).type.dtype is node.operand(0).type.dtype


@real(ops.linear)
def linear_by_matmul(node: Node, f: Formula) -> Value | None:
    x, weight, bias = node.operand(0), node.operand(1), node.inputs[2]
    if not _is_plain(node) or x.type.rank < 2:
        return None
    result = f(ops.matmul, x, weight, transpose_y=True)
    return f.limited(result if bias is None else f(ops.add, result, bias), node.attrs["clamp"])


@real(ops.linear)
def linear_by_conv2d(node: Node, f: Formula) -> Value | None:
    """Each row is an image of one pixel."""
    x, weight, bias = node.operand(0), node.operand(1), node.inputs[2]
    if not _is_plain(node):
        return None
    outputs, features = weight.type.shape
    images = f(ops.reshape, x, shape=(product(x.type.shape[:-1]), features, 1, 1))
    kernel = f(ops.reshape, weight, shape=(outputs, features, 1, 1))
    result = f.build.emit(ops.conv2d, images, kernel, bias, clamp=node.attrs["clamp"])
    return f(ops.reshape, result, shape=node.output.type.shape)


@real(ops.matmul)
def matmul_by_linear(node: Node, f: Formula) -> Value | None:
    x, y = node.operand(0), node.operand(1)
    if y.type.rank != 2:
        return None
    weight = y if node.attrs["transpose_y"] else f(ops.permute, y, dims=(1, 0))
    return f.build.emit(ops.linear, x, weight, None)


@real(ops.conv2d)
def conv2d_by_linear(node: Node, f: Formula) -> Value | None:
    """A window of one pixel is a product for each pixel."""
    x, weight, bias, attrs = node.operand(0), node.operand(1), node.inputs[2], node.attrs
    is_pointwise = weight.type.shape[2:] == (1, 1) and attrs["layout"] is Layout.NCHW and attrs["groups"] == 1
    if not _is_plain(node) or not is_pointwise or attrs["stride"] != (1, 1) or any(attrs["padding"]):
        return None
    rows = f(ops.reshape, weight, shape=weight.type.shape[:2])
    pixels = f.build.emit(ops.linear, f(ops.permute, x, dims=TO_NHWC), rows, bias, clamp=attrs["clamp"])
    return f(ops.permute, pixels, dims=TO_NCHW)


@real(ops.relu, ops.clamp)
def limits_by_convolution(node: Node, f: Formula) -> Value | None:
    """Convolutions limit what they compute, which of each channel by itself, times 1, is the operand."""
    return _each_channel(f, node.operand(0), None, None, limits(node))


@real(ops.mul, ops.add, ops.div, ops.batch_norm)
def affine_by_convolution(node: Node, f: Formula) -> Value | None:
    """A factor and a term for each channel are a weight and a bias."""
    affine = affine_of(node, 1) if node.output.type.rank == 4 else None
    return None if affine is None else _each_channel(f, affine.x, affine.scale, affine.shift, UNBOUNDED)


def _each_channel(
    f: Formula, x: Value, scale: np.ndarray | None, shift: np.ndarray | None, clamp: tuple[float, float]
) -> Value | None:
    """A convolution of one pixel for each channel of images."""
    channels = x.type.shape[1] if x.type.rank == 4 else None
    if not isinstance(channels, int) or channels == 0:
        return None

    def vector(values: np.ndarray, called: str) -> Value:
        array = np.broadcast_to(values, (channels,)).astype(x.type.dtype.numpy)
        return f.build.constant(array, called=called)

    weight = vector(np.ones(1) if scale is None else scale, "weight")
    kernel = f(ops.reshape, weight, shape=(channels, 1, 1, 1))
    bias = None if shift is None else vector(shift, "bias")
    return f.build.emit(ops.conv2d, x, kernel, bias, groups=channels, clamp=clamp)


@rewrite(ops.conv1d, quantized=True)
def conv1d_by_conv2d(node: Node, build: Builder) -> Value:
    return conv1d_as_conv2d(node, build)


@wide_real(ops.scaled_dot_product_attention)
def attention_by_products(node: Node, f: Formula) -> Value | None:
    """`softmax(query @ key.T * scale + mask) @ value`. A mask that may hide every source of a target makes zeros, not
    NaN: so only one that is known not to."""
    query, key, value, mask = node.operand(0), node.operand(1), node.operand(2), node.inputs[3]
    if node.attrs["enable_gqa"] or (mask is not None and not _leaves_sources(mask)):
        return None
    scores = f.times(f(ops.matmul, query, key, transpose_y=True), node.attrs["scale"])
    if node.attrs["is_causal"]:
        targets, sources = scores.type.shape[-2:]
        if mask is not None or not isinstance(targets, int) or not isinstance(sources, int):
            return None
        causal = np.where(np.tri(targets, sources, dtype=np.bool_), 0.0, -inf)
        scores = f(ops.add, scores, f.build.constant(causal.astype(scores.type.dtype.numpy), called="causal"))
    elif mask is not None:
        scores = f(ops.add, scores, mask)
    return f(ops.matmul, f(ops.softmax, scores, axis=-1), value)


def _leaves_sources(mask: Value) -> bool:
    if mask.constant is None:
        return False
    values = mask.constant.array().astype(np.float64)
    return bool(values.size) and bool((values.max(axis=-1) > -inf).all())


@real(ops.rotary_embedding)
def rotation_by_halves(node: Node, f: Formula) -> Value | None:
    """`x * cos + (-second half, first half) * sin`."""
    x, cos, sin = node.operand(0), node.operand(1), node.operand(2)
    features = x.type.shape[-1]
    if node.attrs["interleaved"] or not isinstance(features, int):
        return None
    if cos.type.shape[-1] != features:
        cos, sin = (f.build.emit(ops.concat, angle, angle, axis=-1) for angle in (cos, sin))
    first, second = (_part(f, x, begin, begin + features // 2) for begin in (0, features // 2))
    turned = f.build.emit(ops.concat, f(ops.neg, second), first, axis=-1)
    return f(ops.add, f(ops.mul, x, cos), f(ops.mul, turned, sin))


def _part(f: Formula, x: Value, begin: int, end: int) -> Value:
    """Some features along the last axis."""
    before, rest = (0,) * (x.type.rank - 1), x.type.shape[:-1]
    return f(ops.slice, x, begin=(*before, begin), end=(*rest, end), step=(1,) * x.type.rank)


PRODUCTS = (
    linear_by_matmul,
    linear_by_conv2d,
    matmul_by_linear,
    conv2d_by_linear,
    limits_by_convolution,
    affine_by_convolution,
    conv1d_by_conv2d,
    attention_by_products,
    rotation_by_halves,
)
