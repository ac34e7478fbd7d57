"""One random operator of images whose operand and result are channels of wider images, on every library, against the
reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mtc
from mtc import interp, ops, stages
from mtc.delegates.registry import LIBRARIES
from mtc.ir.builder import Builder
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import F32, TensorType

CHANNELS = st.sampled_from([1, 2, 3, 5, 8, 15, 16, 17, 33])
OPERATORS = (
    "conv2d",
    "conv2d",
    "depthwise",
    "conv_transpose2d",
    "max_pool2d",
    "avg_pool2d",
    "resize",
    "softmax",
    "prelu",
)


def sides(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


def around(padding: tuple[int, int]) -> tuple[int, int, int, int]:
    return (padding[0], padding[0], padding[1], padding[1])


@st.composite
def models(draw: st.DrawFn) -> Module:
    """The operator's operand and result are parts of concats."""
    channels = draw(CHANNELS)
    image = Value(TensorType(F32, (draw(st.integers(1, 2)), channels, *draw(sides(1, 9)))), "x")
    function = Function("forward", [image])
    build = Builder(function)
    x = build.emit(ops.neg, image)
    y = _operator(draw, build, x)
    wide = build.emit(ops.concat, build.emit(ops.abs, image), x, axis=1)
    build.results(wide, build.emit(ops.concat, y, build.emit(ops.abs, y), axis=1))
    module = Module({"forward": function})
    module.register_constants()
    return module


def _operator(draw: st.DrawFn, build: Builder, x: Value) -> Value:
    kind = draw(st.sampled_from(OPERATORS))
    channels, size = x.type.shape[1], x.type.shape[2:]
    random = np.random.default_rng(draw(st.integers(0, 99)))

    def weights(*shape: int) -> Value:
        return build.constant(random.standard_normal(shape).astype(np.float32))

    kernel, stride = draw(sides(1, 5)), draw(sides(1, 4))
    if kind != "conv_transpose2d":  # windows no larger than the image
        kernel = tuple(min(k, n) for k, n in zip(kernel, size, strict=True))
    padding = tuple(min(p, (k - 1) // 2) for p, k in zip(draw(sides(0, 2)), kernel, strict=True))
    attrs = {"stride": stride, "padding": around(padding)}
    if kind == "softmax":
        return build.emit(ops.softmax, x, axis=1)
    if kind == "prelu":
        return build.emit(ops.prelu, x, weights(channels, 1, 1))
    if kind == "resize":
        return build.emit(ops.upsample_bilinear2d, x, size=draw(sides(1, 12)))
    if kind.endswith("pool2d"):
        return build.emit(ops.OPS[kind], x, kernel_size=kernel, ceil_mode=draw(st.booleans()), **attrs)
    if kind == "depthwise":
        return build.emit(ops.conv2d, x, weights(channels, 1, *kernel), None, groups=channels, **attrs)
    groups = draw(st.sampled_from([1, 1, *(g for g in (2, 3, 5) if channels % g == 0)]))
    out = draw(CHANNELS)
    bias = weights(groups * out) if draw(st.booleans()) else None
    if kind == "conv2d":
        return build.emit(
            ops.conv2d, x, weights(groups * out, channels // groups, *kernel), bias, groups=groups, **attrs
        )
    return build.emit(ops.conv_transpose2d, x, weights(channels, out, *kernel), bias, groups=groups, **attrs)


@pytest.mark.parametrize("backend", sorted(LIBRARIES))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(module=models(), threads=st.integers(1, 3), cpu=st.sampled_from(["best", "avx2", "base"]))
def test_images_that_are_channels_of_wider_ones(
    tmp_path: Path, backend: str, module: Module, threads: int, cpu: str
) -> None:
    (image,) = module.functions["forward"].inputs
    x = np.random.default_rng(0).standard_normal(image.type.shape).astype(np.float32)
    wanted = interp.run(module, [x])
    path = tmp_path / "model.mtp"
    mtc.package(stages.optimize(module, backend), path, backend=backend)
    with mtc.Session(path, threads=threads, cpu=cpu) as session:
        for got, want in zip(session.run(x), wanted, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-3)
