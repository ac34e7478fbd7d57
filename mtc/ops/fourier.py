"""Discrete Fourier transforms. A complex tensor is two: its real and its imaginary part."""

from __future__ import annotations

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import F32, F64, Accuracy, Dims, Tensor, TensorType, normalize_axis, op, require


def _with_size(x: TensorType, axis: int, size: Dim) -> Shape:
    front = normalize_axis(axis, x.rank)
    require(x.rank > 0, "a transform of a tensor without axes")
    return (*x.shape[:front], size, *x.shape[front + 1 :])


def fft_shapes(real: TensorType, imag: TensorType | None, *, axis: int, onesided: bool, **_: object) -> list[Shape]:
    require(imag is None or imag.shape == real.shape, "the parts of a complex tensor have one shape")
    count = real.shape[normalize_axis(axis, real.rank)] if real.rank else 0
    return [_with_size(real, axis, count // 2 + 1 if onesided else count)] * 2


def irfft_shape(real: TensorType, imag: TensorType, *, axis: int, size: Dims) -> Shape:
    require(imag.shape == real.shape, "the parts of a complex tensor have one shape")
    require(len(size) == 1, "the size of a transform is one number")
    shape = _with_size(real, axis, size[0])
    require(real.shape == _with_size(real, axis, size[0] // 2 + 1), "a one-sided transform has size // 2 + 1 numbers")
    return shape


def _flops(real: TensorType, *_: object, **__: object) -> Dim:
    return real.count * 50  # 5 * log2(size), for 1024


@op(types="T, T -> T, T", T=(F32, F64), infer=fft_shapes, accuracy=Accuracy.REDUCTION, flops=_flops)
def fft(real: Tensor, imag: Tensor | None, *, axis: int = -1, inverse: bool = False, onesided: bool = False):
    """The discrete Fourier transform `sum(x[n] * exp(-2i * pi * k * n / N))` of the N numbers along `axis`, as real and
    imaginary part; with `inverse` the exponent is positive. It is not divided by N. `imag` may be absent: x is real.
    With `onesided` only the first `N // 2 + 1` numbers of it."""
    x = real.astype(np.float64) + (0 if imag is None else 1j * imag.astype(np.float64))
    count = x.shape[axis]
    result = np.fft.ifft(x, axis=axis, norm="forward") if inverse else np.fft.fft(x, axis=axis)
    kept = np.take(result, np.arange(count // 2 + 1 if onesided else count), axis=axis)
    return kept.real.astype(real.dtype), kept.imag.astype(real.dtype)


@op(types="T, T -> T", T=(F32, F64), infer=irfft_shape, accuracy=Accuracy.REDUCTION, flops=_flops)
def irfft(real: Tensor, imag: Tensor, *, axis: int = -1, size: Dims):
    """The `size` real numbers along `axis` whose transform's first half, `size // 2 + 1` numbers, is the operand: the
    inverse of `fft` with `onesided`, but not divided by `size`. The imaginary part of the first number does not count,
    nor that of the last if `size` is even."""
    x = real.astype(np.float64) + 1j * imag.astype(np.float64)
    (count,) = size
    return np.fft.irfft(x, n=count, axis=axis, norm="forward").astype(real.dtype)
