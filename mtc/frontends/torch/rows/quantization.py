"""Rounding to integers and back, as torch's PT2E quantization writes it into a graph (QDQ): operators compute in
floats between a `dequantize` of their operands and a `quantize` of their results."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.quantized import Steps, dequantized, quantized
from mtc.frontends.torch.table import row
from mtc.frontends.torch.tensors import dtype_of
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import F32, DType

_QUANTIZE, _DEQUANTIZE = (f"quantized_decomposed::{name}_per_tensor" for name in ("quantize", "dequantize"))


@row(_QUANTIZE, f"{_QUANTIZE}.tensor")
def quantize_per_tensor(
    importer: Importer,
    x: Value,
    scale: Operand,
    zero_point: Operand,
    quant_min: int,
    quant_max: int,
    dtype: torch.dtype,
) -> Value:
    return quantized(importer, x, Steps(scale, zero_point, quant_min, quant_max, dtype), _DEQUANTIZE)


@row(_DEQUANTIZE, f"{_DEQUANTIZE}.tensor")
def dequantize_per_tensor(
    importer: Importer,
    x: Value,
    scale: Operand,
    zero_point: Operand,
    quant_min: int,
    quant_max: int,
    dtype: torch.dtype,
    out_dtype: torch.dtype | None = None,
) -> Value:
    return dequantized(importer, x, Steps(scale, zero_point, quant_min, quant_max, dtype), _reals(out_dtype))


@row("quantized_decomposed::quantize_per_channel")
def quantize_per_channel(
    importer: Importer,
    x: Value,
    scales: Value,
    zero_points: Value,
    axis: int,
    quant_min: int,
    quant_max: int,
    dtype: torch.dtype,
) -> Value:
    """Of weights, when they were not folded into integers: torch computes what is known."""
    raise Unsupported("channels of a tensor that is computed with a scale each; weights may have that")


@row("quantized_decomposed::dequantize_per_channel")
def dequantize_per_channel(
    importer: Importer,
    x: Value,
    scales: Value,
    zero_points: Value | None,
    axis: int,
    quant_min: int,
    quant_max: int,
    dtype: torch.dtype,
    out_dtype: torch.dtype | None = None,
) -> Value:
    zero = 0 if zero_points is None else zero_points
    steps = Steps(scales, zero, quant_min, quant_max, dtype, axis % x.type.rank)
    return dequantized(importer, x, steps, _reals(out_dtype))


@row("torchao::quantize_affine")
def quantize_affine(
    importer: Importer,
    x: Value,
    block_size: Sequence[Dim],
    scale: Operand,
    zero_point: Operand | None,
    output_dtype: torch.dtype,
    quant_min: int | None = None,
    quant_max: int | None = None,
) -> Value:
    steps = _by_blocks(x, block_size, scale, zero_point, output_dtype, quant_min, quant_max)
    return quantized(importer, x, steps, "torchao::dequantize_affine")


@row("torchao::dequantize_affine")
def dequantize_affine(
    importer: Importer,
    x: Value,
    block_size: Sequence[Dim],
    scale: Operand,
    zero_point: Operand | None,
    input_dtype: torch.dtype,
    quant_min: int | None = None,
    quant_max: int | None = None,
    output_dtype: torch.dtype = torch.float32,
) -> Value:
    steps = _by_blocks(x, block_size, scale, zero_point, input_dtype, quant_min, quant_max)
    return dequantized(importer, x, steps, dtype_of(output_dtype))


def _by_blocks(
    x: Value,
    sizes: Sequence[Dim],
    scale: Operand,
    zero_point: Operand | None,
    dtype: torch.dtype,
    low: int | None,
    high: int | None,
) -> Steps:
    """Blocks of these `sizes` have a scale each: the whole tensor, an index of one axis, or parts of rows."""
    limits = torch.iinfo(dtype)
    low, high = limits.min if low is None else low, limits.max if high is None else high
    zero = 0 if zero_point is None else zero_point
    divided = [axis for axis, size in enumerate(sizes) if size != x.type.shape[axis]]
    if not divided:
        return Steps(scale, zero, low, high, dtype, packs=True)
    if len(divided) == 1 and sizes[divided[0]] == 1:
        return Steps(scale, zero, low, high, dtype, divided[0], packs=True)
    if any(size != 1 for size in sizes[:-1]):
        raise Unsupported("blocks along several axes, or along another than the last; give them to rows")
    return Steps(scale, zero, low, high, dtype, x.type.rank - 1, sizes[-1], packs=True)


def _reals(dtype: torch.dtype | None) -> DType:
    return F32 if dtype is None else dtype_of(dtype)
