"""Decoder steps with their caches: what is written into a buffer is state, however the model holds the buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import mtc
from mtc import interp, ops


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


LENGTH, HEADS, GROUPS, SIZE = 8, 4, 2, 6


def write_at(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    cache[:, :, positions] = new


def write_copy(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    cache.index_copy_(2, positions, new)


def write_put(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    torch.ops.aten.index_put_(cache, [None, None, positions], new)


def write_slice(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    first = positions[0].item()
    torch._check(first >= 0)
    torch._check(first + new.shape[2] <= cache.shape[2])
    cache[:, :, first : first + new.shape[2]] = new


def write_narrow(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    first = positions[0].item()
    torch._check(first >= 0)
    torch._check(first + new.shape[2] <= cache.shape[2])
    cache.narrow(2, first, new.shape[2]).copy_(new)


def write_scattered(cache: torch.Tensor, new: torch.Tensor, positions: torch.Tensor) -> None:
    first = positions[0].item()
    torch._check(first >= 0)
    torch._check(first + new.shape[2] <= cache.shape[2])
    cache.copy_(torch.slice_scatter(cache, new, 2, first, first + new.shape[2]))


def rotate_halves(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    angles = torch.cat((angles, angles), -1)
    first, second = x.chunk(2, -1)
    return x * angles.cos() + torch.cat((-second, first), -1) * angles.sin()


def rotate_complex(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def rotate_pairs(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    cos, sin = angles.cos(), angles.sin()
    first, second = x[..., ::2], x[..., 1::2]
    return torch.stack((first * cos - second * sin, first * sin + second * cos), -1).flatten(-2)


def attend_grouped(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(query, key, value, mask, enable_gqa=True)


def attend_repeated(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    key, value = (x.repeat_interleave(HEADS // GROUPS, 1) for x in (key, value))
    return F.scaled_dot_product_attention(query, key, value, mask)


def attend_expanded(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    shape = (1, GROUPS, HEADS // GROUPS, LENGTH, SIZE)
    key, value = (x[:, :, None].expand(shape).reshape(1, HEADS, LENGTH, SIZE) for x in (key, value))
    scores = query @ key.mT / SIZE**0.5 + torch.where(mask, 0.0, -torch.inf)
    return scores.softmax(-1) @ value


class Step(nn.Module):
    def __init__(self, write: Any, rotate: Any, attend: Any) -> None:
        super().__init__()
        self.write, self.rotate, self.attend = write, rotate, attend
        self.project = nn.Linear(5, (HEADS + 2 * GROUPS) * SIZE)
        self.register_buffer("frequencies", torch.rand(SIZE // 2))
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, GROUPS, LENGTH, SIZE))

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        heads = self.project(x).unflatten(-1, (-1, SIZE)).transpose(1, 2)
        query, key, value = heads.split((HEADS, GROUPS, GROUPS), 1)
        angles = positions[:, None] * self.frequencies
        self.write(self.keys, self.rotate(key, angles), positions)
        self.write(self.values, value, positions)
        mask = torch.arange(LENGTH) <= positions[:, None]
        return self.attend(self.rotate(query, angles), self.keys, self.values, mask)


WRITES = (write_at, write_copy, write_put, write_slice, write_narrow, write_scattered)
ROTATIONS = (rotate_halves, rotate_complex, rotate_pairs)
ATTENTIONS = (attend_grouped, attend_repeated, attend_expanded)
VARIANTS = [
    *((write, rotate_halves, attend_grouped) for write in WRITES),
    *((write_at, rotate, attend_grouped) for rotate in ROTATIONS[1:]),
    *((write_at, rotate_halves, attend) for attend in ATTENTIONS[1:]),
]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: ", ".join(part.__name__ for part in variant))
def test_a_decoder_becomes_the_operators_that_it_means(exported: Any, variant: tuple[Any, ...], count: int) -> None:
    """However its cache is written, its rotary embedding and its groups of heads are spelled."""
    inputs = (torch.randn(1, count, 5), torch.arange(count))
    model = Step(*variant)
    module = exported(model, inputs)
    optimized = mtc.optimize(module)
    used = list(optimized.nodes())
    names = [node.op.name for node in used]
    assert [names.count(name) for name in ("index_copy", "rotary_embedding", "state_update")] == [2, 2, 2]
    (attention,) = (node for node in used if node.op is ops.scaled_dot_product_attention)
    assert attention.attrs["enable_gqa"] and attention.inputs[1].type.shape == (1, GROUPS, LENGTH, SIZE)
    assert not {"expand", "index_put", "scatter", "neg"} & set(names)
    states = interp.initial_states(optimized)
    for first in (0, 3, 5):
        x, positions = torch.randn(1, count, 5), torch.arange(first, first + count)
        (got,) = interp.run(optimized, [x.numpy(), positions.numpy()], states=states)
        with torch.no_grad():
            np.testing.assert_allclose(got, model(x, positions).numpy(), atol=1e-5)
