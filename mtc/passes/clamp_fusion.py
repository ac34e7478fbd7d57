"""Fold a clamp into the op that feeds it, so that one kernel writes the tensor once."""

from __future__ import annotations

from math import inf

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, made_by

Range = tuple[float, float]


def limits(node: Node) -> Range:
    """What a `relu` or `clamp` limits its operand to."""
    return (0.0, inf) if node.op is ops.relu else (node.attrs["min"], node.attrs["max"])


def then(first: Range, second: Range) -> Range | None:
    """Two limits in a row as one. None for empty ranges, whose order matters."""
    if first[0] > first[1] or second[0] > second[1]:
        return None
    low, high = (min(max(bound, second[0]), second[1]) for bound in first)
    return (low, high)


@rewrite(ops.relu, ops.clamp, quantized=True)
def fuse_clamp(clamp: Node, build: Builder) -> Value | None:
    """Convolution, linear and pooling kernels limit their results for free."""
    (x,) = clamp.inputs
    feeder = None if x is None else x.producer
    if x is None or feeder is None or not feeder.op.has_attr("clamp"):
        return None
    if not x.has_single_use or x.type != clamp.output.type:  # another reader needs the value before, or another scale
        return None
    both = then(feeder.attrs["clamp"], limits(clamp))
    if both is None:
        return None
    absorb(build, feeder)
    return build.again(feeder, *feeder.inputs, clamp=both).output


@rewrite(ops.relu, ops.clamp, quantized=True)
def merge_clamps(clamp: Node, build: Builder) -> Value | None:
    """Two limits in a row are one."""
    inner = made_by(clamp.inputs[0], ops.relu, ops.clamp)
    both = then(limits(inner), limits(clamp)) if inner is not None else None
    type = clamp.output.type
    if inner is None or both is None or inner.output.type != type:
        return None
    absorb(build, inner)
    return build.emit(ops.clamp, inner.inputs[0], min=both[0], max=both[1], qparams=type.qparams)


@rewrite(ops.relu, ops.clamp, quantized=True)
def clamp_before_view(clamp: Node, build: Builder) -> Value | None:
    """A reshape between an op and its clamp would keep them apart."""
    (x,) = clamp.inputs
    view = None if x is None else x.producer
    if x is None or view is None or not view.op.has(Trait.VIEW) or not x.has_single_use:
        return None
    source = view.inputs[0]
    if source is None or source.producer is None or not source.producer.op.has_attr("clamp"):
        return None
    if not source.has_single_use:
        return None
    return build.again(view, build.again(clamp, source).output).output


@rewrite(ops.clamp, quantized=True)
def clamp_is_relu(clamp: Node, build: Builder) -> Value | None:
    """One name for one function: kernels and patterns look for `relu`."""
    if limits(clamp) != (0.0, inf):
        return None
    return build.emit(ops.relu, clamp.inputs[0], qparams=clamp.output.type.qparams)


FUSE_CLAMP = Rewrites("fuse-clamp", (fuse_clamp, clamp_before_view))
MERGE_CLAMPS = Rewrites("merge-clamps", (merge_clamps, clamp_is_relu))
