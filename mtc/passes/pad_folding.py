"""Fold a pad into the convolution or pooling that reads it: their kernels pad without a copy."""

from __future__ import annotations

from math import inf

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.dims import Dim
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.ops.shape import PadMode
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, made_by


def _spatial_padding(pad: Node | None, value: float) -> tuple[int, ...] | None:
    """Before and after each spatial axis, of a pad that only adds `value` around images."""
    if pad is None or pad.attrs["mode"] is not PadMode.CONSTANT or pad.attrs["value"] != value:
        return None
    padding: tuple[Dim, ...] = pad.attrs["padding"]
    if any(padding[:4]):  # batch and channels
        return None
    sizes = tuple(size for size in padding[4:] if isinstance(size, int))
    return sizes if len(sizes) == len(padding) - 4 else None


def _together(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(first, second, strict=True))


@rewrite(ops.conv1d, ops.conv2d, ops.conv3d, quantized=True)
def fold_pad_into_conv(conv: Node, build: Builder) -> Value | None:
    """A convolution pads with zeros itself. TensorFlow's asymmetric padding comes as a pad of its own."""
    pad = made_by(conv.inputs[0], ops.pad)
    extra = _spatial_padding(pad, 0.0)
    if pad is None or extra is None:
        return None
    absorb(build, pad)
    padding = _together(conv.attrs["padding"], extra)
    return build.again(conv, pad.inputs[0], *conv.inputs[1:], padding=padding).output


def _lowest(value: Value) -> float:
    dtype = value.type.dtype
    return float(np.iinfo(dtype.numpy).min) if dtype.is_integer else -inf


@rewrite(ops.max_pool2d, quantized=True)
def fold_pad_into_max_pool(pool: Node, build: Builder) -> Value | None:
    """What max pooling puts around an image is never the largest: that is what a pad with -inf is for."""
    pad = made_by(pool.inputs[0], ops.pad)
    extra = None if pad is None else _spatial_padding(pad, _lowest(pad.output))
    if pad is None or extra is None or pool.attrs["ceil_mode"]:
        return None
    padding = _together(pool.attrs["padding"], extra)
    if not _is_within_window(padding, pool.attrs["kernel_size"], pool.attrs["dilation"]):
        return None
    absorb(build, pad)
    return build.again(pool, pad.inputs[0], padding=padding).output


@rewrite(ops.avg_pool2d, quantized=True)
def fold_pad_into_avg_pool(pool: Node, build: Builder) -> Value | None:
    """Zeros around an image count as elements: so does the padding with `count_include_pad`."""
    attrs = pool.attrs
    pad = made_by(pool.inputs[0], ops.pad)
    extra = _spatial_padding(pad, 0.0)
    if pad is None or extra is None or attrs["ceil_mode"]:
        return None
    if any(attrs["padding"]) and not attrs["count_include_pad"]:  # the pooling's own padding does not count
        return None
    padding = _together(attrs["padding"], extra)
    if not _is_within_window(padding, attrs["kernel_size"], (1, 1)):
        return None
    absorb(build, pad)
    return build.again(pool, pad.inputs[0], padding=padding, count_include_pad=True).output


def _is_within_window(padding: tuple[int, ...], kernel: tuple[int, int], dilation: tuple[int, int]) -> bool:
    """A window lies at least in part on the image: what pooling demands."""
    extents = [dilation[i] * (kernel[i] - 1) + 1 for i in range(2)]
    return all(max(padding[2 * i : 2 * i + 2]) < extents[i] for i in range(2))


FOLD_PADDING = Rewrites("fold-padding", (fold_pad_into_conv, fold_pad_into_max_pool, fold_pad_into_avg_pool))
