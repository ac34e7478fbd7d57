"""Operators on two tensors of integers give the same on processors of every instruction-set level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mtc

OPERATORS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "prelu": lambda x, y: torch.prelu(x - y, torch.tensor([0.37])),  # of both signs
}


class Between(nn.Module):
    """The operator between convolutions, which make integers of its operands."""

    def __init__(self, operator: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.operator = operator
        self.x, self.y, self.after = nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.after(self.operator(self.x(x), self.y(y)))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", OPERATORS)
def test_every_pair_of_integers_gives_the_same(name: str, seed: int, tmp_path: Path) -> None:
    torch.manual_seed(seed)
    steps = torch.linspace(-2 - seed, 3, 256)
    x = steps.reshape(1, 1, 256, 1).expand(1, 1, 256, 256).contiguous()
    y = (steps * (seed + 1) / 3).reshape(1, 1, 1, 256).expand(1, 1, 256, 256).contiguous()
    model = mtc.optimize(mtc.export(Between(OPERATORS[name]).eval(), (x, y)), backend="xnnpack")
    path = tmp_path / "pairs.mtp"
    mtc.package(mtc.quantize(model, "int8", [(x, y)] * 2), path)
    results = []
    for cpu in ("base", "avx2", "best"):
        with mtc.Session(path, cpu=cpu) as session:
            assert f"{name}@xnnpack:qi8/1" in session.kernels()
            results += session.run(x.numpy(), y.numpy())
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
