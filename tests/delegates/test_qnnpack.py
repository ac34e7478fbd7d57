"""Which quantized nodes run on QNNPACK, and why the others do not."""

from __future__ import annotations

import numpy as np
import pytest

from mtc import ops
from mtc.delegates.qnnpack import QNNPACK
from mtc.delegates.registry import backends
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import F32, QI8, QU8, DType, QParams, TensorType
from mtc.lower import lower

AFFINE = QParams(0.1, 128)
PROBABILITY = QParams(1 / 256, 0)


def node(op: OpSpec, *shapes: tuple[int, ...], out: QParams = AFFINE, dtype: DType = QU8, **attrs: object) -> Node:
    """Of quantized operands of these shapes, all with one scale."""
    function = Function("forward", [Value(TensorType(dtype, shape, AFFINE), f"x{i}") for i, shape in enumerate(shapes)])
    return Builder(function).node(op, *function.inputs, qparams=out, **attrs)


def pool(op: OpSpec, kernel: int, stride: int, **attrs: object) -> Node:
    return node(op, (1, 7, 8, 9), kernel_size=(kernel, kernel), stride=(stride, stride), **attrs)


NODES = [
    (node(ops.sigmoid, (2, 9), out=PROBABILITY), None),
    (node(ops.sigmoid, (2, 9)), "its result's scale and zero point are 0.1 and 128, not 1/256 and 0"),
    (node(ops.hardsigmoid, (2, 9), out=PROBABILITY), None),
    (node(ops.tanh, (2, 9), out=QParams(1 / 128, 128)), None),
    (node(ops.tanh, (2, 9), out=PROBABILITY), "0.00391 and 0, not 1/128 and 128"),
    (node(ops.softmax, (2, 512), out=PROBABILITY), None),
    (node(ops.softmax, (2, 513), out=PROBABILITY), "it is over 513 elements; QNNPACK's is up to 512"),
    (node(ops.softmax, (2, 9), out=PROBABILITY, axis=0), "it is along axis 0, not the last one"),
    (node(ops.hardswish, (2, 9), out=QParams(3.0, 7)), None),
    (node(ops.relu, (2, 9)), None),
    (node(ops.relu, (2, 9), out=QParams(0.05, 128)), "its result has another scale or zero point"),
    (node(ops.relu, (2, 9), dtype=QI8, out=QParams(0.1, 0)), "does not take qi8"),
    (node(ops.leaky_relu, (2, 9)), None),
    (node(ops.leaky_relu, (2, 9), negative_slope=1.5), "its slope is 1.5; QNNPACK's is up to 1"),
    (node(ops.leaky_relu, (2, 9), out=QParams(1e-4, 0)), "an operand's scale is 1e+03 times that of the result"),
    (node(ops.add, (2, 5, 9), (5, 9)), None),
    (node(ops.add, (9,), (2, 5, 9)), None),
    (node(ops.add, (2, 5, 9), (2, 1, 9)), "one operand is spread along an axis before its own"),
    (node(ops.add, (2, 5, 9), (1,)), "one operand is spread along an axis before its own"),
    (node(ops.add, (2, 9), (2, 9), out=QParams(1e5, 0)), "an operand's scale is 1e-06 times that of the result"),
    (node(ops.mean, (2, 4, 4, 9), axes=(1, 2)), None),
    (node(ops.mean, (2, 4, 4, 9), axes=(2, 3)), "it is over the last axis"),
    (node(ops.mean, (2, 4, 4, 9), axes=(0, 2)), "are not neighbours"),
    (node(ops.mean, (2, 4, 4, 20000), axes=(1, 2)), "it has 20000 channels; QNNPACK's has up to 16384"),
    (node(ops.permute, (1, 4, 4, 2, 9), dims=(0, 1, 2, 4, 3)), None),
    (node(ops.permute, (1, 4, 4, 9), dims=(0, 3, 1, 2)), "it is no channel shuffle"),
    (node(ops.permute, (64, 32), dims=(1, 0)), "it is a transpose of 64 rows"),
    (pool(ops.avg_pool2d, 3, 2, padding=(0, 1, 0, 1)), None),
    (pool(ops.avg_pool2d, 1, 2), "its windows have one pixel"),
    (pool(ops.avg_pool2d, 3, 2, padding=(1, 1, 1, 1), count_include_pad=False), "it does not count padding"),
    (pool(ops.avg_pool2d, 2, 2, divisor_override=3), "it divides 4 pixels by 3"),
    (pool(ops.avg_pool2d, 2, 2, ceil_mode=True), "its last windows overhang the image"),
    (pool(ops.avg_pool2d, 2, 1, ceil_mode=True), None),
    (pool(ops.max_pool2d, 2, 2, ceil_mode=True), None),
    (pool(ops.max_pool2d, 3, 1, padding=(1, 1, 1, 1), dilation=(2, 2)), "its windows are dilated"),
    (pool(ops.max_pool2d, 3, 1, dilation=(2, 2)), None),
]


