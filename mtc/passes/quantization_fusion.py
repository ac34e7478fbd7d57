"""Turn operators between `dequantize` and `quantize` into operators on integers.

This is how quantized models arrive (QDQ: every rounding is written out, operators compute in floats), from torch's
PT2E flow as from `mtc quantize`, and it is the one place where integers begin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Signature, Trait, TypeMismatch
from mtc.ir.quantized import RANGES, dequantize
from mtc.ir.rewriter import rewrite
from mtc.ir.types import DType, QParams, TensorType
from mtc.passes.base import Rewrites
from mtc.passes.clamp_fusion import limits
from mtc.passes.constant_folding import is_decoding
from mtc.passes.matching import absorb, made_by, number

ROUNDINGS = (ops.quantize, ops.dequantize, ops.requantize)


def integer_form(op: OpSpec) -> Signature | None:
    """The signature of `op` for integers, if it has one."""
    return next((variant for variant in op.variants if variant.form == "quantized"), None)


@rewrite(ops.quantize, quantized=True)
def compute_in_integers(quantize: Node, build: Builder) -> Value | None:
    """An operator whose operands are all dequantized, and whose result is quantized and nothing else."""
    node = quantize.operand(0).producer
    if node is None or len(node.outputs) != 1 or any(user.op is not ops.quantize for user in node.output.user_nodes):
        return None
    signature = integer_form(node.op)
    qparams = quantize.output.type.qparams
    if signature is None or qparams is None or not node.output.type.dtype.is_float:
        return None
    operands = _integer_operands(node, signature, quantize.output.type.dtype, qparams, build)
    if operands is None:
        return None
    absorb(build, node)
    attrs = node.attrs
    if node.op.has(Trait.SHARES_QPARAMS):
        shared = next(value.type.qparams for value in operands if value is not None and value.type.qparams)
        found = build.emit(node.op, *operands, **attrs)
        if shared == qparams:
            return found
        return build.emit(ops.requantize, found, dtype=quantize.output.type.dtype, qparams=qparams)
    return build.emit(node.op, *operands, qparams=qparams, **attrs)


def _integer_operands(
    node: Node, signature: Signature, dtype: DType, qparams: QParams, build: Builder
) -> list[Value | None] | None:
    """The operands before they were dequantized, or None if one was not. Those of an op that joins values get the
    scale of its result."""
    kinds = [*signature.operands]
    kinds += kinds[-1:] * (len(node.inputs) - len(kinds))
    result = signature.results[0]
    joins = node.op.has(Trait.SHARES_QPARAMS) and sum(kind == result for kind in kinds[: len(node.inputs)]) > 1
    found: list[Value | None] = []
    for value, kind in zip(node.inputs, kinds, strict=False):
        if value is None or not isinstance(kind, str):
            found.append(value)
            continue
        integers = _integers(value, dtype, build) if kind == result else _integers(value)
        if integers is None or (kind == result and integers.type.dtype is not dtype):
            return None
        if integers.type.dtype not in signature.variables[kind]:
            return None
        if not _has_one_scale(integers) and (kind == result or not _has_channel_scales(integers, node.op)):
            return None
        if joins and integers.type.qparams != qparams:
            integers = build.emit(ops.requantize, integers, dtype=dtype, qparams=qparams)
        found.append(integers)
    return found


def _integers(value: Value, dtype: DType | None = None, build: Builder | None = None) -> Value | None:
    """What `value` was dequantized from. A number is one step in `dtype` of a scale that is that number."""
    source = made_by(value, ops.dequantize)
    if source is not None:
        return source.operand(0)
    real = number(value)
    if value.constant is None or real is None or dtype is None or build is None or not math.isfinite(real):
        return None
    scale = abs(real) or 1.0
    if scale < np.finfo(np.float32).tiny:
        return None
    zero_point = 1 if dtype is DType.QU8 else 0  # so that there is a step below it
    steps = np.asarray(np.sign(value.constant.array()) + zero_point, dtype.numpy)
    return build.constant(Constant(None, TensorType(dtype, value.type.shape, QParams(scale, zero_point)), steps))


def _has_one_scale(integers: Value) -> bool:
    return integers.type.qparams is not None and integers.type.qparams.is_per_tensor


def _has_channel_scales(integers: Value, op: OpSpec) -> bool:
    """Whether weights of `op` have one scale for each output channel."""
    qparams = integers.type.qparams
    return qparams is not None and qparams.block is None and qparams.axis == channel_axis(op)


def channel_axis(op: OpSpec) -> int | None:
    """The axis of a product's weights along which its output channels stand; None if they have one scale."""
    if op is ops.matmul:
        return None
    return 1 if op in (ops.conv_transpose2d, ops.conv_transpose3d) else 0


