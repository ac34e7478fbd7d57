"""Values that share memory: thousands of them in a row, as deep networks have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import mtc
from mtc import ops, stages
from mtc.ir.builder import Builder
from mtc.ir.dims import Bounds, dim
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import F32, TensorType


def residuals(x: torch.Tensor) -> torch.Tensor:
    """Each result takes the place of an operand."""
    for _ in range(150):
        x = x * 0.5 + x
        x = torch.sin(x)
    return x


def rows(x: torch.Tensor) -> torch.Tensor:
    """Each whole stands in the next."""
    whole = x
    for _ in range(150):
        x = torch.sin(x)
        whole = torch.cat([whole, x])
    return whole


def columns(x: torch.Tensor) -> torch.Tensor:
    whole = torch.cat([x, x])
    part = whole
    for _ in range(150):
        part = torch.cos(part)
        whole = torch.cat([whole, part], 1)
    return whole


def views(x: torch.Tensor) -> torch.Tensor:
    for size in [2, 4] * 50:
        x = torch.sin(x.reshape(8 // size, size)).reshape(size, 8 // size)
    return x


STATIC = (residuals, rows, columns, views)
DYNAMIC = (residuals, rows, columns)  # the sizes of the views are stated


@pytest.mark.parametrize(
    ("function", "is_dynamic"),
    [*((function, False) for function in STATIC), *((function, True) for function in DYNAMIC)],
    ids=lambda value: value.__name__ if callable(value) else "dynamic" if value else "static",
)
def test_long_chains_run(tmp_path: Path, function, is_dynamic: bool) -> None:
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return function(x)

    x = torch.randn(1, 8, generator=torch.Generator().manual_seed(0))
    shapes = {"x": {1: torch.export.Dim("n")}} if is_dynamic else None
    module = mtc.export(Model().eval(), (x,), dynamic_shapes=shapes)
    for number, model in enumerate((module, mtc.optimize(module))):
        path = tmp_path / f"{number}.mtp"
        mtc.package(model, path)
        with mtc.Session(path) as session:
            (got,) = session.run(x.numpy())
        np.testing.assert_allclose(got, function(x).numpy(), rtol=1e-4, atol=1e-5)
        values = stages.load_any(path).tables.functions[0].values
        assert max(_depth(values, index) for index in range(len(values))) <= 4


@pytest.mark.parametrize("backend", ["portable", "xnnpack"])
@pytest.mark.parametrize("function", [torch.relu, torch.sigmoid, torch.square, torch.exp, torch.neg])
def test_rows_of_one_element_lie_apart(tmp_path: Path, function, backend: str) -> None:
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return torch.cat([y, function(x), function(x) * x], 1)

    x, y = torch.rand(5, 1) - 0.5, torch.rand(5, 2)
    path = tmp_path / "model.mtp"
    mtc.package(mtc.export(Model().eval(), (x, y)), path, backend=backend)
    with mtc.Session(path) as session:
        (got,) = session.run(x.numpy(), y.numpy())
    np.testing.assert_allclose(got, Model()(x, y).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("is_dynamic", [False, True], ids=["static", "dynamic"])
def test_rows_are_joined_where_there_are_none(tmp_path: Path, is_dynamic: bool) -> None:
    rows = dim("rows") if is_dynamic else 0
    x, y = (Value(TensorType(F32, (rows, size)), name) for size, name in ((3, "x"), (2, "y")))
    function = Function("forward", [x, y], symbols={"rows": Bounds(min=0)} if is_dynamic else {})
    build = Builder(function)
    build.results(build.emit(ops.concat, build.emit(ops.relu, x), build.emit(ops.abs, y), axis=1))
    path = tmp_path / "model.mtp"
    mtc.package(Module({"forward": function}), path, backend="xnnpack")
    with mtc.Session(path) as session:
        for count in (0, 2, 0) if is_dynamic else (0,):
            (got,) = session.run(np.ones((count, 3), np.float32), np.ones((count, 2), np.float32))
            np.testing.assert_array_equal(got, np.ones((count, 5)))


def _depth(values, index: int) -> int:
    """How many others a value stands in."""
    around = values[index].aliasOf
    return 0 if around < 0 else 1 + _depth(values, around)
