"""`int8-dynamic`: which products round their operand as it comes, and what that loses."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc import ops


class Images(nn.Module):
    """Convolutions of few channels, of many, one by one, and along time."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.wide = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 24, 3, padding=1)
        self.depthwise, self.point = nn.Conv2d(24, 24, 3, padding=1, groups=24), nn.Conv2d(24, 32, 1)
        self.along, self.head = nn.Conv1d(32, 24, 3, padding=1), nn.Linear(24, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.wide(torch.relu(self.stem(x))))
        y = torch.relu(self.point(self.depthwise(y)))
        return self.head(self.along(y.mean(3)).mean(2))


@pytest.mark.parametrize(
    ("backend", "rounded"),
    [
        ("xnnpack", {"wide": 16, "point": 24, "along": 32}),
        ("qnnpack,xnnpack", {"wide": 16, "point": 24, "along": 32}),
        ("qnnpack", {}),
        ("portable", {}),
    ],
)
def test_convolutions_are_rounded_where_that_is_faster(backend: str, rounded: dict[str, int], tmp_path: Path) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 24, 24)
    model = Images().eval()
    floats = mtc.optimize(mtc.export(model, (x,)), backend=backend)
    module = mtc.quantize(floats, "int8-dynamic")
    found = [node for node in module.nodes() if node.op in (ops.conv1d, ops.conv2d) and node.attrs["dynamic"]]
    assert sorted(node.operand(1).type.shape[1] for node in found) == sorted(rounded.values())
    assert [node.attrs["dynamic"] for node in module.nodes() if node.op is ops.linear] == [True]
    assert sqnr(model, module, [(x,)], tmp_path) > 30
