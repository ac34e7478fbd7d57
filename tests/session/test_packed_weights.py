"""Weights are packed once, whatever the sizes of inputs and however many sessions there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim

import mtc


def image(channels: int, size: int) -> torch.Tensor:
    return torch.linspace(-1, 1, channels * size * size).reshape(1, channels, size, size)


def program(layer: nn.Module, path: Path, backend: str) -> Path:
    size = Dim("size", min=2, max=64)
    module = mtc.export(layer.eval(), (image(16, 8),), dynamic_shapes=({2: size, 3: size},))
    mtc.package(mtc.optimize(module, backend=backend), path)
    return path


def test_images_of_any_size_take_the_same_transposed_weights(tmp_path):
    """Few large images are computed for fewer output channels at a time than small ones."""
    layer = nn.ConvTranspose2d(16, 24, 4, stride=2)
    packed = set()
    with mtc.Session(program(layer, tmp_path / "m.mtp", "portable")) as session:
        for size in (3, 64, 40, 8):
            (found,) = session.run(image(16, size).numpy())
            np.testing.assert_allclose(found, layer(image(16, size)).detach().numpy(), atol=1e-4)
            packed.add(session.memory().packed)
    assert packed == {layer.weight.nbytes}


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.ConvTranspose2d(16, 24, 4, stride=2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.layer(x), self.layer(x * 2)


def test_two_operators_take_the_same_transposed_weights(tmp_path):
    model = Twice()
    packed = []
    for layer in (model.layer, model):
        with mtc.Session(program(layer, tmp_path / "m.mtp", "xnnpack")) as session:
            found = session.run(image(16, 5).numpy())
            packed.append(session.memory().packed)
    for output, expected in zip(found, model(image(16, 5)), strict=True):
        np.testing.assert_allclose(output, expected.detach().numpy(), atol=1e-4)
    assert packed[0] == packed[1]


class Sequence(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.layer = kind(10, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_pack_what_inputs_are_multiplied_with(tmp_path, kind):
    """But for a few inputs, whose dot products take the weights as they lie."""
    model = Sequence(kind).eval()
    inputs = torch.linspace(-1, 1, 70).reshape(7, 1, 10)
    mtc.package(mtc.export(model, (inputs,), dynamic_shapes=({0: Dim("time", min=2)},)), tmp_path / "m.mtp")
    packed = []
    with mtc.Session(tmp_path / "m.mtp") as session:
        for time in (2, 7, 5):
            (found,) = session.run(inputs[:time].numpy())
            np.testing.assert_allclose(found, model(inputs[:time]).detach().numpy(), atol=1e-5)
            packed.append(session.memory().packed)
    # Whole vectors of columns, which are some of the gates' units.
    assert packed[0] == 0
    assert model.layer.weight_ih_l0.nbytes <= packed[1] == packed[2] < 2 * model.layer.weight_ih_l0.nbytes + 64 * 10
