"""Decoder steps with their caches: what is written into a buffer is state, however the model holds the buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from mtc import interp


class Cache:
    """Not a module: it holds tensors that the model registers, too."""

    def __init__(self) -> None:
        self.keys = torch.zeros(1, 6, 4)

    def update(self, new: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        self.keys.index_copy_(1, positions, new)
        return self.keys


class HoldsCache(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cache = Cache()
        self.register_buffer("key_cache", self.cache.keys, persistent=False)

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        return self.cache.update(x, positions).sum(1)


def test_a_buffer_that_is_written_through_another_object_is_state(exported: Any) -> None:
    inputs = (torch.randn(1, 2, 4), torch.tensor([0, 1]))
    model = HoldsCache()
    module = exported(model, inputs)
    assert set(module.states) == {"key_cache"} and model.key_cache.abs().max() == 0
    states = interp.initial_states(module)
    for step in range(3):
        x, positions = torch.randn(1, 2, 4), torch.arange(2 * step, 2 * step + 2)
        (got,) = interp.run(module, [x.numpy(), positions.numpy()], states=states)
        np.testing.assert_allclose(got, model(x, positions).numpy(), atol=1e-6)