@rewrite(ops.quantize, quantized=True)
def quantize_what_was_dequantized(quantize: Node, build: Builder) -> Value | None:
    """The same integers, or others of another scale."""
    source = made_by(quantize.operand(0), ops.dequantize)
    if source is None:
        return None
    integers = source.operand(0)
    if integers.type == quantize.output.type:
        return integers
    if not integers.type.qparams or not integers.type.qparams.is_per_tensor or integers.type.dtype is DType.QI4:
        return None
    absorb(build, source)
    return build.emit(ops.requantize, integers, dtype=quantize.output.type.dtype, qparams=quantize.output.type.qparams)


@rewrite(ops.quantize, quantized=True)
def saturation_is_a_clamp(quantize: Node, build: Builder) -> Value | None:
    """A clamp that cuts off no more than the integers do: rounding saturates by itself."""
    x = quantize.operand(0)
    node = made_by(x, ops.relu, ops.clamp) or x.producer
    type = quantize.output.type
    if node is None or type.qparams is None or not type.qparams.is_per_tensor:
        return None
    is_own = node.op in (ops.relu, ops.clamp)
    if not is_own and not (node.op.has_attr("clamp") and integer_form(node.op) and x.has_single_use):
        return None
    low, high = limits(node) if is_own else node.attrs["clamp"]
    if not _covers((low, high), type.dtype, type.qparams):
        return None
    unlimited = (float("-inf"), float("inf"))
    if not is_own and (low, high) == unlimited:
        return None
    absorb(build, node)
    real = node.operand(0) if is_own else build.again(node, *node.inputs, clamp=unlimited).output
    return build.emit(ops.quantize, real, dtype=type.dtype, qparams=type.qparams)


def _covers(range: tuple[float, float], dtype: DType, qparams: QParams) -> bool:
    """Whether numbers beyond the limits are rounded to the same integers as the limits."""
    lowest, highest = (float(dequantize(np.array(step), qparams)) for step in RANGES[dtype])
    half = float(qparams.scale[0]) / 2
    return range[0] < lowest + half and range[1] > highest - half


@rewrite(ops.quantize, quantized=True)
def quantize_earlier(quantize: Node, build: Builder) -> Value | None:
    """Between an operator that can compute in integers and the rounding of its results nothing need stand that only
    moves or compares elements: their order is the same before and after."""
    x, type = quantize.operand(0), quantize.output.type
    node = x.producer
    if node is None or not _moves(node) or type.qparams is None or not type.qparams.is_per_tensor:
        return None
    return _rounded_before(x, type.dtype, type.qparams, build) if _can_be_integers(x) else None


def _rounded_before(x: Value, dtype: DType, qparams: QParams, build: Builder) -> Value:
    """`x` rounded, in front of what moves its elements."""
    node = x.producer
    if node is None or not _moves(node):
        return build.emit(ops.quantize, x, dtype=dtype, qparams=qparams)
    absorb(build, node)
    rounded = {value: _rounded_before(value, dtype, qparams, build) for value in dict.fromkeys(_moved(node))}
    return build.again(node, *(None if value is None else rounded.get(value, value) for value in node.inputs)).output


@rewrite(quantized=True)
def dequantize_later(node: Node, build: Builder) -> Value | None:
    """What only moves elements moves integers: a quarter of the bytes, and perhaps the real numbers are not needed."""
    if not _moves(node) or node.op.is_variadic or len(_moved(node)) != 1:
        return None
    (x,) = _moved(node)
    source = made_by(x, ops.dequantize)
    if source is None or not _has_one_scale(source.operand(0)) or source.operand(0).constant is not None:
        return None
    if not x.has_single_use and not _becomes_integers(node.output):
        return None
    absorb(build, source)
    moved = build.again(node, source.operand(0), *node.inputs[1:]).output
    return build.emit(ops.dequantize, moved, dtype=node.output.type.dtype)


def _moves(node: Node) -> bool:
    """Whether it only moves or compares elements, which integers have as well."""
    return node.op.has(Trait.SHARES_QPARAMS) and integer_form(node.op) is not None and len(node.outputs) == 1


def _moved(node: Node) -> list[Value]:
    """The operands whose elements it moves."""
    kinds = [*node.op.signature.operands]
    kinds += kinds[-1:] * (len(node.inputs) - len(kinds))
    pairs = zip(node.inputs, kinds, strict=False)
    return [value for value, kind in pairs if value is not None and kind == node.op.signature.results[0]]


