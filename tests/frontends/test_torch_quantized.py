"""Programs that torch has quantized: integers and their scales in types, and what has none in plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.ao.quantization.fx._decomposed  # registers quantized_decomposed
from torch import nn

import mtc
from mtc import interp
from mtc.diagnostics import MtcError
from mtc.frontends.torch import archive, table
from mtc.ir.module import Module
from mtc.ir.types import F32, QI8, QU8, QParams

qd = torch.ops.quantized_decomposed
INT8 = (-128, 127, torch.int8)


def ops_of(module: Module) -> list[str]:
    return [node.op.name for node in module.nodes() if node.op.name not in ("constant", "return")]


def rounded(x: torch.Tensor, scale: float, zero_point: int, *limits: Any) -> torch.Tensor:
    """`x` as a quantizer leaves it."""
    return qd.dequantize_per_tensor(qd.quantize_per_tensor(x, scale, zero_point, *limits), scale, zero_point, *limits)


def test_roundings_are_in_types(exported: Any) -> None:
    module = exported(lambda x: rounded(x, 0.05, 3, *INT8), (torch.randn(4, 8) * 4,))
    assert ops_of(module) == ["quantize", "dequantize"]
    (quantized, _) = (node.output.type for node in module.nodes() if node.op.name in ("quantize", "dequantize"))
    assert (quantized.dtype, quantized.qparams) == (QI8, QParams(0.05, 3))


@pytest.mark.parametrize(
    "limits", [(-127, 127, torch.int8), (0, 127, torch.uint8), (-100, 50, torch.int8)], ids=["127", "reduced", "odd"]
)
def test_a_narrower_range_is_a_clamp(limits: Any, exported: Any) -> None:
    x = torch.cat([torch.randn(64) * 20, torch.tensor([1e9, -1e9, 0.0])])
    module = exported(lambda x: rounded(x, 0.1, 7, *limits), (x,))
    assert ops_of(module) == ["clamp", "quantize", "dequantize"]


class Weights(nn.Module):
    """A linear layer of integers that are folded already, as `convert_pt2e` leaves it."""

    def __init__(self, dtype: torch.dtype = torch.int8) -> None:
        super().__init__()
        low = 0 if dtype is torch.uint8 else -127
        self.register_buffer("weight", torch.randint(low, 128, (8, 16)).to(dtype))
        self.register_buffer("scales", torch.rand(8) * 0.01 + 0.01)
        self.register_buffer("zero_points", torch.full((8,), 64 if low == 0 else 0))
        self.register_buffer("bias", torch.randint(-1000, 1000, (8,), dtype=torch.int32))
        self.unused = nn.Parameter(torch.randn(64, 64))
        self.limits = (low, 127, dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = qd.dequantize_per_channel(self.weight, self.scales, self.zero_points, 0, *self.limits)
        bias = qd.dequantize_per_channel(self.bias, self.scales * 0.1, None, 0, -(2**31), 2**31 - 1, torch.int32)
        return nn.functional.linear(rounded(x, 0.1, 0, *INT8), weight, bias)


@pytest.mark.parametrize(("torch_dtype", "dtype"), [(torch.int8, QI8), (torch.uint8, QU8)])
def test_weights_stay_integers_and_a_bias_becomes_floats(torch_dtype: Any, dtype: Any, exported: Any) -> None:
    module = exported(Weights(torch_dtype), (torch.randn(2, 16),))
    types = {constant.type.dtype: constant.type for constant in module.constants.values()}
    assert set(types) <= {dtype, F32} and types[dtype].qparams.axis == 0 and types[dtype].shape == (8, 16)
    assert module.constant_bytes < 8 * 16 + 8 * 4 + 64  # neither the scales nor what nobody reads


def test_one_weight_for_two_readers_is_stored_once(exported: Any) -> None:
    class Tied(Weights):
        def forward(self, x: torch.Tensor) -> Any:
            read = [qd.dequantize_per_tensor(self.weight, 0.02, 0, *INT8) for _ in range(2)]
            return x @ read[0].t(), x + read[1]

    assert list(exported(Tied(), (torch.randn(8, 16),)).constants) == ["weight"]


def test_weights_that_were_not_folded_are(exported: Any) -> None:
    class Unfolded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 8))
            self.register_buffer("scales", self.weight.detach().abs().amax(1) / 127)
            self.register_buffer("zero_points", torch.zeros(4, dtype=torch.int64))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            how = (self.scales, self.zero_points, 0, -127, 127, torch.int8)
            weight = qd.dequantize_per_channel(qd.quantize_per_channel(self.weight, *how), *how)
            return nn.functional.linear(x, weight)

    module = exported(Unfolded(), (torch.randn(2, 8),))
    assert [constant.type.dtype for constant in module.constants.values()] == [QI8]


def test_integers_that_something_else_reads_are_plain(exported: Any) -> None:
    def function(x: torch.Tensor) -> Any:
        steps = qd.quantize_per_tensor(x, 0.1, 5, *INT8)
        flat = steps.view(-1)
        return steps, qd.dequantize_per_tensor(flat, 0.1, 5, *INT8), qd.dequantize_per_tensor(steps, 0.2, 5, *INT8)

    module = exported(function, (torch.randn(3, 5) * 9,))
    assert "quantize" not in ops_of(module)


def test_integers_come_in_from_outside(exported: Any) -> None:
    def function(x: torch.Tensor) -> Any:
        scales = torch.tensor([0.1, 0.2, 0.3])
        zero_points = torch.tensor([1, 2, 3])
        return qd.dequantize_per_tensor(x, 0.1, 5, *INT8), qd.dequantize_per_channel(x, scales, zero_points, 0, *INT8)

    exported(function, (torch.randint(-128, 128, (3, 5), dtype=torch.int8),))


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: rounded(x, 0.1, 0, -(2**15), 2**15 - 1, torch.int16), "steps of int16"),
        (
            lambda x: qd.quantize_per_channel(x, x.abs().amax(0), x.sum(0).long(), 1, *INT8),
            "channels of a tensor that is computed",
        ),
        (lambda x: rounded(x, 0.1, 300, 0, 255, torch.uint8), "a zero point outside of 0..255"),
    ],
    ids=["int16", "channels", "zero-point"],
)
def test_what_has_no_type_is_refused_by_name(function: Callable[..., Any], reason: str, exported: Any) -> None:
    with pytest.raises(MtcError, match=r"quantized_decomposed\.quantize_per_") as raised:
        exported(function, (torch.randn(2, 3),))
    assert reason in str(raised.value)


def test_a_file_is_read_though_nobody_has_imported_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(Weights(), (torch.randn(2, 16),)), path)
    imported = []
    monkeypatch.setattr(archive, "register_library", lambda name: imported.append(name) or True)
    module = mtc.export(path)
    assert imported == ["quantized_decomposed"]
    (sample,) = module.samples["forward"]
    (got,) = interp.run(module, [constant.array() for constant in sample.inputs])
    np.testing.assert_allclose(got, sample.outputs[0].array(), rtol=1e-5, atol=1e-5)


def test_a_file_says_which_library_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(Weights(), (torch.randn(2, 16),)), path)
    monkeypatch.setitem(table.LIBRARIES, "quantized_decomposed", "no_such_package.operators")
    with pytest.raises(MtcError, match="calls operators of no_such_package, which is not installed"):
        mtc.export(path)
