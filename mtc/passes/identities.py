"""Remove operators that change nothing, and conversions that a single one can do."""

from __future__ import annotations

from collections.abc import Callable

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Trait
from mtc.ir.rewriter import rewrite
from mtc.ir.types import BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, U8, DType
from mtc.ops.define import broadcast
from mtc.passes.base import Rewrites
from mtc.passes.matching import UNBOUNDED, absorb, made_by, stands_for


def _keeps_type(node: Node) -> bool:
    return True


def _is_unscaled(node: Node) -> bool:
    """A resize to the same size samples each pixel's centre, unless the user gave another factor."""
    return all(scale in (0.0, 1.0) for scale in node.attrs["scales"])


def _is_single_pixel(node: Node) -> bool:
    attrs = node.attrs
    return (
        attrs["kernel_size"] == (1, 1)
        and attrs["stride"] == (1, 1)
        and not any(attrs["padding"])
        and not attrs.get("divisor_override")
        and attrs["clamp"] == UNBOUNDED
    )


# Ops whose result is their first operand if it has the same type and this holds as well.
_CHANGES_NOTHING: dict[OpSpec, Callable[[Node], bool]] = {
    ops.reshape: _keeps_type,
    ops.cast: _keeps_type,
    ops.copy: _keeps_type,
    ops.pad: _keeps_type,
    ops.expand: _keeps_type,
    ops.slice: lambda node: all(step == 1 for step in node.attrs["step"]),
    ops.adaptive_avg_pool2d: _keeps_type,
    ops.concat: lambda node: len(node.inputs) == 1,
    ops.permute: lambda node: node.attrs["dims"] == tuple(range(len(node.attrs["dims"]))),
    ops.clamp: lambda node: (node.attrs["min"], node.attrs["max"]) == UNBOUNDED,
    ops.max_pool2d: _is_single_pixel,
    ops.avg_pool2d: _is_single_pixel,
    ops.upsample_nearest2d: _is_unscaled,
    ops.upsample_bilinear2d: _is_unscaled,
    ops.upsample_bicubic2d: _is_unscaled,
}


@rewrite(*_CHANGES_NOTHING, quantized=True)
def remove_identity(node: Node, build: Builder) -> Value | None:
    """Frontends and other rewrites leave reshapes to the same shape, slices of everything, concats of one."""
    x = node.inputs[0]
    if x is None or not stands_for(x, node.output) or not _CHANGES_NOTHING[node.op](node):
        return None
    return x


@rewrite(quantized=True)
def remove_repetition(node: Node, build: Builder) -> Value | None:
    """`relu(relu(x))` and its like: a second time changes nothing."""
    if not node.op.has(Trait.IDEMPOTENT) or len(node.inputs) != 1:
        return None
    x = node.inputs[0]
    first = made_by(x, node.op)
    if x is None or first is None or first.attrs != node.attrs or x.type != node.output.type:
        return None
    absorb(build, first)
    return x


@rewrite(quantized=True)
def skip_expand(node: Node, build: Builder) -> Value | None:
    """Elementwise operators broadcast their operands themselves, without a copy."""
    if not node.op.has(Trait.ELEMENTWISE) or len(node.inputs) < 2:
        return None
    for index, value in enumerate(node.inputs):
        expand = made_by(value, ops.expand)
        if expand is None:
            continue
        operands = (*node.inputs[:index], expand.inputs[0], *node.inputs[index + 1 :])
        if broadcast(*(v.type.shape for v in operands if v is not None)) == node.output.type.shape:
            return build.again(node, *operands).output
    return None


@rewrite(ops.concat, quantized=True)
def drop_empty_operands(node: Node, build: Builder) -> Value | None:
    """Growing caches start from an empty tensor."""
    axis = node.attrs["axis"]
    kept = [value for value in node.inputs if value is not None and value.type.shape[axis] != 0]
    if not kept or len(kept) == len(node.inputs):
        return None
    return build.emit(ops.concat, *kept, axis=axis)


@rewrite(ops.cast)
def merge_casts(node: Node, build: Builder) -> Value | None:
    """A cast to a type that holds every value, and on to another, is one cast."""
    inner = made_by(node.inputs[0], ops.cast)
    if inner is None:
        return None
    (x,) = inner.inputs
    assert x is not None
    if not holds_all_of(inner.output.type.dtype, x.type.dtype):
        return None
    absorb(build, inner)
    return build.emit(ops.cast, x, dtype=node.attrs["dtype"])


_DIGITS = {F64: 53, F32: 24, F16: 11, BF16: 8}  # of the significand
_MAGNITUDE = {BOOL: 1, U8: 8, I8: 7, I16: 15, I32: 31, I64: 63}  # bits without the sign


def holds_all_of(wide: DType, narrow: DType) -> bool:
    """Whether every value of `narrow` is one of `wide`."""
    if wide is narrow:
        return True
    if narrow.is_float:
        return wide is F64 or (wide is F32 and narrow in (F16, BF16))
    if narrow not in _MAGNITUDE:
        return False
    if wide.is_float:
        return _DIGITS[wide] >= _MAGNITUDE[narrow]
    if wide not in _MAGNITUDE or wide is BOOL:
        return False
    is_signed = narrow not in (BOOL, U8)
    return _MAGNITUDE[wide] >= _MAGNITUDE[narrow] and not (is_signed and wide is U8)


REMOVE_IDENTITIES = Rewrites(
    "remove-identities", (remove_identity, remove_repetition, skip_expand, drop_empty_operands, merge_casts)
)