def product(
    op: OpSpec,
    x: tuple[int, ...],
    weight: tuple[int, ...],
    *,
    scales: QParams = QParams(0.01, 128),
    dtype: DType = QU8,
    bias: float | None = None,
    out: float = 0.1,
    **attrs: object,
) -> Node:
    function = Function("forward", [Value(TensorType(QU8, x, QParams(0.02, 128)), "x")])
    build = Builder(function)
    w = build.constant(Constant("w", TensorType(dtype, weight, scales), np.zeros(weight, dtype.numpy)))
    b = None if bias is None else build.constant(np.full(weight[0], bias, np.float32))
    return build.node(op, function.inputs[0], w, b, qparams=QParams(out, 128), **attrs)


PRODUCTS = [
    (product(ops.linear, (2, 8), (5, 8), bias=1.0), None),
    (product(ops.linear, (2, 8), (5, 8), dtype=QI8, scales=QParams([0.1] * 5, 0, 0)), None),
    (product(ops.linear, (2, 8), (5, 8), scales=QParams([0.1] * 8, 128, 1)), "not those of its output channels"),
    (product(ops.linear, (2, 8), (5, 8), bias=1e6), "sums of 8 products and a bias may not fit 32 bits"),
    (product(ops.linear, (2, 40000), (5, 40000)), "sums of 40000 products and a bias may not fit 32 bits"),
    (product(ops.linear, (2, 8), (5, 8), out=1e-10), "may not fit 32 bits"),
    (product(ops.linear, (2, 8), (5, 8), out=1e35), "the scale of its products is 2e-39 times that of its result"),
    (product(ops.conv2d, (1, 8, 6, 6), (8, 1, 3, 3), groups=8), None),
    (product(ops.conv2d, (1, 8, 6, 6), (8, 1, 3, 5), groups=8), "windows of 3 by 5 pixels of one channel"),
    (product(ops.conv2d, (1, 8, 6, 6), (16, 1, 3, 3), groups=8), "for 16 channels in 8 groups"),
    (product(ops.conv2d, (1, 8, 6, 6), (8, 4, 3, 5), groups=2, padding=(0, 1, 2, 0)), None),
    (product(ops.conv_transpose2d, (1, 8, 6, 6), (8, 4, 3, 3)), None),
    (product(ops.conv_transpose2d, (1, 8, 6, 6), (8, 1, 3, 3), groups=8), "its groups have one channel each"),
]


@pytest.mark.parametrize(
    "node, reason", NODES + PRODUCTS, ids=[f"{i}-{node.op.name}" for i, (node, _) in enumerate(NODES + PRODUCTS)]
)
def test_what_runs_on_qnnpack(node: Node, reason: str | None) -> None:
    found = QNNPACK.why_not(node)
    assert found is None if reason is None else found is not None and reason in found


def test_the_next_backend_takes_what_is_left() -> None:
    """Integers that QNNPACK has no kernel for, and floats, which it has none for at all."""
    function = Function("forward", [Value(TensorType(F32, (1, 8, 6, 6)), "x")])
    build = Builder(function)
    steps = build.emit(ops.quantize, build.emit(ops.abs, function.inputs[0]), dtype=QU8, qparams=AFFINE)
    build.results(build.emit(ops.exp, build.emit(ops.relu, steps, qparams=AFFINE), qparams=AFFINE))
    placed = lower(Module({"forward": function}), backends("qnnpack,xnnpack")).placements
    found = {node.op.name: placement.library.name for node, placement in placed.items()}
    assert found == {"abs": "xnnpack", "quantize": "portable", "relu": "qnnpack", "exp": "portable"}
