"""Products of floats that are rounded to 8 bits as they come, on every library that has them: against torch on the
rounded numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import mtc
from mtc import interp, ops
from mtc.delegates.xnnpack import XNNPACK
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.dims import Bounds, dim, names_in
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.quantized import dequantize, quantize
from mtc.ir.types import F32, QI8, QParams, TensorType
from mtc.ir.verifier import verify
from mtc.ops.accuracy import tolerance
from mtc.ops.quantized import rounded_rows

CPUS = ("best", "avx2", "base")


def symmetric(weight: np.ndarray, per_channel: bool = True) -> tuple[Constant, np.ndarray]:
    """The weight in integers, and the numbers that these stand for."""
    scale = np.abs(weight.reshape(len(weight), -1)).max(axis=1) / 127
    if not per_channel:
        scale = scale.max(keepdims=True)
    qparams = QParams(scale.astype(np.float32), np.zeros(scale.size, np.int32), 0 if per_channel else None)
    steps = quantize(weight, QI8, qparams)
    return Constant("w", TensorType(QI8, weight.shape, qparams), steps), dequantize(steps, qparams)


def module_of(op: OpSpec, x: TensorType, weight: Constant, bias: np.ndarray | None, **attrs: object) -> Module:
    function = Function("forward", [Value(x, "x")], symbols={name: Bounds(0) for name in names_in(x.shape)})
    build = Builder(function)
    constants = (build.constant(weight), None if bias is None else build.constant(bias))
    build.results(build.emit(op, function.inputs[0], *constants, dynamic=True, **attrs))
    module = Module({"forward": function})
    module.register_constants()
    verify(module)
    return module


def assert_near(module: Module, op: OpSpec, runs: list[tuple[np.ndarray, np.ndarray]], folder: Path, *on: str) -> None:
    """On the reference, and the libraries `on` which it has to run; for each pair of operand and result."""
    allowed = tolerance(op.accuracy, F32)
    for x, want in runs:
        assert allowed.excess(interp.run(module, [x])[0], want) <= 1
    for backend in on:
        path = folder / f"{backend}.mtp"
        lowered = mtc.package(module, path, backend=backend)
        assert {p.library.name for n, p in lowered.placements.items() if n.op is op} == {backend}
        for cpu in CPUS:
            with mtc.Session(path, threads=2, cpu=cpu) as session:
                for x, want in runs:
                    assert allowed.excess(session.run(x)[0], want) <= 1


def product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    wide = (None if v is None else torch.from_numpy(v).double() for v in (rounded_rows(x), weight, bias))
    return F.linear(*wide).float().numpy()  # type: ignore[arg-type]


def rows_of(rows: int, depth: int, seed: int = 2) -> np.ndarray:
    """Rows of different ranges: none below zero in the first, none above in the second, zeros alone in the last."""
    x = np.random.default_rng(seed).standard_normal((rows, depth)).astype(np.float32)
    x *= np.linspace(0.1, 50, rows, dtype=np.float32)[:, None]
    x[:1] = np.abs(x[:1]) + 1
    if rows > 2:
        x[1], x[-1] = -np.abs(x[1]) - 1, 0
    return x


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize(
    ("rows", "columns", "depth"), [(1, 5, 64), (9, 33, 70), (3, 20, 1030), (600, 300, 1030), (2, 1, 1)]
)
def test_linear(rows: int, columns: int, depth: int, per_channel: bool, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    weight = generator.standard_normal((columns, depth)).astype(np.float32)
    bias = generator.standard_normal(columns).astype(np.float32)
    constant, real = symmetric(weight, per_channel)
    x = rows_of(rows, depth)
    module = module_of(ops.linear, TensorType.of(x), constant, bias)
    assert_near(module, ops.linear, [(x, product(x, real, bias))], tmp_path, "portable", "xnnpack")


def test_linear_without_a_bias_and_with_a_clamp(tmp_path: Path) -> None:
    x = rows_of(4, 40)
    constant, real = symmetric(np.random.default_rng(1).standard_normal((24, 40)).astype(np.float32))
    module = module_of(ops.linear, TensorType.of(x), constant, None, clamp=(-1.0, 6.0))
    assert_near(module, ops.linear, [(x, product(x, real).clip(-1, 6))], tmp_path, "portable", "xnnpack")


def test_linear_of_any_number_of_rows(tmp_path: Path) -> None:
    constant, real = symmetric(np.random.default_rng(1).standard_normal((48, 96)).astype(np.float32))
    module = module_of(ops.linear, TensorType(F32, (dim("n"), 96)), constant, None)
    runs = [(x := rows_of(rows, 96, rows), product(x, real)) for rows in (5, 1, 0, 130, 5)]
    assert_near(module, ops.linear, runs, tmp_path, "portable", "xnnpack")


def test_rows_of_a_wider_tensor(tmp_path: Path) -> None:
    """Both operand and result lie inside others: a concat without copy."""
    generator = np.random.default_rng(1)
    x = rows_of(7, 40)
    constant, real = symmetric(generator.standard_normal((24, 40)).astype(np.float32))
    function = Function("forward", [Value(TensorType.of(x), "x")])
    build = Builder(function)
    w = build.constant(constant)
    results = [build.emit(ops.linear, function.inputs[0], w, None, dynamic=True) for _ in range(2)]
    joined = build.emit(ops.concat, *(build.emit(ops.relu, result) for result in results), axis=-1)
    build.results(joined)
    module = Module({"forward": function})
    module.register_constants()
    want = np.concatenate([product(x, real).clip(0)] * 2, axis=-1)
    path = tmp_path / "m.mtp"
    mtc.package(module, path, backend="xnnpack")
    with mtc.Session(path) as session:
        assert tolerance(ops.linear.accuracy, F32).excess(session.run(x)[0], want) <= 1


@pytest.mark.parametrize(
    ("qparams", "attrs", "reason"),
    [
        (QParams([0.1], [1]), {"dynamic": True}, "not symmetric"),
        (QParams(np.full(12, 0.1, np.float32), np.zeros(12, np.int32), 1, 16), {"dynamic": True}, "other scales"),
        (QParams([0.1], [0]), {}, "stays in floats"),
    ],
)
def test_why_xnnpack_has_none(qparams: QParams, attrs: dict[str, bool], reason: str) -> None:
    weight = Constant("w", TensorType(QI8, (4, 48), qparams), np.ones((4, 48), np.int8))
    function = Function("forward", [Value(TensorType(F32, (2, 48)), "x")])
    build = Builder(function)
    build.results(build.emit(ops.linear, function.inputs[0], build.constant(weight), None, **attrs))
    (node,) = (node for node in function if node.op is ops.linear)
    assert reason in (XNNPACK.why_not(node) or "")
