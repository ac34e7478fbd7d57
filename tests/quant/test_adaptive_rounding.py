"""Weights rounded up or down so that a layer's results change least."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc.diagnostics import MtcError
from mtc.ir.module import Module
from mtc.quant import adaptive_rounding
from mtc.quant.adaptive_rounding import descend


def loss(chosen: np.ndarray, steps: np.ndarray, moment: np.ndarray) -> float:
    return float(((chosen - steps) @ moment[0] * (chosen - steps)).sum())


def test_rounding_is_near_the_best_of_all_choices() -> None:
    """Against all 2^8 choices of each row, and nearest."""
    random = np.random.default_rng(0)
    ratios = []
    for _ in range(10):
        x = random.normal(1, 1, (30, 8)) @ random.normal(0, 1, (8, 8))
        moment = (x.T @ x / 30)[None].astype(np.float32)
        steps = random.uniform(-5, 5, (1, 4, 8)).astype(np.float32)
        chosen = descend(steps, np.ones_like(steps), np.rint(steps), moment, (-128, 127))
        assert np.abs(chosen - steps).max() < 1
        best = sum(
            min(loss(np.floor(row) + np.array(ups), row, moment) for ups in itertools.product((0, 1), repeat=8))
            for row in steps[0]
        )
        nearest = loss(np.rint(steps), steps, moment)
        got = loss(chosen, steps, moment)
        assert best <= got * 1.0001 and got < nearest
        ratios.append((got - best) / (nearest - best))
    assert np.mean(ratios) < 0.3


def test_integers_stay_in_range() -> None:
    moment = np.ones((1, 3, 3), np.float32)
    steps = np.array([[[7.9, 7.9, -8.2]]], np.float32)
    chosen = descend(steps, np.ones_like(steps), np.array([[[7, 7, -8]]]), moment, (-8, 7))
    assert chosen.min() >= -8 and chosen.max() <= 7


class Net(nn.Module):
    """Operands whose channels move together: errors of rounding add up, or cancel."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.depthwise = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 32, 3, groups=32)
        self.hidden, self.head = nn.Linear(32, 64), nn.Linear(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.depthwise(torch.relu(self.mix(x)))).mean((2, 3))
        return self.head(torch.relu(self.hidden(x)))


def batches(count: int, seed: int = 0) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(4, 3, 10, 10, generator=generator) + 1,) for _ in range(count)]


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture(scope="module")
def model(net: nn.Module) -> Module:
    return mtc.optimize(mtc.export(net, batches(1)[0]))


@pytest.mark.parametrize(
    ("scheme", "gain"), [("weight-int4", 10), ("weight-int8", 5), ("int8-dynamic", 1.5), ("int8", 0.2), ("uint8", 1)]
)
def test_results_are_nearer_to_the_float_models(
    net: nn.Module, model: Module, scheme: str, gain: float, tmp_path: Path
) -> None:
    nearest = sqnr(net, mtc.quantize(model, scheme, batches(16), correct_bias=False), batches(8, seed=1), tmp_path)
    adaptive = mtc.quantize(model, scheme, batches(16), round="adaptive", correct_bias=False)
    got = sqnr(net, adaptive, batches(8, seed=1), tmp_path)
    assert got > nearest + gain
    assert adaptive.meta["quantization"]["round"] == "adaptive"


def test_matrices_are_gathered_in_groups_that_fit(model: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    def weights() -> list[np.ndarray]:
        quantized = mtc.quantize(model, "int8", batches(4), round="adaptive")
        layers = ("conv2d", "linear", "integer_linear")
        return [node.inputs[1].constant.array() for node in quantized.nodes() if node.op.name in layers]

    want = weights()
    monkeypatch.setattr(adaptive_rounding, "_MOST_BYTES", 1)
    got = weights()
    assert len(got) == 4
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("scheme", "given", "options", "message"),
    [
        ("fp16", True, {"round": "adaptive"}, "has no integers"),
        ("bf16", True, {"correct_bias": True}, "has no integers"),
        ("weight-int4", None, {"round": "adaptive"}, "needs calibration data"),
        ("weight-int8", None, {"correct_bias": True}, "needs calibration data"),
        ("int8", True, {"round": "up"}, "no rounding is called `up`"),
    ],
)
def test_what_cannot_be_done_is_refused(
    model: Module, scheme: str, given: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(MtcError, match=message):
        mtc.quantize(model, scheme, batches(2) if given else None, **options)
