"""What reduced runtimes for arm64 compute of whole models, in qemu, beside the host runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from emulation import missing
from torch import nn

import mtc
from mtc.devices.session import DeviceSession

pytestmark = pytest.mark.all_targets


class Bert(nn.Module):
    """BERT as it was published, with fewer and narrower layers."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(1000, 128), nn.Embedding(64, 128)
        self.norm = nn.LayerNorm(128, 1e-12)
        layer = nn.TransformerEncoderLayer(128, 4, 512, activation="gelu", layer_norm_eps=1e-12, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.pooler = nn.Linear(128, 128)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        places = torch.arange(tokens.shape[1])
        x = self.layers(self.norm(self.words(tokens) + self.places(places)))
        return x, torch.tanh(self.pooler(x[:, 0]))


class Lstm(nn.Module):
    """A keyword spotter: frames of a spectrum, and which word it was."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.head = nn.LSTM(40, 96, 2, batch_first=True, bidirectional=True), nn.Linear(192, 12)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(frames)[0][:, -1])


class Segments(nn.Module):
    """The scores of a segmentation model, which gives a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.model = torchvision.models.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image)["out"]


def image(size: int) -> Callable[[], torch.Tensor]:
    return lambda: torch.randn(1, 3, size, size)


MODELS: dict[str, tuple[Callable[[], nn.Module], Callable[[], torch.Tensor]]] = {
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(weights=None), image(224)),
    "bert": (Bert, lambda: torch.randint(0, 1000, (1, 32))),
    "lstm": (Lstm, lambda: torch.randn(1, 50, 40)),
    "deeplabv3_mobilenet_v3_large": (Segments, image(97)),
}


def trained(model: nn.Module, inputs: Callable[[], torch.Tensor]) -> nn.Module:
    """`model` with the statistics of its batch norms: without them random weights make nearly nothing of an image, and
    a unit of integers nothing at all."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean of what it saw
    if norms:
        with torch.no_grad():
            model.train()(torch.cat([inputs() for _ in range(4)]))
    return model.eval()


@pytest.mark.parametrize("elements", ["f32", "int8"])
@pytest.mark.parametrize("name", MODELS)
def test_results_are_the_hosts(name: str, elements: str, tmp_path: Path) -> None:
    if reason := missing("qemu:arm64"):
        pytest.skip(reason)
    torch.manual_seed(0)
    make, inputs = MODELS[name]
    model = mtc.optimize(mtc.export(trained(make(), inputs), (inputs(),)))
    if elements == "int8":
        model = mtc.quantize(model, "int8", [(inputs(),) for _ in range(4)])
    path, x = tmp_path / "model.mtp", inputs().numpy()
    mtc.package(model, path)
    with mtc.Session(path, threads=2) as session:
        wanted = session.run(x)
    for cpu in ("max", "cortex-a53"):
        with DeviceSession(f"qemu:arm64:{cpu}", path, threads=2) as there:
            outputs = there.run(x)
        for got, want in zip(outputs, wanted, strict=True):
            # A unit is what 8 bits of the result's range are.
            allowed = 1e-5 * np.abs(want).max() if elements == "f32" else 1.001 * np.ptp(want) / 255
            assert np.abs(got - want).max() <= allowed, cpu