def _can_be_integers(value: Value) -> bool:
    """Whether nothing but the rounding of it would see `value`, were it computed in integers."""
    node = value.producer
    if node is None or not value.has_single_use or len(node.outputs) != 1:
        return False
    if _moves(node):
        return all(made_by(moved, ops.dequantize) or _can_be_integers(moved) for moved in _moved(node))
    signature = integer_form(node.op)
    kinds = () if signature is None or node.op in ROUNDINGS else signature.operands
    reals = [v for v, kind in zip(node.inputs, kinds, strict=False) if v is not None and isinstance(kind, str)]
    return bool(reals) and all(made_by(v, ops.dequantize) or number(v) is not None for v in reals)


def _becomes_integers(value: Value) -> bool:
    """Whether every reader rounds `value` again, behind operators that can compute in integers."""
    users = value.user_nodes
    return bool(users) and all(
        user.op is ops.quantize
        or (integer_form(user.op) is not None and user.op not in ROUNDINGS and _becomes_integers(user.output))
        for user in users
    )


@rewrite(ops.linear, quantized=True)
def leave_sums_real(node: Node, build: Builder) -> Value | None:
    """A product of integers whose result is not rounded: exactly what their real numbers give."""
    x, weight = (made_by(node.operand(index), ops.dequantize) for index in (0, 1))
    bias = node.inputs[2]
    if x is None or weight is None or (bias is not None and bias.constant is None):
        return None
    steps, weights = x.operand(0), weight.operand(0)
    if {steps.type.dtype, weights.type.dtype} != {DType.QI8} or not _has_one_scale(steps):
        return None
    if weights.constant is None or weights.type.count == 0:
        return None
    if not (_has_one_scale(weights) or _has_channel_scales(weights, node.op)):
        return None
    absorb(build, weight)
    return build.emit(ops.integer_linear, steps, weights, bias, clamp=node.attrs["clamp"])


@rewrite(quantized=True)
def keep_weights_stored(node: Node, build: Builder) -> Sequence[Value] | None:
    """A kernel that unpacks weights as it reads them needs no decoded copy in memory."""
    if not any(variant.form == "stored" for variant in node.op.variants):
        return None
    for index, value in enumerate(node.inputs):
        decoding = value.producer if value is not None else None
        if decoding is None or not decoding.inputs or not is_decoding(decoding):
            continue
        stored = decoding.operand(0)
        operands = [*node.inputs[:index], stored, *node.inputs[index + 1 :]]
        if not is_by_row(stored) or not _is_stored_form(node, operands):
            continue
        absorb(build, decoding)
        return build.again(node, *operands).outputs
    return None


@rewrite(ops.embedding)
def widen_rows_that_are_read(node: Node, build: Builder) -> Value | None:
    """A table in half precision stays so, and the rows that are looked up become floats."""
    decoding = made_by(node.operand(0), ops.cast)
    if decoding is None or not is_decoding(decoding):
        return None
    absorb(build, decoding)
    rows = build.emit(ops.embedding, decoding.operand(0), node.operand(1))
    return build.emit(ops.cast, rows, dtype=node.output.type.dtype)


def _is_stored_form(node: Node, operands: list[Value | None]) -> bool:
    try:
        return node.op.match([None if v is None else v.type for v in operands], node.attrs)[0].form == "stored"
    except TypeMismatch:
        return False


def is_by_row(weight: Value) -> bool:
    """Whether rows of a matrix have scales of their own, or blocks of them: what such kernels take."""
    qparams, columns = weight.type.qparams, weight.type.shape[-1]
    if weight.type.dtype is DType.QI4 and columns % 2:
        return False
    return (
        qparams is None
        or qparams.is_per_tensor
        or (qparams.axis == 0 and qparams.block is None)
        or (qparams.axis == 1 and qparams.block is not None and qparams.block % 2 == 0)
    )


FUSE_QUANTIZATION = Rewrites(
    "fuse-quantization",
    (saturation_is_a_clamp, quantize_what_was_dequantized, compute_in_integers, quantize_earlier, dequantize_later),
)
# After the other: what is left has a result that nothing rounds.
LEAVE_SUMS_REAL = Rewrites("leave-sums-real", (leave_sums_real,))
# After both: what is computed in integers has weights that are integers anyway.
KEEP_STORED_WEIGHTS = Rewrites("keep-stored-weights", (keep_weights_stored, widen_rows_that_are_read))
