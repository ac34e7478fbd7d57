"""Networks that are small enough for an emulator, and have what larger ones are made of."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mtc
from mtc.ir.module import Module


class Images(nn.Module):
    """Convolutions as in mobile networks: dense, depthwise and pointwise, with a residual sum, a gate and pooling."""

    shape = (4, 3, 20, 20)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.expand, self.depthwise = nn.Conv2d(16, 24, 1), nn.Conv2d(24, 24, 5, padding=2, groups=24)
        self.squeeze, self.excite = nn.Conv2d(24, 8, 1), nn.Conv2d(8, 24, 1)
        self.project, self.grouped = nn.Conv2d(24, 16, 1), nn.Conv2d(32, 20, 3, groups=2)
        self.head = nn.Linear(20, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.hardswish(self.stem(x))
        y = F.relu6(self.depthwise(F.relu(self.expand(x))))
        y = y * F.hardsigmoid(self.excite(F.relu(self.squeeze(y.mean((2, 3), keepdim=True)))))
        x = F.max_pool2d(x + self.project(y), 2)
        x = torch.cat([x, F.avg_pool2d(x, 3, 1, 1)], 1)
        return self.head(F.leaky_relu(self.grouped(x), 0.1).mean((2, 3)))


class Words(nn.Module):
    """A block of a transformer, and what reads its results."""

    shape = (2, 9, 32)

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.second = nn.LayerNorm(32), nn.LayerNorm(32)
        self.joint, self.out = nn.Linear(32, 96), nn.Linear(32, 32)
        self.up, self.down = nn.Linear(32, 64), nn.Linear(64, 32)
        self.head = nn.Linear(32, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part.unflatten(-1, (4, 8)).transpose(1, 2) for part in self.joint(self.norm(x)).chunk(3, -1))
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return self.head(x + self.down(F.gelu(self.up(self.second(x)))))


class Sounds(nn.Module):
    """Recurrent layers over frames, and an answer from the last one."""

    shape = (2, 12, 10)

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.head = nn.LSTM(10, 24, 2, batch_first=True), nn.Linear(24, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(x)[0][:, -1])


NETWORKS = (Images, Words, Sounds)


def inputs_of(network: type[nn.Module]) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(network.shape).astype(np.float32)


@cache
def quantized(network: type[nn.Module], scheme: str) -> Module:
    torch.manual_seed(0)
    model = mtc.optimize(mtc.export(network().eval(), (torch.randn(network.shape),)))
    return mtc.quantize(model, scheme, [(torch.randn(network.shape),) for _ in range(4)])
