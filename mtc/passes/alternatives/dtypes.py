"""The same operator in another dtype, between casts: where every number survives, or is rounded less."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Trait, TypeMismatch
from mtc.ir.rewriter import Rewrite, rewrite
from mtc.ir.types import BF16, BOOL, F16, F32, I8, I16, I32, I64, U8, DType

# Each dtype, and wider ones that hold all of its numbers.
_WIDER: dict[DType, tuple[DType, ...]] = {
    BOOL: (U8, I8, I32, I64, F32),
    U8: (I16, I32, I64, F32),
    I8: (I16, I32, I64, F32),
    I16: (I32, I64, F32),
    I32: (I64,),
    F16: (F32,),
    BF16: (F32,),
}
# What picks or compares elements: no number but those of its operands comes out, or a truth value.
_PICKS: frozenset[OpSpec] = frozenset(
    {ops.where, ops.maximum, ops.minimum, ops.relu, ops.sort, ops.topk, ops.argmax, ops.argmin}
    | {ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge}
    | {ops.gather, ops.scatter, ops.index, ops.embedding, ops.flip, ops.roll, ops.slice, ops.expand, ops.cummax}
)
# Arithmetic that wraps: the low bits of a wider result are the narrow one.
_WRAPS: frozenset[OpSpec] = frozenset({ops.add, ops.sub, ops.mul, ops.neg, ops.square, ops.sum})


def _wide_of(dtype: DType) -> list[Rewrite]:
    return [_in_wide(dtype, wide) for wide in _WIDER[dtype]]


def _in_wide(narrow: DType, wide: DType) -> Rewrite:
    def apply(node: Node, build: Builder) -> list[Value] | None:
        return in_dtype(node, build, narrow, wide) if _survives(node.op, narrow, wide) else None

    apply.__name__ = f"{narrow}_in_{wide}"
    return Rewrite((), apply)


def _survives(op: OpSpec, narrow: DType, wide: DType) -> bool:
    """Whether the result in `wide`, made narrow again, is that in `narrow`."""
    if op in (ops.cast, ops.quantize, ops.dequantize):
        return False
    if narrow.is_float or op in _PICKS or op.has(Trait.SHARES_QPARAMS):
        return True
    return op in _WRAPS and wide.is_integer and narrow is not BOOL


def _in_32_bits() -> Rewrite:
    def i64_in_i32(node: Node, build: Builder) -> list[Value] | None:
        if not (node.op in _PICKS or node.op.has(Trait.SHARES_QPARAMS)):
            return None
        wide = [value for value in node.inputs if value is not None and value.type.dtype is I64]
        return in_dtype(node, build, I64, I32) if all(map(_fits_32_bits, wide)) else None

    return Rewrite((), i64_in_i32)


def _fits_32_bits(value: Value, depth: int = 8) -> bool:
    """Whether it is known that every element does."""
    ends = np.iinfo(np.int32)
    if value.constant is not None:
        array = value.constant.array()
        return bool(array.size == 0 or (array.min() >= ends.min and array.max() <= ends.max))
    node = value.producer
    if node is None or depth == 0:
        return False
    if node.op is ops.cast:
        return node.operand(0).type.dtype in (BOOL, U8, I8, I16, I32)
    if node.op in (ops.argmax, ops.argmin):
        size = node.operand(0).type.count
        return isinstance(size, int) and size <= ends.max
    if not (node.op in _PICKS or node.op.has(Trait.SHARES_QPARAMS)) or node.op is ops.pad:
        return False
    return all(_fits_32_bits(v, depth - 1) for v in node.inputs if v is not None and v.type.dtype is I64)


def in_dtype(node: Node, build: Builder, given: DType, wanted: DType) -> list[Value] | None:
    """`node` with `wanted` for the type variables that are `given`, between casts; None if there are none, or if the op
    does not take it."""
    if node.op.has(Trait.STRUCTURAL) or node.regions:
        return None
    signature, bound = node.op.match(node.input_types, node.attrs)
    changed = {name for name, dtype in bound.items() if dtype is given}
    if not changed or not all(wanted in signature.variables[name] for name in changed):
        return None
    kinds = signature.kinds(len(node.inputs))
    operands = [
        build.emit(ops.cast, value, dtype=wanted) if value is not None and kind in changed else value
        for kind, value in zip(kinds, node.inputs, strict=True)
    ]
    return _results_like(node, build, build.again(node, *operands, **_attrs(node, given, wanted)))


def _attrs(node: Node, given: DType, wanted: DType) -> dict[str, Any]:
    return {name: wanted for name, value in node.attrs.items() if value is given}


def _results_like(node: Node, build: Builder, new: Node) -> list[Value]:
    return [
        value if value.type.dtype is old.type.dtype else build.emit(ops.cast, value, dtype=old.type.dtype)
        for value, old in zip(new.outputs, node.outputs, strict=True)
    ]


@rewrite(quantized=True)
def integers_in_floats(node: Node, build: Builder) -> list[Value] | None:
    """What quantized elements stand for is computed in floats and rounded once, as the operator on integers does."""
    if not node.is_quantized or node.regions or node.op in (ops.quantize, ops.dequantize, ops.requantize):
        return None
    if node.attrs.get("dynamic"):  # rounds its activations, which floats do not
        return None
    operands = [
        build.emit(ops.dequantize, value, dtype=F32) if value is not None and value.type.dtype.is_quantized else value
        for value in node.inputs
    ]
    try:
        new = build.node(_in_floats(node.op), *operands, **node.attrs)
    except TypeMismatch:
        return None
    return [
        build.emit(ops.quantize, value, dtype=old.type.dtype, qparams=old.type.qparams)
        if old.type.dtype.is_quantized
        else value
        for value, old in zip(new.outputs, node.outputs, strict=True)
    ]


def _in_floats(op: OpSpec) -> OpSpec:
    return ops.linear if op is ops.integer_linear else op


@rewrite(ops.requantize, quantized=True)
def requantize_by_floats(node: Node, build: Builder) -> Value:
    real = build.emit(ops.dequantize, node.operand(0), dtype=F32)
    return build.emit(ops.quantize, real, dtype=node.attrs["dtype"], qparams=node.output.type.qparams)


DTYPES: tuple[Rewrite, ...] = (
    *(rule for dtype in _WIDER for rule in _wide_of(dtype)),
    _in_32_bits(),
    integers_in_floats,
    requantize_by_floats,
)
