"""Writes to parts of tensors, and in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from functions.inputs import X


def set_slice(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 1:3] = 0
    y[0, ..., ::2] += 1
    y[y > 1] = 5
    return y


def set_diagonals(x: torch.Tensor) -> list[torch.Tensor]:
    y, z = x.clone(), torch.zeros(5, 4)
    y.diagonal(1, 1, 2).mul_(3)
    y.diagonal(-2, 2, 1).zero_()
    z.diagonal(-1).copy_(x[0, 0, :4])
    return [y, z, torch.diagonal_scatter(x, x[:, :, 0], 0, 1, 2)]


FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "writes": lambda: (set_slice, X),
    "written diagonals": lambda: (set_diagonals, X),
    "in place": lambda: (lambda x: [(x * 2).add_(1).relu_(), x.clone().mul_(x).clamp_(0, 1)], X),
    "in place below a view": lambda: (lambda x: (lambda y: (y.view(-1).add_(1), y))(x * 2)[1], X),
}
