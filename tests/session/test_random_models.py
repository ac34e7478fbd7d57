"""Small random models, whose values share memory in every way, on every library, against the reference."""

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

UNARY = (ops.sin, ops.relu, ops.neg, ops.sigmoid)


@st.composite
def models(draw: st.DrawFn) -> Module:
    """Elementwise operators, reshapes, slices, concats and softmax of matrices."""
    sizes = (draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    function = Function("forward", [Value(TensorType(F32, sizes), "x"), Value(TensorType(F32, (2, 2)), "y")])
    build = Builder(function)
    values = list(function.inputs)
    for _ in range(draw(st.integers(3, 25))):
        x = draw(st.sampled_from(values[-5:]))
        values.append(_next(draw, build, x, values))
    build.results(values[-1], *draw(st.lists(st.sampled_from(values), max_size=2)))
    return Module({"forward": function})


def _next(draw: st.DrawFn, build: Builder, x: Value, values: list[Value]) -> Value:
    kind = draw(st.sampled_from(["unary", "binary", "reshape", "slice", "concat", "concat", "softmax"]))
    rows, columns = x.type.shape
    if kind == "binary":
        y = draw(st.sampled_from([value for value in values if value.type.shape == x.type.shape]))
        return build.emit(draw(st.sampled_from([ops.add, ops.mul])), x, y)
    if kind == "reshape":
        length = draw(st.sampled_from([size for size in range(1, rows * columns + 1) if rows * columns % size == 0]))
        return build.emit(ops.reshape, x, shape=(length, rows * columns // length))
    if kind == "slice":
        begin = (draw(st.integers(0, rows - 1)), draw(st.integers(0, columns - 1)))
        return build.emit(ops.slice, x, begin=begin, end=(rows, columns), step=(1, draw(st.integers(1, 2))))
    if kind == "concat" and rows * columns < 500:
        axis = draw(st.integers(0, 1))
        fitting = [value for value in values if value.type.shape[1 - axis] == x.type.shape[1 - axis]]
        others = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2))
        return build.emit(ops.concat, *draw(st.permutations([x, *others])), axis=axis)
    if kind == "softmax":
        return build.emit(ops.softmax, x, axis=-1)
    return build.emit(draw(st.sampled_from(UNARY)), x)


@pytest.mark.parametrize("backend", sorted(LIBRARIES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(module=models(), is_optimized=st.booleans(), seed=st.integers(0, 99))
def test_random_models_agree_with_the_reference(
    tmp_path: Path, backend: str, module: Module, is_optimized: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    inputs = [random.standard_normal(value.type.shape, np.float32) for value in module.functions["forward"].inputs]
    wanted = interp.run(module, inputs)
    path = tmp_path / "model.mtp"
    mtc.package(stages.optimize(module, backend) if is_optimized else module, path, backend=backend)
    with mtc.Session(path) as session:
        for got, want in zip(session.run(*inputs), wanted, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
