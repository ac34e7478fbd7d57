"""What the functions are called with."""

from __future__ import annotations

import torch

X = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(1))
IMAGE = torch.randn(1, 4, 6, 8, generator=torch.Generator().manual_seed(2))
VIDEO = torch.randn(1, 2, 4, 6, 6, generator=torch.Generator().manual_seed(3))
I = torch.tensor([0, 3, 1])  # noqa: E741
J = torch.tensor([1, -1, 2])
