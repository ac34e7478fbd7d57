"""Say an operator by others that have fast kernels. Part of lowering: canonical modules keep the op that was meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Module, Node, Value
from mtc.ir.rewriter import apply_rewrites, rewrite
from mtc.passes.affine import affine_of
from mtc.passes.base import Rewrites, every_node


@rewrite(ops.batch_norm)
def batch_norm_is_affine(node: Node, build: Builder) -> Value | None:
    """A batch norm that no convolution could take is a product and a sum, which every library has."""
    affine = affine_of(node, 1)
    if affine is None:
        return None
    shape = (-1, *[1] * (node.output.type.rank - 2))
    dtype = node.output.type.dtype.numpy
    assert affine.scale is not None and affine.shift is not None
    scale = build.constant(affine.scale.astype(dtype).reshape(shape))
    shift = build.constant(affine.shift.astype(dtype).reshape(shape))
    return build.emit(ops.add, build.emit(ops.mul, affine.x, scale), shift)


DECOMPOSE_BATCH_NORM = Rewrites("decompose-batch-norm", (batch_norm_is_affine,))


@dataclass(frozen=True)
class WidenConv1d:
    """A convolution along time is one of images of height 1, for which libraries have kernels.

    `wanted` says of which `conv1d` nodes.
    """

    wanted: Callable[[Node], bool] = every_node
    name: str = "widen-conv1d"

    def run(self, module: Module) -> int:
        @rewrite(ops.conv1d, quantized=True)
        def widen(node: Node, build: Builder) -> Value | None:
            return conv1d_as_conv2d(node, build) if self.wanted(node) else None

        return apply_rewrites(module, (widen,))


def conv1d_as_conv2d(node: Node, build: Builder) -> Value:
    """`conv1d` as a convolution of images of height 1."""
    x, weight, bias = node.inputs
    assert x is not None and weight is not None

    def with_height(value: Value) -> Value:
        batch, channels, time = value.type.shape
        return build.emit(ops.reshape, value, shape=(batch, channels, 1, time))

    attrs = node.attrs
    result = build.emit(
        ops.conv2d,
        with_height(x),
        with_height(weight),
        bias,
        stride=(1, *attrs["stride"]),
        padding=(0, 0, *attrs["padding"]),
        dilation=(1, *attrs["dilation"]),
        groups=attrs["groups"],
        clamp=attrs["clamp"],
        dynamic=attrs["dynamic"],
        qparams=node.output.type.qparams,
    )
    return build.emit(ops.reshape, result, shape=node.output.type.shape)


WIDEN_CONV1D = WidenConv1d()
