"""Quantization-aware training with torchao, compiled by mtc: accuracy in floats, quantized afterwards, and trained so.

    python scripts/qat_example.py

A narrow network of depthwise convolutions learns digits that the script draws: a font of 5x7 pixels, moved, scaled and
in noise, as a sensor sees it that has a hot pixel now and then. Networks in floats learn to live with these. But the
range of an 8-bit integer has to hold them, so that few steps remain for the digits, in the image and behind.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mtc

FONT = (
    *(
        "01110100011001110101110011000101110",
        "00100011000010000100001000010001110",
        "01110100010000100010001000100011111",
    ),
    *(
        "11111000100010000010000011000101110",
        "00010001100101010010111110001000010",
        "11111100001111000001000011000101110",
    ),
    *(
        "00110010001000011110100011000101110",
        "11111000010001000100010000100001000",
        "01110100011000101110100011000101110",
    ),
    "01110100011000101111000010001001100",
)
SIZE, BATCH = 20, 100


def draw(count: int, seed: int, noise: float, hot: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [count, 1, SIZE, SIZE] and the digits in them."""
    random = torch.Generator().manual_seed(seed)
    glyphs = torch.tensor([[float(dot) for dot in digit] for digit in FONT]).reshape(-1, 1, 7, 5)
    digits = torch.randint(0, 10, (count,), generator=random)
    scale = 0.5 + 0.4 * torch.rand(count, 2, generator=random)
    shift = 0.5 * (torch.rand(count, 2, generator=random) - 0.5)
    turn = 0.5 * (torch.rand(count, generator=random) - 0.5)
    cosine, sine = turn.cos(), turn.sin()
    rows = [torch.stack([cosine, -sine, shift[:, 0]], 1) / scale[:, :1], torch.stack([sine, cosine, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack([rows[0], rows[1] / scale[:, 1:]], 1), [count, 1, SIZE, SIZE], align_corners=False)
    images = F.grid_sample(glyphs[digits], grid, align_corners=False)
    contrast = 0.3 + 1.7 * torch.rand(count, 1, 1, 1, generator=random)
    images = images * contrast + noise * torch.randn(images.shape, generator=random)
    is_hot = torch.rand(count, generator=random) < 0.1
    pixel = torch.randint(0, SIZE * SIZE, (count,), generator=random)
    images.flatten(1)[is_hot, pixel[is_hot]] = hot
    return images, digits


class Narrow(nn.Sequential):
    """Depthwise and pointwise convolutions in turn."""

    def __init__(self, width: int = 12, blocks: int = 4) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(1, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        for index in range(blocks):
            stride = 2 if index == 1 else 1
            depthwise = nn.Conv2d(width, width, 3, stride=stride, padding=1, groups=width, bias=False)
            layers += [depthwise, nn.BatchNorm2d(width), nn.ReLU()]
            layers += [nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


def batches(images: torch.Tensor, digits: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for order in torch.randperm(len(images)).split(BATCH):
        yield images[order], digits[order]


def train(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], epochs: int, rate: float) -> None:
    optimizer = torch.optim.Adam(model.parameters(), rate)
    steps = epochs * (len(data[0]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for _ in range(epochs):
        for images, digits in batches(*data):
            optimizer.zero_grad()
            F.cross_entropy(model(images), digits).backward()
            optimizer.step()
            schedule.step()


def trained_in_integers(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], epochs: int) -> nn.Module:
    """The model after more epochs in which every rounding of the integer program is simulated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchao.quantization.pt2e import allow_exported_model_train_eval, move_exported_model_to_eval
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_qat_pt2e
        from torchao.testing.pt2e._xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config

        quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True, is_qat=True))
        program = torch.export.export(model.train(), (data[0][:BATCH],)).module()
        prepared = allow_exported_model_train_eval(prepare_qat_pt2e(program, quantizer))
        train(prepared, data, epochs, 1e-3)
        move_exported_model_to_eval(prepared)
        return convert_pt2e(prepared)


def accuracy(module: mtc.Module, images: torch.Tensor, digits: torch.Tensor) -> float:
    """Of the compiled program, in percent."""
    with tempfile.TemporaryDirectory() as folder:
        mtc.package(module, Path(folder, "digits.mtp"))
        with mtc.Session(Path(folder, "digits.mtp")) as session:
            found = [session.run(part.numpy())[0].argmax(1) for part in images.split(BATCH)]
    return 100 * float((np.concatenate(found) == digits.numpy()).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=6_000, help="to learn from")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--qat-epochs", type=int, default=4)
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--hot", type=float, default=400, help="a hot pixel; digits are of 0.3 to 2")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    data = draw(chosen.images // BATCH * BATCH, 0, chosen.noise, chosen.hot)
    unseen = draw(max(chosen.images // 2 // BATCH, 1) * BATCH, 1, chosen.noise, chosen.hot)
    example = (data[0][:BATCH],)

    model = Narrow()
    train(model, data, chosen.epochs, 1e-2)
    floats = mtc.optimize(mtc.export(model.eval(), example))
    calibration = [(part.numpy(),) for part in data[0][: 10 * BATCH].split(BATCH)]
    compiled = {"float": floats}
    for name, options in {"PTQ, min-max": {}, "PTQ, percentile": {"observer": "percentile"}}.items():
        compiled[name] = mtc.quantize(floats, scheme="int8", calibration=calibration, **options)
    compiled["QAT"] = mtc.optimize(mtc.export(trained_in_integers(model, data, chosen.qat_epochs), example))
    for name, module in compiled.items():
        right = accuracy(module, *unseen)
        print(f"{name:16} {right:6.2f} % right, {module.constant_bytes:8,} bytes of constants", flush=True)


if __name__ == "__main__":
    main()
