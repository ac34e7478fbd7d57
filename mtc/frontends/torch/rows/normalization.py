"""Normalization, with the statistics of the training or of the operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.table import row
from mtc.frontends.torch.tensors import to_torch
from mtc.ir.module import Value
from mtc.ir.types import BF16, F16, F32, F64


def _in_dtype_of(importer: Importer, x: Value, *parameters: Value | None) -> list[Value | None]:
    return [None if p is None else importer.cast(p, x.type.dtype) for p in parameters]


def _by_statistics(
    importer: Importer, x: Value, weight: Value | None, bias: Value | None, mean: Value, var: Value, eps: float
) -> Value:
    """Parameters may be wider than a half-precision x: then it is computed in their dtype."""
    dtype = mean.type.dtype if x.type.dtype in (F16, BF16) else x.type.dtype
    wide = importer.cast(x, dtype)
    parameters = _in_dtype_of(importer, wide, weight, bias, mean, var)
    return importer.cast(importer.emit(ops.batch_norm, wide, *parameters, eps=eps), x.type.dtype)


def _batch_statistics(importer: Importer, x: Value) -> tuple[Value, Value]:
    axes = (0, *range(2, x.type.rank))
    return importer.emit(ops.mean, x, axes=axes), importer.emit(ops.var, x, axes=axes, correction=0.0)


@row("batch_norm")
def batch_norm(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value | None,
    running_var: Value | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Value:
    if training or running_mean is None or running_var is None:
        running_mean, running_var = _batch_statistics(importer, x)
    return _by_statistics(importer, x, weight, bias, running_mean, running_var, eps)


@row("_native_batch_norm_legit_no_training")
def batch_norm_no_training(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value,
    running_var: Value,
    momentum: float,
    eps: float,
) -> tuple[Value, None, None]:
    return _by_statistics(importer, x, weight, bias, running_mean, running_var, eps), None, None


@row("_native_batch_norm_legit.no_stats")
def batch_norm_no_stats(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Value, None, None]:
    return _by_statistics(importer, x, weight, bias, *_batch_statistics(importer, x), eps), None, None


@row("_native_batch_norm_legit_functional")
def batch_norm_functional(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value,
    running_var: Value,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Value | None, ...]:
    """Also gives the new running statistics; that of the variance counts one element less."""
    if not training:
        out = _by_statistics(importer, x, weight, bias, running_mean, running_var, eps)
        return out, None, None, running_mean, running_var
    mean, var = _batch_statistics(importer, x)
    out = _by_statistics(importer, x, weight, bias, mean, var, eps)
    unbiased = importer.emit(ops.var, x, axes=(0, *range(2, x.type.rank)), correction=1.0)
    return (
        out,
        None,
        None,
        *(_moved(importer, old, new, momentum) for old, new in ((running_mean, mean), (running_var, unbiased))),
    )


def _moved(importer: Importer, old: Value, new: Value, momentum: float) -> Value:
    dtype = old.type.dtype
    kept = binary(importer, ops.mul, old, 1 - momentum, dtype)
    return importer.emit(ops.add, kept, binary(importer, ops.mul, importer.cast(new, dtype), momentum, dtype))


@row("instance_norm")
def instance_norm(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value | None,
    running_var: Value | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Value:
    if not use_input_stats and running_mean is not None and running_var is not None:
        return _by_statistics(importer, x, weight, bias, running_mean, running_var, eps)
    return group_norm(importer, x, x.type.shape[1], weight, bias, eps)  # type: ignore[arg-type]


@row("group_norm")
def group_norm(
    importer: Importer,
    x: Value,
    num_groups: int,
    weight: Value | None = None,
    bias: Value | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Value:
    return importer.emit(ops.group_norm, x, *_in_dtype_of(importer, x, weight, bias), num_groups=num_groups, eps=eps)


@row("native_group_norm")
def native_group_norm(
    importer: Importer,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    n: Any,
    c: Any,
    hxw: Any,
    group: int,
    eps: float,
) -> tuple[Value, None, None]:
    return group_norm(importer, x, group, weight, bias, eps), None, None


@row("layer_norm")
def layer_norm(
    importer: Importer,
    x: Value,
    normalized_shape: Sequence[Any],
    weight: Value | None = None,
    bias: Value | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Value:
    parameters = _in_dtype_of(importer, x, weight, bias)
    return importer.emit(ops.layer_norm, x, *parameters, normalized_axes=len(normalized_shape), eps=eps)


@row("native_layer_norm")
def native_layer_norm(
    importer: Importer, x: Value, normalized_shape: Sequence[Any], weight: Value | None, bias: Value | None, eps: float
) -> tuple[Value, None, None]:
    return layer_norm(importer, x, normalized_shape, weight, bias, eps), None, None


@row("rms_norm")
def rms_norm(
    importer: Importer, x: Value, normalized_shape: Sequence[Any], weight: Value | None = None, eps: float | None = None
) -> Value:
    (weight,) = _in_dtype_of(importer, x, weight)
    # torch's default is of the type it computes in.
    least = torch.finfo(to_torch(F64 if x.type.dtype is F64 else F32)).eps if eps is None else eps
    return importer.emit(ops.rms_norm, x, weight, normalized_axes=len(normalized_shape), eps=least)


@row("_fused_rms_norm")
def fused_rms_norm(
    importer: Importer, x: Value, normalized_shape: Sequence[Any], weight: Value | None, eps: float | None
) -> tuple[Value, None]:
    return rms_norm(importer, x, normalized_shape, weight, eps), None
