"""Integers that stand for real numbers, as torch writes them: plain tensors of int8 beside scales and zero points.

Where these are known they become part of a type (`quantize`, `dequantize`, constants of `qi8` and `qi4`); else the
arithmetic is spelled out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import torch

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.tensors import dtype_of
from mtc.ir.constant import Constant
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.quantized import RANGES
from mtc.ir.types import F32, QI4, QI8, QU8, DType, QParams, TensorType

_ELEMENTS = {torch.int8: QI8, torch.uint8: QU8}


@dataclass(frozen=True)
class Steps:
    """How a tensor is rounded: a real number is `scale * (step - zero_point)`, for steps of `low` to `high` in `dtype`.

    Without an `axis` there is one scale; with it one for each index, or for each `block` of them in every row. With
    `packs`, constants of four bits are stored so: operators on integers take eight.
    """

    scale: Operand
    zero_point: Operand
    low: float
    high: float
    dtype: torch.dtype
    axis: int | None = None
    block: Dim | None = None
    packs: bool = False

    @property
    def element(self) -> DType:
        """The quantized type. Unsupported if there is none."""
        if self.dtype not in _ELEMENTS:
            name = str(self.dtype).removeprefix("torch.")
            raise Unsupported(f"steps of {name}; quantize to int8 or uint8, weights also to int4")
        return _ELEMENTS[self.dtype]

    @property
    def qparams(self) -> QParams | None:
        """What stands in the type; None if a scale or zero point is computed."""
        scale, zero_point = _known(self.scale), _known(self.zero_point)
        if scale is None or zero_point is None:
            return None
        if not np.array_equal(zero_point, np.rint(zero_point)):
            raise Unsupported("zero points that are no integers; use another quantization scheme")
        if not (self.block is None or isinstance(self.block, int)):
            return None
        return QParams(scale, zero_point, self.axis, self.block)


def quantized(importer: Importer, x: Value, steps: Steps, dequantize: str) -> Value:
    """`x` in integers: elements of a quantized type if nothing reads them but the operator `dequantize`, by the same
    scale; else plain ones, with which others may do as they please."""
    element, qparams = steps.element, steps.qparams
    if isinstance(steps.scale, Value) and importer.origins.get(steps.scale) is x:
        integers = _rounded(importer, x, steps)
        importer.origins[integers] = x
        return integers
    if qparams is None or not qparams.is_per_tensor or not _is_only_read_by(dequantize, importer.node):
        return _rounded(importer, x, steps)
    _check(qparams, element)
    limited = _limited(importer, x, steps, qparams)
    return importer.emit(ops.quantize, limited, dtype=element, qparams=qparams)


def dequantized(importer: Importer, x: Value, steps: Steps, dtype: DType) -> Value:
    """The real numbers that elements of a quantized type, constants or other integers stand for."""
    if x.type.qparams is not None:
        return importer.emit(ops.dequantize, x, dtype=dtype)
    if x.constant is not None:
        return importer.emit(ops.dequantize, _stored(importer, x, x.constant, steps), dtype=dtype)
    scale, zero_point = _beside(importer, x, steps, dtype)
    differences = importer.emit(ops.sub, importer.cast(x, dtype), zero_point)
    reals = importer.emit(ops.mul, differences, scale)
    origin = importer.origins.get(x)
    if origin is not None and isinstance(steps.scale, Value) and importer.origins.get(steps.scale) is origin:
        importer.origins[reals] = origin
    return reals


def _rounded(importer: Importer, x: Value, steps: Steps) -> Value:
    """The plain integers that torch computes."""
    scale, zero_point = _beside(importer, x, steps, F32)
    scaled = importer.emit(ops.mul, importer.cast(x, F32), importer.emit(ops.reciprocal, scale))
    moved = importer.emit(ops.add, importer.emit(ops.round, scaled), zero_point)
    return importer.cast(importer.emit(ops.clamp, moved, min=steps.low, max=steps.high), dtype_of(steps.dtype))


def _limited(importer: Importer, x: Value, steps: Steps, qparams: QParams) -> Value:
    """`x` within what a range narrower than that of its elements (-127..127, 0..127) stands for."""
    least, most = RANGES[steps.element]
    scale, zero_point = float(qparams.scale[0]), int(qparams.zero_point[0])
    low = (steps.low - zero_point) * scale if steps.low > least else -inf
    high = (steps.high - zero_point) * scale if steps.high < most else inf
    return x if (low, high) == (-inf, inf) else importer.emit(ops.clamp, x, min=low, max=high)


def _stored(importer: Importer, x: Value, constant: Constant, steps: Steps) -> Value:
    """A constant of plain integers as one of a quantized type. Unsupported if there is none, as for a bias of int32:
    then torch computes its real numbers."""
    dtype, qparams, array = steps.element, steps.qparams, constant.array()
    if qparams is None or x.type.dtype is not dtype_of(steps.dtype):
        raise Unsupported("integers that are constant, by a scale that is not")
    if steps.packs and steps.high - steps.low < 16:
        offset = 0 if steps.low >= RANGES[QI4][0] and steps.high <= RANGES[QI4][1] else int(steps.low) + 8
        dtype, array = QI4, (array.astype(np.int16) - offset).astype(np.int8)
        qparams = QParams(qparams.scale, qparams.zero_point - offset, qparams.axis, qparams.block)
    _check(qparams, dtype)
    key = constant, qparams
    if key not in importer.stored:
        stored = Constant(constant.name, TensorType(dtype, x.type.shape, qparams), array)
        importer.stored[key] = importer.build.constant(stored)
    return importer.stored[key]


def _beside(importer: Importer, x: Value, steps: Steps, dtype: DType) -> tuple[Value, Value]:
    """Scale and zero point as tensors that are broadcast to `x`."""
    shape: tuple[Dim, ...] = ()
    if steps.axis is not None and steps.block is None:
        shape = tuple(size if i == steps.axis else 1 for i, size in enumerate(x.type.shape))
    elif steps.axis is not None:
        if steps.block != x.type.shape[steps.axis]:
            raise Unsupported("blocks of a tensor that is computed; give each row of activations one scale, or all")
        shape = tuple(1 if i == steps.axis else size for i, size in enumerate(x.type.shape))
    scale, zero_point = (
        importer.reshape(importer.tensor(operand, dtype), shape if isinstance(operand, Value) else ())
        for operand in (steps.scale, steps.zero_point)
    )
    return scale, zero_point


def _known(operand: Operand) -> np.ndarray | None:
    if isinstance(operand, Value):
        return None if operand.constant is None else operand.constant.array()
    return np.asarray(operand) if isinstance(operand, (int, float)) else None


def _check(qparams: QParams, dtype: DType) -> None:
    low, high = RANGES[dtype]
    scale, zero_point = qparams.scale, qparams.zero_point
    if not bool((np.isfinite(scale) & (scale > 0) & (low <= zero_point) & (zero_point <= high)).all()):
        raise Unsupported(f"a scale that is not positive, or a zero point outside of {low}..{high}; calibrate again")


def _is_only_read_by(dequantize: str, node: torch.fx.Node) -> bool:
    """Whether every reader of the integers that `node` computes is `dequantize` with the arguments of `node`."""
    return all(
        isinstance(user.target, torch._ops.OpOverload)
        and user.target._schema.name == dequantize
        and user.args[0] is node
        and user.args[1 : len(node.args)] == node.args[1:]
        for user in node.users
    )
