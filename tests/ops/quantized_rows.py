"""Cases of ops in integers: with scales and zero points of every kind, and of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from cases import CASES
from cases.case import Case

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import Trait
from mtc.ir.quantized import RANGES, dequantize, quantize
from mtc.ir.types import F32, QI8, QU8, DType, QParams, TensorType
from mtc.ir.verifier import verify

CHOICES = ("affine", "lowest-zero", "highest-zero", "saturating", "kept")  # the last: the result's as the operand's
# What results within a known range take, and some libraries have alone.
RANGED = {
    ops.sigmoid: QParams(1 / 256, 0),
    ops.hardsigmoid: QParams(1 / 256, 0),
    ops.softmax: QParams(1 / 256, 0),
    ops.tanh: QParams(1 / 128, 128),
}


@dataclass(frozen=True)
class Row:
    """A case with its operands and result in integers; `weights` symmetric, or with scales per channel."""

    case: Case
    dtypes: tuple[DType, ...]
    choice: str
    weights: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (str(self.case), *map(str, self.dtypes), self.choice, self.weights)))


def rows() -> list[Row]:
    found = []
    for case in CASES:
        if F32 not in case.dtypes:
            continue
        for signature in case.op.variants:
            if signature.form != "quantized":
                continue
            for each in (QI8, QU8):
                dtypes = tuple(each for _ in signature.variables)
                has_weights = "W" in signature.variables
                found += [Row(case, dtypes, choice) for choice in CHOICES]
                if has_weights:
                    found.append(Row(case, dtypes, "affine", "symmetric"))
                    found += [Row(case, dtypes, choice, "per-channel") for choice in CHOICES]
            if "W" in signature.variables:
                found += [Row(case, (QU8, QI8), "affine", weights) for weights in ("", "per-channel")]
            if case.op in RANGED:
                found.append(Row(case, (QU8,), "ranged"))
    return found


def qparams_of(array: np.ndarray, dtype: DType, choice: str) -> QParams:
    low, high = RANGES[dtype]
    finite = array[np.isfinite(array)]
    least, most = min(float(finite.min(initial=0)), 0.0), max(float(finite.max(initial=0)), 0.0)
    span = max(most - least, 1e-3)
    if choice == "lowest-zero":
        return QParams(max(most, 1e-3) / (high - low), low)
    if choice == "highest-zero":
        return QParams(max(-least, 1e-3) / (high - low), high)
    if choice == "saturating":
        span /= 3
    scale = span / (high - low)
    return QParams(scale, int(np.clip(round(low - least / scale), low, high)))


def symmetric(array: np.ndarray, dtype: DType, axis: int | None = None) -> QParams:
    """Per channel if an axis is given; unsigned integers around zero points that are not all the same."""
    others = tuple(i for i in range(array.ndim) if i != axis)
    scale = np.atleast_1d(np.maximum(np.abs(array).max(axis=others), 1e-3).astype(np.float32)) / 127
    return QParams(scale, 0 if dtype is QI8 else 128 + np.arange(scale.size) % 2, axis)


class Quantized:
    """A module of one quantized op between `quantize` and `dequantize`, and the real numbers that go through it."""

    def __init__(self, row: Row) -> None:
        case, op = row.case, row.case.op
        signature = op.signature_for(row.dtypes)
        bound = dict(zip(signature.variables, row.dtypes, strict=True))
        kinds = [*signature.operands]
        kinds += kinds[-1:] * (len(case.operands) - len(kinds))
        self.arrays = case.inputs(F32)
        self.reals: list[np.ndarray | None] = list(self.arrays)
        shares = op.has(Trait.SHARES_QPARAMS)
        values: list[Value | None] = []
        function = Function("forward")
        build = Builder(function)
        self.inputs: list[np.ndarray] = []
        shared: QParams | None = None
        for index, (array, kind) in enumerate(zip(self.arrays, kinds, strict=True)):
            if array is None:
                values.append(None)
                continue
            dtype = bound.get(kind) if isinstance(kind, str) else None
            if dtype is None or not dtype.is_quantized:
                if index in case.weights:
                    values.append(build.constant(array))
                else:
                    value = Value(TensorType.of(array), f"x{index}")
                    function.inputs.append(value)
                    self.inputs.append(array)
                    values.append(value)
                continue
            if row.weights and index == 1:
                channels = 1 if "transpose" in op.name else 0
                qparams = symmetric(array, dtype, channels if row.weights == "per-channel" else None)
            elif index == 1 and "W" in signature.variables:
                qparams = qparams_of(array, dtype, "affine")
            else:
                qparams = qparams_of(array, dtype, row.choice)
            if shares:
                shared = shared or qparams
                qparams = shared
            steps = quantize(array, dtype, qparams)
            self.reals[index] = dequantize(steps, qparams, np.float64)
            if index in case.weights:
                values.append(build.constant(Constant("w", TensorType(dtype, array.shape, qparams), steps)))
                continue
            value = Value(TensorType.of(array), f"x{index}")
            function.inputs.append(value)
            self.inputs.append(array)
            values.append(build.emit(ops.quantize, value, dtype=dtype, qparams=qparams))
        tensors = [None if a is None else torch.from_numpy(_wide(a)) for a in self.reals]
        found = case.torch(*tensors, **case.attrs)
        self.torch = [t.numpy() for t in (found if isinstance(found, (tuple, list)) else [found])]
        ranged = RANGED[op] if row.choice == "ranged" else None
        kept = values[0].type.qparams if row.choice == "kept" and values[0] is not None else None
        self.qparams = shared or ranged or kept or qparams_of(self.torch[0], row.dtypes[0], row.choice)
        node = build.node(op, *values, qparams=self.qparams, **case.attrs)
        self.steps = list(node.outputs)
        real = [
            build.emit(ops.dequantize, value, dtype=F32) if value.type.dtype.is_quantized else value
            for value in node.outputs
        ]
        build.results(*real)
        self.function = function
        self.module = Module({"forward": function})
        self.module.register_constants()
        verify(self.module)


def _wide(array: np.ndarray) -> np.ndarray:
    return np.array(array, np.float64 if array.dtype == np.float32 else None)
