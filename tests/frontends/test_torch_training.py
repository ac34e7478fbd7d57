"""Which modules `mtc.export` warns of for their training mode."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from torch import nn

import mtc


class Through(nn.Module):
    """Calls another, which keeps the mode that it had."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class Doubling(Through):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _of_mode(self, self.inner(x))


class First(Through):
    """The first result of another that has several."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)[0]


def _of_mode(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return x * 2 if module.training else x


def _frozen() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout()).eval()


@pytest.mark.parametrize(
    "model",
    [
        Through(_frozen()),
        nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
        Through(nn.BatchNorm1d(3)),
        Doubling(_frozen()),
        Through(Doubling(_frozen())).eval(),
        torch.fx.symbolic_trace(Through(_frozen())),
        nn.Dropout(0.0),
        nn.BatchNorm1d(3, track_running_stats=False),
        nn.InstanceNorm1d(4),
        nn.InstanceNorm1d(4, track_running_stats=True),
        First(nn.LSTM(3, 5)),
        nn.TransformerEncoderLayer(3, 1, 4, dropout=0.0),
    ],
    ids=[
        *("wrapper", "linear", "batch norm", "own", "own, eval", "recorded"),
        *("no dropout", "batch norm without statistics", "instance norm", "instance norm with statistics"),
        *("lstm", "transformer"),
    ],
)
def test_training_mode_warns_where_it_changes_results(model: nn.Module) -> None:
    """By torch: what the module gives in either mode."""
    x = torch.randn(4, 3)
    with torch.no_grad():
        changes = not torch.allclose(copy.deepcopy(model)(x), copy.deepcopy(model).eval()(x), atol=1e-6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mtc.export(model, (x,))
        mtc.export(torch.export.export(model, (x,)), (x,))  # it has been traced: nothing asks any more
    assert ["training mode" in str(warning.message) for warning in caught].count(True) == changes
    assert "training" not in vars(nn.Module)
