"""Rotary position embeddings that a model spells out, as the one op that reads each feature once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import TypeMismatch
from mtc.ir.rewriter import rewrite
from mtc.ops.define import broadcast
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, made_by, operands, orders


@dataclass(frozen=True)
class _Part:
    """The first or the second features of all pairs: those of `of` along its last axis, or the last two joined."""

    of: Value
    is_second: bool
    interleaved: bool


def _part(value: Value) -> _Part | None:
    """What features `value` is, which has half of them along its last axis."""
    inner = made_by(value, ops.reshape)
    cut = made_by(value if inner is None else inner.inputs[0], ops.slice)
    if cut is None:
        return None
    (x,) = operands(cut)
    begin, end, step = (cut.attrs[name] for name in ("begin", "end", "step"))
    size = x.type.shape[-1]
    leading = zip(begin[:-1], end[:-1], step[:-1], x.type.shape[:-1], strict=True)
    if not isinstance(size, int) or any((b, e, s) != (0, n, 1) for b, e, s, n in leading):
        return None
    count = cut.output.type.shape[-1]
    if inner is not None:  # pairs on an axis of their own
        fits = size == 2 and count == 1 and value.type.shape == x.type.shape[:-1]
        return _Part(x, begin[-1] == 1, True) if fits else None
    if size % 2 or count != size // 2:
        return None
    if step[-1] == 1 and begin[-1] in (0, size // 2):
        return _Part(x, begin[-1] != 0, False)
    return _Part(x, begin[-1] == 1, True) if step[-1] == 2 and begin[-1] in (0, 1) else None


def _products(value: Value) -> Iterator[tuple[_Part, Value]]:
    """The features and angles whose product `value` is."""
    node = made_by(value, ops.mul)
    if node is None:
        return
    for features, angles in orders(node):
        part = _part(features)
        if part is not None and features.type == value.type:
            yield part, angles


def _turned(first: Value, second: Value) -> tuple[_Part, Value, Value] | None:
    """The features, cosines and sines of `a * cos - b * sin` and `b * cos + a * sin`."""
    difference, total = made_by(first, ops.sub), made_by(second, ops.add)
    if difference is None or total is None:
        return None
    plus, minus = operands(difference)
    for a, cos in _products(plus):
        for b, sin in _products(minus):
            is_pair = not a.is_second and b == _Part(a.of, True, a.interleaved)
            for x, y in orders(total):
                if is_pair and (b, cos) in _products(x) and (a, sin) in _products(y):
                    return a, cos, sin
    return None


def _rotated(build: Builder, x: Value, cos: Value, sin: Value, interleaved: bool) -> Value | None:
    """The op, if it broadcasts the angles as the model did."""
    try:
        wide = [broadcast(x.type.shape[:-1], angles.type.shape[:-1]) for angles in (cos, sin)]
    except TypeMismatch:
        return None
    if wide != [x.type.shape[:-1]] * 2:
        return None
    sizes = (x.type.shape[-1], cos.type.shape[-1], sin.type.shape[-1])
    if not all(isinstance(size, int) for size in sizes) or sizes[1] != sizes[2]:
        return None
    if sizes[1] not in (sizes[0], sizes[0] // 2):
        return None
    return build.emit(ops.rotary_embedding, x, cos, sin, interleaved=interleaved)


@rewrite(ops.add)
def recover_rotated_halves(node: Node, build: Builder) -> Value | None:
    """`x * cos + concat(-x[half:], x[:half]) * sin`."""
    for straight, crossed in orders(node):
        if made_by(straight, ops.mul) is None or made_by(crossed, ops.mul) is None:
            continue
        for swapped, sin in orders(crossed.producer):  # type: ignore[arg-type]
            x = _swapped(swapped)
            for same, cos in orders(straight.producer) if x is not None else ():  # type: ignore[arg-type]
                if x is same and node.output.type == x.type and cos.type.shape and sin.type.shape:
                    absorb(build, straight.producer, crossed.producer, swapped.producer)
                    return _rotated(build, x, cos, sin, interleaved=False)
    return None


def _swapped(value: Value) -> Value | None:
    """x of `concat(-x[half:], x[:half])` along the last axis."""
    node = made_by(value, ops.concat)
    if node is None or len(node.inputs) != 2 or node.attrs["axis"] not in (-1, value.type.rank - 1):
        return None
    minus, second = operands(node)
    negated = made_by(minus, ops.neg)
    a = _part(second)
    b = _part(operands(negated)[0]) if negated is not None else None
    is_pair = a is not None and not a.interleaved and not a.is_second and b == _Part(a.of, True, False)
    return a.of if is_pair and a is not None else None


@rewrite(ops.concat)
def recover_rotated_pairs(node: Node, build: Builder) -> Value | None:
    """`a * cos - b * sin` beside `b * cos + a * sin`: halves that are joined, or pairs on an axis of their own, as
    products of complex numbers are."""
    if len(node.inputs) != 2 or node.attrs["axis"] not in (-1, node.output.type.rank - 1):
        return None
    shape = node.output.type.shape
    first, second = operands(node)
    inner = (made_by(first, ops.reshape), made_by(second, ops.reshape))
    if inner[0] is not None and inner[1] is not None and shape[-1] == 2:
        first, second = (operands(reshape)[0] for reshape in inner if reshape is not None)
        if first.type.shape != shape[:-1] or second.type.shape != shape[:-1]:
            return None
    found = _turned(first, second)
    if found is None or found[0].interleaved != (inner[0] is not None):
        return None
    part, cos, sin = found
    if first.type.rank < 1 or not isinstance(first.type.shape[-1], int):
        return None
    if cos.type.rank < 1 or cos.type.shape[-1] != first.type.shape[-1]:
        return None
    absorb(build, first.producer, second.producer)
    whole = (*first.type.shape[:-1], 2 * first.type.shape[-1])
    x = part.of if part.of.type.shape == whole else build.emit(ops.reshape, part.of, shape=whole)
    result = _rotated(build, x, cos, sin, part.interleaved)
    return result if result is None or whole == shape else build.emit(ops.reshape, result, shape=shape)


RECOVER_ROTARY = Rewrites("recover-rotary", (recover_rotated_halves, recover_rotated_pairs))
