"""What each layer loses alone and among others, against what torch computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc.analysis.quantization.layers import layer_losses
from mtc.analysis.quantization.sensitivity import sensitivities
from mtc.analysis.quantization.tuning import Goal, Progressed, Tuner, config_text
from mtc.diagnostics import MtcError
from mtc.ir.module import Module
from mtc.quant.calibration import Known
from mtc.quant.settings import QuantSettings
from mtc.stages.quantize import prepared, rounded


class Layers(nn.Module):
    """Torch calls the value of the first layer `linear`, as the operator of all."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(16, 16) for _ in range(3))
        with torch.no_grad():
            for layer, ratio in ((self.a, 300.0), (self.b, 30.0), (self.c, 3.0)):
                layer.weight[0] *= ratio

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c(torch.sin(self.b(torch.sin(self.a(x)))))


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return Layers().eval()


@pytest.fixture(scope="module")
def model(net: nn.Module) -> Module:
    return mtc.optimize(mtc.export(net, batches(1)[0]))


def batches(count: int) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [(torch.randn(4, 16, generator=generator),) for _ in range(count)]


@pytest.mark.parametrize("options", [{}, {"round": "adaptive"}, {"correct_bias": False}], ids=str)
def test_a_layer_alone_is_one_layer(net: nn.Module, model: Module, options: dict[str, Any], tmp_path: Path) -> None:
    """The others stay in floats, also those whose operator has the same name; the config's words hold."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in options.items())
    (tmp_path / "q.yaml").write_text(f"version: 1\nper-tensor: true\nobserver: percentile\n{lines}".lower())
    ready = prepared(model, batches(8), QuantSettings(config=tmp_path / "q.yaml"))
    ranked = sensitivities(ready, known=Known())
    assert [row.sqnr for row in ranked] == sorted(row.sqnr for row in ranked) and len(ranked) == 3
    alone = {row.value: row.sqnr for row in ranked}
    for module, value in (("a", "linear"), ("b", "linear_1"), ("c", "linear_2")):
        quantized = mtc.quantize(model, None, batches(8), only=(module,), config=tmp_path / "q.yaml")
        assert alone[value] == pytest.approx(sqnr(net, quantized, batches(4), tmp_path), abs=0.1)


def test_layers_that_a_config_leaves_in_floats_are_not_ranked(model: Module, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text("version: 1\nrules:\n- {match: b, scheme: float}\n")
    ready = prepared(model, batches(8), QuantSettings(config=tmp_path / "q.yaml", skip=("c",)))
    assert [row.value for row in sensitivities(ready, known=Known())] == ["linear"]


def test_the_config_of_a_search_makes_its_model_again(net: nn.Module, model: Module, tmp_path: Path) -> None:
    """Whatever options the search had; the first layer alone stays in floats."""
    options: dict[str, Any] = {"per_tensor": True, "correct_bias": False, "observer": "mse", "only": ("a", "b")}
    ready = prepared(model, batches(8), QuantSettings(**options))
    (first, *_) = sensitivities(ready, known=Known())
    goal = Goal(min_sqnr=first.sqnr + 1)
    found = Tuner(ready, goal, Progressed(tmp_path / "state.json", "")).search()
    assert found.floats == (first.value,) == ("linear",)
    (tmp_path / "q.yaml").write_text(config_text(ready.settings, found.rules))
    again = mtc.quantize(model, None, batches(8), config=tmp_path / "q.yaml")
    assert sqnr(net, again, batches(4), tmp_path) == pytest.approx(
        sqnr(net, found.result.module, batches(4), tmp_path), abs=1e-6
    )
    assert QuantSettings(config=tmp_path / "q.yaml").resolved() == replace(ready.settings, rules=found.rules)


def test_weights_are_not_rounded_again_for_the_same_data(model: Module) -> None:
    ready = prepared(model, batches(8), QuantSettings(round="adaptive"))
    known, told = Known(), list[str]()
    rounded(ready, known=known)
    runs = len(known.rounded)
    rounded(ready, known=known, progress=lambda what, *_: told.append(what))
    assert runs == len(known.rounded) == 3 and not told


@pytest.mark.parametrize("options", [{"equalize": True}, {"smooth": 0.5}], ids=str)
def test_layers_are_compared_with_the_model_whose_channels_are_scaled_alike(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)).eval()
    with torch.no_grad():
        net[0].weight[0] *= 100
        net[2].weight[3] *= 30
    data = [(torch.randn(1, 3, 16, 16),) for _ in range(8)]
    model = mtc.optimize(mtc.export(net, data[0]))
    layers = layer_losses(rounded(prepared(model, data, QuantSettings(**options))))
    assert len(layers) >= 3 and all(row.loss.sqnr > 25 and row.saturated < 0.02 for row in layers)


@pytest.mark.parametrize("pattern", ["%linear_9", "%b"])
def test_a_value_that_is_not_there_is_named(model: Module, pattern: str) -> None:
    with pytest.raises(MtcError, match=f"`{pattern}` matches no operator"):
        mtc.quantize(model, "int8", batches(2), skip=(pattern,))
