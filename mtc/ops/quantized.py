"""What operators compute of quantized elements: the integer reference that portable kernels equal bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np

from mtc.ir.opspec import OpSpec, Quantized
from mtc.ir.quantized import RANGES, dequantize, quantize
from mtc.ir.types import QParams, TensorType

Arrays = Sequence["np.ndarray | None"]
Types = Sequence["TensorType | None"]


def evaluate(op: OpSpec, arrays: Arrays, types: Types, attrs: Mapping[str, Any], results: Types) -> list[np.ndarray]:
    """The results of an op of which an operand or result is quantized; `types` and `results` are theirs."""
    out = results[0]
    if op.quantized is Quantized.PRODUCT and out is not None and out.qparams is not None:
        return [_product(op, arrays, types, attrs, out)]
    return _derived(op, arrays, types, attrs, results)


def _derived(op: OpSpec, arrays: Arrays, types: Types, attrs: Mapping[str, Any], results: Types) -> list[np.ndarray]:
    """The reference on the real numbers that the elements stand for, in f64 where results are rounded to integers:
    products of scales and integers are exact there, so that kernels need not sum in the reference's order."""
    assert op.reference is not None
    wide = np.float64 if any(type is not None and type.qparams is not None for type in results) else np.float32
    reals = [
        array if array is None or type is None or type.qparams is None else dequantize(array, type.qparams, wide)
        for array, type in zip(arrays, types, strict=True)
    ]
    with np.errstate(all="ignore"):
        found = op.reference(*op.group(reals), **attrs)
    many = found if isinstance(found, (list, tuple)) else [found]
    return [
        quantize(np.asarray(result), type.dtype, type.qparams)
        if type is not None and type.qparams is not None
        else np.asarray(result).astype(type.dtype.numpy if type is not None else None)
        for result, type in zip(many, results, strict=True)
    ]


def _product(op: OpSpec, arrays: Arrays, types: Types, attrs: Mapping[str, Any], out: TensorType) -> np.ndarray:
    """`x * y + bias` of integers, whose sums are exact, then one scale in f32, rounded half to even.

    The bias is an integer of the product's scale. This is how gemmlowp's and XNNPACK's kernels ("fp32 requantization")
    compute: https://github.com/google/gemmlowp/blob/master/doc/quantization.md
    """
    assert op.reference is not None and out.qparams is not None
    x_type, y_type = types[0], types[1]
    assert x_type is not None and y_type is not None and x_type.qparams is not None and y_type.qparams is not None
    terms = [
        _integers(array, type.qparams)
        for array, type in zip(arrays[:2], (x_type, y_type), strict=True)
        if array is not None and type.qparams is not None
    ]
    limits = attrs.get("clamp", (-inf, inf))
    plain = {name: (-inf, inf) if name == "clamp" else value for name, value in attrs.items()}
    absent = [None] * (len(arrays) - 2)
    total = np.asarray(op.reference(*op.group([*terms, *absent]), **plain))
    is_convolution, is_channels_last = "stride" in attrs, "layout" in attrs and attrs["layout"].value == "nhwc"
    axis = 1 if is_convolution and not is_channels_last else -1
    scale = product_scale(x_type.qparams, y_type.qparams)
    if scale.size > 1:  # the groups of a transposed convolution share theirs
        scale = np.tile(scale, total.shape[axis] // scale.size)
    if len(arrays) > 2 and arrays[2] is not None:
        total = total + _along(bias_steps(arrays[2], scale), axis, total.ndim)
    ratio = (scale / out.qparams.scale.astype(np.float32)).astype(np.float32)
    steps = np.rint(total.astype(np.float32) * _along(ratio, axis, total.ndim))
    zero_point = int(out.qparams.zero_point[0])
    low, high = (quantize(np.array(limit), out.dtype, out.qparams) for limit in limits)
    lowest, highest = RANGES[out.dtype]
    low = lowest if limits[0] == -inf else int(low)
    high = highest if limits[1] == inf else int(high)
    return np.clip(steps + zero_point, low, high).astype(out.dtype.numpy)


def product_scale(x: QParams, y: QParams) -> np.ndarray:
    """The scale of a product for each output channel, or of all, in f32."""
    scales: np.ndarray = x.scale.astype(np.float32) * y.scale.astype(np.float32)
    return scales


def bias_steps(bias: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The bias as 32-bit integers of the product's scale."""
    steps = np.rint(bias.astype(np.float64) / scale.astype(np.float64))
    return np.clip(np.nan_to_num(steps, nan=0.0), -(2**31), 2**31 - 1)


def _integers(array: np.ndarray, qparams: QParams) -> np.ndarray:
    """What is multiplied by the scale, in f64: sums of products below 2^53 are exact."""
    return dequantize(array, QParams(np.ones_like(qparams.scale), qparams.zero_point, qparams.axis), np.float64)


def _along(values: np.ndarray, axis: int, rank: int) -> np.ndarray:
    shape = [1] * rank
    shape[axis] = values.size
    return values.reshape(shape if values.size > 1 else [1] * rank)


def rounded_rows(x: np.ndarray) -> np.ndarray:
    """Each row of the last axis as 8-bit integers of a scale and zero point of its own, and real again, as XNNPACK's
    `xnn_f32_qd8_asymmetric_quantization_params` chooses them: zero is exact, and the end that fits worse decides."""
    low = np.minimum(x.min(axis=-1, keepdims=True, initial=0), 0).astype(np.float32)
    high = np.maximum(x.max(axis=-1, keepdims=True, initial=0), 0).astype(np.float32)
    span = np.where(high == low, np.float32(1), (high - low) / np.float32(255))
    lowest, highest = -128 - low / span, 127 - high / span
    is_lower = (-128 + low / span) + (127 + high / span) > 0
    zero = np.rint(np.clip(np.where(is_lower, lowest, highest), -128, 127))
    steps = np.clip(np.rint(x / span) + zero, -128, 127)
    rounded: np.ndarray = ((steps - zero) * span).astype(x.dtype)
    return rounded
