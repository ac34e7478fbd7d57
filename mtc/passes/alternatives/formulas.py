"""What formulas of elementwise operators are written with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.rewriter import Replacement, Rewrite
from mtc.ir.types import F16


@dataclass(frozen=True)
class Formula:
    """Builds with numbers where an operator takes a tensor."""

    build: Builder

    def __call__(self, op: OpSpec, x: Value, y: Value | float | None = None, **attrs: Any) -> Value:
        """`op` of one operand or two; a number gets the dtype of `x`."""
        if y is None:
            return self.build.emit(op, x, **attrs)
        other = y if isinstance(y, Value) else self.build.scalar(y, x.type.dtype)
        return self.build.emit(op, x, other, **attrs)

    def times(self, x: Value, factor: float) -> Value:
        return x if factor == 1 else self(ops.mul, x, factor)

    def plus(self, x: Value, term: float) -> Value:
        return x if term == 0 else self(ops.add, x, term)

    def limited(self, x: Value, limits: tuple[float, float]) -> Value:
        """With the limits that products and pooling carry, if there are any."""
        low, high = limits
        return x if limits == (-float("inf"), float("inf")) else self(ops.clamp, x, min=low, max=high)


Say = Callable[[Node, Formula], Replacement]


def real(*roots: OpSpec) -> Callable[[Say], Rewrite]:
    """Makes a rewrite of a formula that holds for floats."""

    def make(say: Say) -> Rewrite:
        def apply(node: Node, build: Builder) -> Replacement:
            return say(node, Formula(build)) if node.operand(0).type.dtype.is_float else None

        apply.__name__ = say.__name__
        return Rewrite(roots, apply)

    return make


def wide_real(*roots: OpSpec) -> Callable[[Say], Rewrite]:
    """Makes a rewrite of a formula whose steps leave the range of half precision where its result does not: a sum of a
    thousand numbers of 100, the square of 300. An operator computes such steps in f32; so does it between casts."""

    def make(say: Say) -> Rewrite:
        def apply(node: Node, build: Builder) -> Replacement:
            dtype = node.operand(0).type.dtype
            return say(node, Formula(build)) if dtype.is_float and dtype is not F16 else None

        apply.__name__ = say.__name__
        return Rewrite(roots, apply)

    return make


def any_number(*roots: OpSpec) -> Callable[[Say], Rewrite]:
    """Makes a rewrite of a formula that holds for integers, too."""

    def make(say: Say) -> Rewrite:
        def apply(node: Node, build: Builder) -> Replacement:
            return say(node, Formula(build))

        apply.__name__ = say.__name__
        return Rewrite(roots, apply)

    return make
