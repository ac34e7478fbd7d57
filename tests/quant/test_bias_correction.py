"""Biases take back how rounded weights shift the mean of each channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc.ir.module import Module
from mtc.quant.bias_correction import PatchMean
from mtc.quant.patches import Patches, seen_by

LAYERS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Linear(12, 5), (3, 7, 12)),
    (nn.Conv1d(6, 4, 3, padding=2, dilation=2), (2, 6, 11)),
    (nn.Conv2d(6, 8, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, bias=False), (2, 6, 9, 7)),
    (nn.Conv2d(6, 6, 5, padding=2, groups=6), (2, 6, 8, 8)),
    (nn.Conv3d(2, 3, 2, padding=1), (1, 2, 4, 5, 3)),
    (nn.ConvTranspose2d(6, 4, 3, stride=2, groups=2), (2, 6, 5, 4)),
]


def model_of(layer: nn.Module, shape: tuple[int, ...]) -> Module:
    return mtc.optimize(mtc.export(layer.eval(), torch.zeros(shape)))


def patches_of(module: Module) -> tuple[Any, Patches]:
    node, seen = next((node, seen) for node in module.nodes() if (seen := seen_by(node)) is not None)
    return node, seen[1]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=str)
def test_the_mean_of_what_weights_meet_gives_the_mean_of_results(layer: Any, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    node, patches = patches_of(model_of(layer, shape))
    watch, results = PatchMean(patches), []
    for _ in range(3):
        x = torch.randn(shape) + 1
        watch.update(x.reshape([int(size) for size in node.operand(0).type.shape]).numpy())
        results.append(layer(x).detach())
    axis = -1 if isinstance(layer, nn.Linear) else 1
    want = torch.cat(results).movedim(axis, 0).flatten(1).mean(1)
    if layer.bias is not None:
        want = want - layer.bias.detach()
    got = np.einsum("gok,gk->go", patches.rows(node.operand(1).constant.array()), watch.mean).reshape(-1)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("layer", "shape"), LAYERS[1:-1], ids=str)
def test_a_sample_holds_what_rows_meet(layer: Any, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    node, patches = patches_of(model_of(layer, shape))
    x = torch.randn(shape)
    given = x.reshape([int(size) for size in node.operand(0).type.shape]).numpy()
    rows = patches.rows(node.operand(1).constant.array())
    got = np.einsum("gpk,gok->gop", patches.sample(given, 10**6), rows).reshape(layer.weight.shape[0], -1)
    want = layer(x).detach().movedim(1, 0).flatten(1)
    if layer.bias is not None:
        want = want - layer.bias.detach()[:, None]
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    assert patches.sample(given, 7).shape[1] == 7


class Biased(nn.Module):
    """Operands far from zero, and weights that are all rounded down: every result is shifted."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Linear(8, 8)
        with torch.no_grad():
            for layer in (self.first, self.second):
                layer.weight.copy_((torch.randint(-60, 60, layer.weight.shape) + 0.4) / 100)
                layer.weight.view(8, -1)[:, 0] = 1.27  # so that a step is 1 / 100

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x)).mean((2, 3)))


def batches(count: int, seed: int = 0) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(1, 3, 12, 12, generator=generator) * 0.3 + 2,) for _ in range(count)]


@pytest.mark.parametrize("scheme", ["int8", "weight-int8"])
def test_biased_rounding_is_taken_back(scheme: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Biased().eval()
    module = mtc.optimize(mtc.export(net, batches(1)[0]))
    plain = mtc.quantize(module, scheme, batches(8), correct_bias=False)
    corrected = mtc.quantize(module, scheme, batches(8), correct_bias=True)
    assert sqnr(net, corrected, batches(8, seed=1), tmp_path) > sqnr(net, plain, batches(8, seed=1), tmp_path) + 4
    assert corrected.meta["quantization"]["correct_bias"] is True
    assert "correct_bias" not in plain.meta["quantization"]
    layers = [node for node in corrected.nodes() if node.op.name in ("conv2d", "linear", "integer_linear")]
    assert len(layers) == 2 and all(node.inputs[2] is not None for node in layers)


def test_static_schemes_do_it_by_default() -> None:
    module = mtc.optimize(mtc.export(Biased().eval(), batches(1)[0]))
    for scheme, is_default in (("int8", True), ("uint8", True), ("weight-int8", False)):
        facts = mtc.quantize(module, scheme, batches(2)).meta["quantization"]
        assert facts.get("correct_bias", False) is is_default


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("bias", [True, False])
def test_gates_of_recurrent_layers_are_corrected(layer: Any, bias: bool, tmp_path: Path) -> None:
    class Sequence(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer(12, 12, batch_first=True, bias=bias)
            with torch.no_grad():
                for weight in (self.layer.weight_ih_l0, self.layer.weight_hh_l0):
                    weight.copy_((torch.randint(-60, 60, weight.shape) + 0.4) / 400)
                    weight[:, 0] = 1.27 / 4

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x[:, 0])[0]

    torch.manual_seed(0)
    net = Sequence().eval()
    module = mtc.optimize(mtc.export(net, batches(1)[0]))
    plain, corrected = (
        mtc.quantize(module, "weight-int8", batches(8), correct_bias=correct) for correct in (False, True)
    )
    assert sqnr(net, corrected, batches(8, seed=1), tmp_path) > sqnr(net, plain, batches(8, seed=1), tmp_path) + 4
