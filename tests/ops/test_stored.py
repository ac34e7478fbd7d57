"""Products and look-ups with weights that are stored in fewer bits, in scales of every kind: against torch on the
numbers that the weights stand for, and the kernels against the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import mtc
from mtc import interp, ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module, Value
from mtc.ir.quantized import dequantize, quantize
from mtc.ir.types import BF16, F16, F32, QI4, QI8, QParams, TensorType
from mtc.ir.verifier import verify
from mtc.ops.accuracy import tolerance
from mtc.ops.quantized import rounded_rows

KINDS = {
    "qi8-tensor": (QI8, None, None),
    "qi8-row": (QI8, 0, None),
    "qi8-block": (QI8, 1, 32),
    "qi4-row": (QI4, 0, None),
    "qi4-block": (QI4, 1, 32),
    "qi4-odd-blocks": (QI4, 1, 6),
    "qi4-large-blocks": (QI4, 1, 512),
    "f16": (F16, None, None),
    "bf16": (BF16, None, None),
}


def stored(weight: np.ndarray, kind: str, half_scales: bool = False) -> tuple[Constant, np.ndarray]:
    """The weight as it is stored, and the numbers that it then stands for."""
    dtype, axis, block = KINDS[kind]
    if not dtype.is_quantized:
        return Constant.of(weight.astype(dtype.numpy), "w"), weight.astype(dtype.numpy).astype(np.float32)
    rows, columns = weight.shape
    generator = np.random.default_rng(3)
    count = 1 if axis is None else rows if block is None else rows * -(-columns // block)
    scale = generator.uniform(0.01, 0.03 if dtype is QI8 else 0.3, count).astype(
        np.float16 if half_scales else np.float32
    )
    zero = generator.integers(-3, 4, count) if axis is not None else 2
    qparams = QParams(scale, zero, axis, block)
    steps = quantize(weight, dtype, qparams)
    return Constant("w", TensorType(dtype, weight.shape, qparams), steps), dequantize(steps, qparams)


def module_of(op: Any, x: np.ndarray, weight: Constant, bias: np.ndarray | None, **attrs: Any) -> Module:
    value = Value(TensorType.of(x), "x")
    function = Function("forward", [value])
    build = Builder(function)
    w = build.constant(weight)
    operands = (w, value) if op is ops.embedding else (value, w, None if bias is None else build.constant(bias))
    build.results(build.emit(op, *operands, **attrs))
    module = Module({"forward": function})
    module.register_constants()
    verify(module)
    return module


def on_portable(module: Module, x: np.ndarray, folder: Path) -> list[np.ndarray]:
    path = folder / "case.mtp"
    mtc.package(module, path, backend="portable")
    results = []
    for cpu in ("best", "avx2", "base"):
        with mtc.Session(path, threads=2, cpu=cpu) as session:
            results.append(session.run(x)[0])
    return results


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "columns", "depth"), [(1, 5, 64), (4, 33, 70), (37, 300, 1030), (2, 3, 2)])
def test_linear_agrees_with_torch(kind: str, rows: int, columns: int, depth: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    x, weight = (generator.standard_normal(s).astype(np.float32) for s in ((rows, depth), (columns, depth)))
    bias = generator.standard_normal(columns).astype(np.float32)
    constant, real = stored(weight, kind, half_scales=rows == 4)
    module = module_of(ops.linear, x, constant, bias, clamp=(-2.0, 30.0))
    want = F.linear(torch.from_numpy(x), torch.from_numpy(real), torch.from_numpy(bias)).clamp(-2, 30).numpy()
    allowed = tolerance(ops.linear.accuracy, F32)
    for got in (interp.run(module, [x])[0], *on_portable(module, x, tmp_path)):
        assert allowed.excess(got, want) <= 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("q")])
@pytest.mark.parametrize(("rows", "columns", "depth"), [(1, 5, 64), (9, 33, 70), (3, 20, 1030)])
def test_dynamic_linear_agrees_with_torch_on_rounded_rows(
    kind: str, rows: int, columns: int, depth: int, tmp_path: Path
) -> None:
    generator = np.random.default_rng(2)
    x, weight = (generator.standard_normal(s).astype(np.float32) for s in ((rows, depth), (columns, depth)))
    x[0] = np.abs(x[0]) + 1  # whose least number is not below zero
    constant, real = stored(weight, kind)
    module = module_of(ops.linear, x, constant, None, dynamic=True)
    want = F.linear(torch.from_numpy(rounded_rows(x)).double(), torch.from_numpy(real).double()).float().numpy()
    near = F.linear(torch.from_numpy(x), torch.from_numpy(real)).numpy()
    assert np.linalg.norm(want - near) < 0.02 * np.linalg.norm(near)
    allowed = tolerance(ops.linear.accuracy, F32)
    for got in (interp.run(module, [x])[0], *on_portable(module, x, tmp_path)):
        assert allowed.excess(got, want) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_embedding_agrees_with_torch(kind: str, tmp_path: Path) -> None:
    weight = np.random.default_rng(1).standard_normal((17, 70)).astype(np.float32)
    indices = np.array([[0, 16, 3], [3, 5, 1]], np.int64)
    constant, real = stored(weight, kind, half_scales=True)
    module = module_of(ops.embedding, indices, constant, None)
    want = F.embedding(torch.from_numpy(indices), torch.from_numpy(real)).numpy()
    for got in (interp.run(module, [indices])[0], *on_portable(module, indices, tmp_path)):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_such_kernel_decodes_its_weights_when_loaded(kind: str, tmp_path: Path) -> None:
    """A convolution: the program holds the small weights, and the kernel gets f32 ones."""
    generator = np.random.default_rng(4)
    x, weight = (generator.standard_normal(s).astype(np.float32) for s in ((1, 8, 9, 9), (96, 72)))
    dtype, axis, _ = KINDS[kind]
    constant, real = stored(weight, kind)
    if axis == 1:
        pytest.skip("blocks along more than one axis")
    shape = (96, 8, 3, 3)
    constant = Constant("w", TensorType(dtype, shape, constant.type.qparams), constant.array().reshape(shape))
    function = Function("forward", [Value(TensorType.of(x), "x")])
    build = Builder(function)
    w = build.emit(ops.dequantize if dtype.is_quantized else ops.cast, build.constant(constant), dtype=F32)
    build.results(build.emit(ops.conv2d, function.inputs[0], w, None))
    module = Module({"forward": function})
    module.register_constants()
    want = F.conv2d(torch.from_numpy(x), torch.from_numpy(real.reshape(shape))).numpy()
    allowed = tolerance(ops.conv2d.accuracy, F32)
    for backend in ("portable", "xnnpack"):
        path = tmp_path / f"{backend}.mtp"
        lowered = mtc.package(module, path, backend=backend)
        assert any(p.library.name == backend for n, p in lowered.placements.items() if n.op is ops.conv2d)
        assert path.stat().st_size < 96 * 72 * 4
        with mtc.Session(path) as session:
            assert allowed.excess(session.run(x)[0], want) <= 1


def test_only_integer_weights_have_rows_rounded() -> None:
    """Only floats are rounded as they come."""
    from mtc.ir.opspec import TypeMismatch

    x, weight = (TensorType(F32, shape) for shape in ((2, 4), (3, 4)))
    with pytest.raises(TypeMismatch, match="integer weights"):
        ops.linear.result_types([x, weight, None], ops.linear.complete({"dynamic": True}))


@pytest.mark.parametrize("kind", ["qi8-tensor", "qi8-row", "qi8-block", "f16", "bf16"])
@pytest.mark.parametrize("batch", [1, 6])
@pytest.mark.parametrize(("layer", "op"), [("LSTM", ops.lstm), ("GRU", ops.gru), ("RNN", ops.rnn)])
def test_recurrent_layers_agree_with_torch(layer: str, op: Any, batch: int, kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = getattr(torch.nn, layer)(5, 70)
    parameters = {name: value.detach().numpy() for name, value in module.named_parameters()}
    constant, real = stored(4 * parameters["weight_hh_l0"], kind)  # so large that their scales fit
    module.weight_hh_l0.data = torch.from_numpy(real.copy())
    x = np.random.default_rng(1).standard_normal((9, batch, 5)).astype(np.float32)
    function = Function("forward", [Value(TensorType.of(x), "x")])
    build = Builder(function)
    states = [build.constant(np.zeros((batch, 70), np.float32))] * (2 if layer == "LSTM" else 1)
    biases = [parameters["bias_ih_l0"], parameters["bias_hh_l0"]]
    biases = biases if layer == "GRU" else [biases[0] + biases[1]]
    weights = build.constant(parameters["weight_ih_l0"]), build.constant(constant)
    node = build.node(op, function.inputs[0], *states, *weights, *map(build.constant, biases))
    build.results(node.outputs[0])
    case = Module({"forward": function})
    case.register_constants()
    verify(case)
    with torch.no_grad():
        want = module(torch.from_numpy(x))[0].numpy()
    allowed = tolerance(op.accuracy, F32)
    for got in (interp.run(case, [x])[0], *on_portable(case, x, tmp_path)):
        assert allowed.excess(got, want) <= 1
