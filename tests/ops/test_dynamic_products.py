"""Products of 8-bit integers in floats, on every library that has them: of floats that are rounded as they come, and of
what was rounded before. Against torch on the rounded numbers."""

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
from mtc.ir.types import F32, QI4, QI8, DType, QParams, TensorType
from mtc.ir.verifier import verify
from mtc.ops.accuracy import tolerance
from mtc.ops.quantized import rounded_rows

CPUS = ("best", "avx2", "base")
ROWS_ON = ("portable", "xnnpack", "qnnpack")


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
    ("rows", "columns", "depth"), [(1, 5, 64), (2, 16, 64), (9, 33, 70), (3, 20, 1030), (600, 300, 1030), (2, 1, 1)]
)
def test_linear(rows: int, columns: int, depth: int, per_channel: bool, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    weight = generator.standard_normal((columns, depth)).astype(np.float32)
    bias = generator.standard_normal(columns).astype(np.float32)
    constant, real = symmetric(weight, per_channel)
    x = rows_of(rows, depth)
    module = module_of(ops.linear, TensorType.of(x), constant, bias)
    assert_near(module, ops.linear, [(x, product(x, real, bias))], tmp_path, *ROWS_ON)


SIZES_OF_4_BITS = [(1, 5, 64), (2, 8, 64), (3, 32, 96), (4, 9, 64), (9, 33, 192), (130, 300, 1024)]


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(
    ("rows", "columns", "depth", "block"),
    [(*sizes, block) for sizes in SIZES_OF_4_BITS for block in (None, 32, 64) if not block or sizes[2] % block == 0],
)
def test_linear_of_4_bits(
    rows: int, columns: int, depth: int, block: int | None, has_bias: bool, tmp_path: Path
) -> None:
    generator = np.random.default_rng(1)
    count = columns * (depth // block if block else 1)
    # Scales of blocks that are bf16.
    scale = (generator.uniform(0.1, 0.4, count).astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    qparams = QParams(scale, np.zeros(count, np.int32), 1 if block else 0, block)
    steps = generator.integers(-8, 8, (columns, depth)).astype(np.int8)
    constant = Constant("w", TensorType(QI4, (columns, depth), qparams), steps)
    bias = generator.standard_normal(columns).astype(np.float32) if has_bias else None
    x = rows_of(rows, depth)
    module = module_of(ops.linear, TensorType.of(x), constant, bias, clamp=(-900.0, 2000.0))
    want = product(x, dequantize(steps, qparams), bias).clip(-900, 2000)
    assert_near(module, ops.linear, [(x, want)], tmp_path, "portable", "xnnpack")


def test_linear_without_a_bias_and_with_a_clamp(tmp_path: Path) -> None:
    x = rows_of(4, 40)
    constant, real = symmetric(np.random.default_rng(1).standard_normal((24, 40)).astype(np.float32))
    module = module_of(ops.linear, TensorType.of(x), constant, None, clamp=(-1.0, 6.0))
    assert_near(module, ops.linear, [(x, product(x, real).clip(-1, 6))], tmp_path, *ROWS_ON)


def test_linear_of_any_number_of_rows(tmp_path: Path) -> None:
    constant, real = symmetric(np.random.default_rng(1).standard_normal((48, 96)).astype(np.float32))
    module = module_of(ops.linear, TensorType(F32, (dim("n"), 96)), constant, None)
    runs = [(x := rows_of(rows, 96, rows), product(x, real)) for rows in (5, 1, 0, 130, 5)]
    assert_near(module, ops.linear, runs, tmp_path, *ROWS_ON)


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


def convolved(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: int, padding: int, dilation: int, groups: int
) -> np.ndarray:
    rounded = rounded_rows(x.reshape(len(x), int(np.prod(x.shape[1:])))).reshape(x.shape)
    operands = (None if v is None else torch.from_numpy(v).double() for v in (rounded, weight, bias))
    convolve = F.conv2d if x.ndim == 4 else F.conv1d
    return convolve(*operands, stride, padding, dilation, groups).float().numpy()  # type: ignore[arg-type]


def images_of(*shape: int) -> np.ndarray:
    """Images of different ranges."""
    rows = rows_of(shape[0], int(np.prod(shape[1:])))
    return rows.reshape(shape)


CONVOLUTIONS = {  # images, outputs, kernel, stride, padding, dilation, groups
    "pointwise": ((2, 24, 9, 7), 40, 1, 1, 0, 1, 1),
    "strided": ((1, 24, 9, 7), 40, 1, 2, 0, 1, 1),
    "window": ((3, 16, 10, 11), 24, 3, 1, 1, 1, 1),
    "stem": ((2, 3, 21, 20), 16, 3, 2, 1, 1, 1),
    "dilated": ((1, 5, 12, 12), 7, 3, 1, 2, 2, 1),
    "one-output": ((2, 8, 6, 6), 1, 3, 1, 1, 1, 1),
    "wide": ((1, 256, 14, 14), 512, 3, 1, 1, 1, 1),
    "groups": ((2, 24, 8, 8), 36, 3, 1, 1, 1, 4),
}


def test_weights_with_zero_points(tmp_path: Path) -> None:
    """XNNPACK has no such product."""
    generator = np.random.default_rng(1)
    qparams = QParams(generator.uniform(0.01, 0.02, 21), generator.integers(-100, 100, 21), 0)
    steps = quantize(generator.standard_normal((21, 50)).astype(np.float32), QI8, qparams)
    constant = Constant("w", TensorType(QI8, steps.shape, qparams), steps)
    x = rows_of(6, 50)
    module = module_of(ops.linear, TensorType.of(x), constant, None)
    want = product(x, dequantize(steps, qparams))
    assert_near(module, ops.linear, [(x, want)], tmp_path, "portable", "qnnpack")


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_conv2d(name: str, has_bias: bool, tmp_path: Path) -> None:
    shape, outputs, kernel, stride, padding, dilation, groups = CONVOLUTIONS[name]
    generator = np.random.default_rng(1)
    weight = generator.standard_normal((outputs, shape[1] // groups, kernel, kernel)).astype(np.float32)
    bias = generator.standard_normal(outputs).astype(np.float32) if has_bias else None
    constant, real = symmetric(weight, per_channel=has_bias)
    x = images_of(*shape)
    attrs = {"stride": (stride,) * 2, "padding": (padding,) * 4, "dilation": (dilation,) * 2, "groups": groups}
    module = module_of(ops.conv2d, TensorType.of(x), constant, bias, clamp=(-2.0, 500.0), **attrs)
    want = convolved(x, real, bias, stride, padding, dilation, groups).clip(-2, 500)
    assert_near(module, ops.conv2d, [(x, want)], tmp_path, "portable", "xnnpack")


def test_conv2d_of_any_number_of_images_of_any_size(tmp_path: Path) -> None:
    constant, real = symmetric(np.random.default_rng(1).standard_normal((8, 6, 3, 3)).astype(np.float32))
    shape = (dim("n"), 6, dim("h"), 9)
    module = module_of(ops.conv2d, TensorType(F32, shape), constant, None, padding=(1, 1, 1, 1))
    images = [images_of(n, 6, h, 9) for n, h in ((2, 8), (1, 8), (5, 8), (3, 12), (0, 12), (2, 8))]
    runs = [(x, convolved(x, real, None, 1, 1, 1, 1)) for x in images]
    assert_near(module, ops.conv2d, runs, tmp_path, "portable", "xnnpack")


def test_conv2d_one_channel_at_a_time_is_portable(tmp_path: Path) -> None:
    constant, real = symmetric(np.random.default_rng(1).standard_normal((12, 1, 3, 3)).astype(np.float32))
    x = images_of(2, 12, 8, 8)
    module = module_of(ops.conv2d, TensorType.of(x), constant, None, padding=(1, 1, 1, 1), groups=12)
    assert_near(module, ops.conv2d, [(x, convolved(x, real, None, 1, 1, 1, 12))], tmp_path, "portable")
    (node,) = (node for node in module.functions["forward"] if node.op is ops.conv2d)
    assert XNNPACK.why_not(node) == "12 groups of one channel"


def test_conv1d(tmp_path: Path) -> None:
    constant, real = symmetric(np.random.default_rng(1).standard_normal((20, 6, 5)).astype(np.float32))
    x = images_of(3, 6, 33)
    attrs = {"stride": (2,), "padding": (2, 2)}
    module = module_of(ops.conv1d, TensorType.of(x), constant, None, **attrs)
    want = convolved(x, real, None, 2, 2, 1, 1)
    assert_near(module, ops.conv1d, [(x, want)], tmp_path, "portable")
    path = tmp_path / "widened.mtp"
    lowered = mtc.package(module, path, backend="xnnpack")
    assert {p.library.name for n, p in lowered.placements.items() if n.op is ops.conv2d} == {"xnnpack"}
    with mtc.Session(path) as session:
        assert tolerance(ops.conv1d.accuracy, F32).excess(session.run(x)[0], want) <= 1


def test_images_within_wider_ones(tmp_path: Path) -> None:
    """What is joined along the channels lies in the result of the concat, and is read from there."""
    generator = np.random.default_rng(1)
    first, real = symmetric(generator.standard_normal((8, 6, 3, 3)).astype(np.float32))
    x = images_of(2, 6, 7, 9)
    function = Function("forward", [Value(TensorType.of(x), "x")])
    build = Builder(function)
    w = build.constant(first)
    attrs = {"padding": (1, 1, 1, 1), "dynamic": True}
    part = build.emit(ops.conv2d, function.inputs[0], w, None, **attrs)
    joined = build.emit(ops.concat, part, build.emit(ops.relu, function.inputs[0]), axis=1)
    second, other = symmetric(generator.standard_normal((5, 8, 1, 1)).astype(np.float32))
    result = build.emit(ops.conv2d, part, build.constant(second), None, dynamic=True)
    build.results(joined, result)
    module = Module({"forward": function})
    module.register_constants()
    between = convolved(x, real, None, 1, 1, 1, 1)
    want = np.concatenate([between, x.clip(0)], 1)
    path = tmp_path / "m.mtp"
    mtc.package(module, path, backend="xnnpack")
    with mtc.Session(path) as session:
        got = session.run(x)
    allowed = tolerance(ops.conv2d.accuracy, F32)
    assert allowed.excess(got[0], want) <= 1
    # Rounded from what the session computed: other sums may round to the other side.
    want = convolved(np.ascontiguousarray(got[0][:, :8]), other, None, 1, 0, 1, 1)
    assert allowed.excess(got[1], want) <= 1


@pytest.mark.parametrize(
    ("dtype", "qparams", "is_dynamic", "reason"),
    [
        (QI8, QParams([0.1], [1]), True, "not symmetric"),
        (QI8, QParams(np.full(8, 0.5, np.float32), np.zeros(8, np.int32), 1, 32), True, "blocks of 32"),
        (QI4, QParams(np.full(16, 0.5, np.float32), np.zeros(16, np.int32), 1, 16), True, "blocks of 16"),
        (QI4, QParams(np.full(8, 0.1, np.float32), np.zeros(8, np.int32), 1, 32), True, "not bf16"),
        (QI8, QParams([0.1], [0]), False, "stays in floats"),
    ],
)
def test_why_xnnpack_has_none(dtype: DType, qparams: QParams, is_dynamic: bool, reason: str) -> None:
    weight = Constant("w", TensorType(dtype, (4, 64), qparams), np.ones((4, 64), np.int8))
    function = Function("forward", [Value(TensorType(F32, (2, 64)), "x")])
    build = Builder(function)
    build.results(build.emit(ops.linear, function.inputs[0], build.constant(weight), None, dynamic=is_dynamic))
    (node,) = (node for node in function if node.op is ops.linear)
    assert reason in (XNNPACK.why_not(node) or "")


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("zero_point", [-128, 0, 77])
@pytest.mark.parametrize(("rows", "columns", "depth"), [(1, 5, 64), (9, 33, 70), (40, 300, 1030)])
def test_integer_linear_agrees_with_torch(
    rows: int, columns: int, depth: int, zero_point: int, per_channel: bool, tmp_path: Path
) -> None:
    generator = np.random.default_rng(4)
    weight = generator.standard_normal((columns, depth)).astype(np.float32)
    bias = generator.standard_normal(columns).astype(np.float32)
    x = generator.integers(-128, 128, (rows, depth)).astype(np.int8)
    qparams = QParams(np.float32(0.02), zero_point)
    constant, real = symmetric(weight, per_channel)
    numbers = dequantize(x, qparams)
    function = Function("forward", [Value(TensorType.of(numbers), "x")])
    build = Builder(function)
    steps = build.emit(ops.quantize, function.inputs[0], dtype=QI8, qparams=qparams)
    build.results(
        build.emit(ops.integer_linear, steps, build.constant(constant), build.constant(bias), clamp=(-20.0, 30.0))
    )
    module = Module({"forward": function})
    module.register_constants()
    verify(module)
    want = F.linear(*map(torch.from_numpy, (numbers, real, bias))).clamp(-20, 30).numpy()
    assert_near(module, ops.integer_linear, [(numbers, want)], tmp_path, "portable", "xnnpack")
