"""Rounding to integers and back, as torch's PT2E quantization writes it into a graph (QDQ): operators compute in
floats between a `dequantize` of their operands and a `quantize` of their results."""

from __future__ import annotations

import torch

from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.quantized import Steps, dequantized, quantized
from mtc.frontends.torch.table import row
from mtc.frontends.torch.tensors import dtype_of
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


def _reals(dtype: torch.dtype | None) -> DType:
    return F32 if dtype is None else dtype_of(dtype)
