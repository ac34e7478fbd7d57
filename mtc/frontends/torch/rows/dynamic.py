"""Scales that are chosen from the data as it comes: torch's dynamic quantization of activations."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import torch

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import F32

Chosen = tuple[Value, Value]


@row("quantized_decomposed::choose_qparams.tensor")
def choose_qparams(importer: Importer, x: Value, qmin: int, qmax: int, eps: float, dtype: torch.dtype) -> Chosen:
    return _affine(importer, x, range(x.type.rank), qmin, qmax, eps)


@row("quantized_decomposed::choose_qparams_symmetric.tensor")
def choose_qparams_symmetric(
    importer: Importer, x: Value, qmin: int, qmax: int, eps: float, dtype: torch.dtype
) -> Chosen:
    middle = 128 if dtype is torch.uint8 else 0
    return _symmetric(importer, x, range(x.type.rank), qmin, qmax, eps, middle)


@row("torchao::choose_qparams_affine")
def choose_qparams_affine(
    importer: Importer,
    x: Value,
    mapping_type: str,
    block_size: Sequence[Dim],
    target_dtype: torch.dtype,
    quant_min: int | None = None,
    quant_max: int | None = None,
    eps: float | None = None,
    scale_dtype: torch.dtype | None = None,
    zero_point_dtype: torch.dtype | None = None,
    keepdim: bool = False,
) -> Chosen:
    axes = [axis for axis, size in enumerate(block_size) if size == x.type.shape[axis]]
    if any(size != 1 for axis, size in enumerate(block_size) if axis not in axes):
        raise Unsupported("blocks of a tensor that is computed; give each row of activations one scale, or all")
    if quant_min is None or quant_max is None or mapping_type not in ("SYMMETRIC", "ASYMMETRIC"):
        raise Unsupported(f"a range that is chosen as {mapping_type}; choose a SYMMETRIC or ASYMMETRIC one")
    least = float(np.finfo(np.float32).tiny) if eps is None else eps
    if mapping_type == "ASYMMETRIC":
        return _affine(importer, x, axes, quant_min, quant_max, least)
    return _symmetric(importer, x, axes, quant_min, quant_max, least, int((quant_max + quant_min + 1) / 2))


def _affine(importer: Importer, x: Value, axes: Sequence[int], low: int, high: int, least: float) -> Chosen:
    lowest, highest = _range(importer, x, axes)
    scale = _scale(importer, importer.emit(ops.sub, highest, lowest), high - low, least)
    steps = importer.emit(ops.round, importer.emit(ops.div, lowest, scale))
    zero_point = importer.emit(ops.sub, importer.scalar(float(low), F32), steps)
    return _chosen(importer, x, scale, importer.emit(ops.clamp, zero_point, min=float(low), max=float(high)))


def _symmetric(
    importer: Importer, x: Value, axes: Sequence[int], low: int, high: int, least: float, middle: int
) -> Chosen:
    lowest, highest = _range(importer, x, axes)
    largest = importer.emit(ops.maximum, importer.emit(ops.neg, lowest), highest)
    scale = _scale(importer, largest, (high - low) / 2, least)
    return _chosen(importer, x, scale, importer.expand(importer.scalar(float(middle), F32), scale.type.shape))


def _range(importer: Importer, x: Value, axes: Sequence[int]) -> tuple[Value, Value]:
    """From the least to the greatest along `axes`, with zero."""
    real = importer.cast(x, F32)
    low, high = (importer.emit(op, real, axes=tuple(axes), keepdim=False) for op in (ops.amin, ops.amax))
    return importer.emit(ops.clamp, low, min=-inf, max=0.0), importer.emit(ops.clamp, high, min=0.0, max=inf)


def _scale(importer: Importer, width: Value, steps: float, least: float) -> Value:
    scale = importer.emit(ops.div, width, importer.scalar(float(steps), F32))
    return importer.emit(ops.clamp, scale, min=least, max=inf)


def _chosen(importer: Importer, x: Value, *found: Value) -> Chosen:
    """Scale and zero point as torch has them. What they are chosen from is known by the scale."""
    types = importer.result_type(0), importer.result_type(1)
    scale, zero_point = (
        importer.reshape(importer.cast(value, type.dtype), type.shape) for value, type in zip(found, types, strict=True)
    )
    importer.origins[scale] = x
    return scale, zero_point
