"""Layers with schemes of their own, and constants that a scheme cannot store, against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc.ir.module import Module


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Linear(8, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.second(torch.relu(self.first(x)))).mean((2, 3)))


def batches(count: int, seed: int = 0) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(1, 3, 12, 12, generator=generator),) for _ in range(count)]


def weight_types(module: Module) -> list[str]:
    """The dtypes of stored weights, without scales."""
    return [str(constant.type.dtype) for constant in module.constants.values() if constant.type.rank > 1]


@pytest.mark.parametrize("improvements", [{}, {"correct_bias": True}, {"round": "adaptive"}], ids=str)
@pytest.mark.parametrize(
    ("scheme", "stored", "types"),
    [
        ("int8", "fp16", {"qi8", "f16"}),
        ("uint8", "bf16", {"qu8", "bf16"}),
        ("int8", "weight-int8", {"qi8"}),
        ("weight-int8", "fp16", {"qi8", "f16"}),
        ("int8-dynamic", "bf16", {"qi8", "bf16"}),
    ],
)
def test_a_layer_may_be_stored_by_another_scheme(
    scheme: str, stored: str, types: set[str], improvements: dict[str, object], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    net = Net().eval()
    rules = "\n".join(f"- {{match: {name}, scheme: {stored}}}" for name in ("first", "last"))
    (tmp_path / "q.yaml").write_text(f"version: 1\nrules:\n{rules}\n")
    module = mtc.optimize(mtc.export(net, batches(1)[0]))
    quantized = mtc.quantize(module, scheme, batches(8), config=tmp_path / "q.yaml", **improvements)
    assert set(weight_types(quantized)) == types
    assert sqnr(net, quantized, batches(8, seed=1), tmp_path) > 30


class Extreme(nn.Module):
    """Weights that f16 makes zeros of, others that it makes infinite, and a mask of the lowest float."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large, self.usual = nn.Linear(16, 16), nn.Linear(16, 16, bias=False), nn.Linear(16, 16)
        mask = torch.full((16, 16), torch.finfo(torch.float32).min).triu(1)
        self.register_buffer("mask", mask)
        with torch.no_grad():
            self.small.weight *= 1e-8
            self.small.bias *= 1e-8
            self.large.weight *= 1e8

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.usual(self.large(self.small(x))) + self.mask, -1)


@pytest.mark.parametrize(
    ("scheme", "types"), [("fp16", ["f16", "f32", "f32", "f32"]), ("bf16", ["bf16", "bf16", "bf16", "f32"])]
)
def test_what_half_precision_cannot_hold_stays_as_it_is(scheme: str, types: list[str], tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Extreme().eval()
    x = torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(1))
    quantized = mtc.quantize(mtc.optimize(mtc.export(net, (x,))), scheme)
    assert sorted(weight_types(quantized)) == types
    mtc.package(quantized, tmp_path / "q.mtp")
    with mtc.Session(tmp_path / "q.mtp") as session, torch.no_grad():
        np.testing.assert_allclose(session.run(x.numpy())[0], net(x).numpy(), atol=2e-2 if scheme == "bf16" else 2e-3)
