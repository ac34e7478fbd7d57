"""A Llama-shaped decoder in plain torch, whose keys and values of earlier tokens are buffers: what `train_byte_lm.py`
trains and `bench_decoder.py` measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    vocabulary: int = 256
    features: int = 192
    hidden: int = 512
    layers: int = 4
    heads: int = 6
    groups: int = 2  # heads of keys and values
    context: int = 256  # tokens that the cache holds

    @property
    def head(self) -> int:
        return self.features // self.heads


class Attention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        inner = config.groups * config.head
        self.query, self.out = (nn.Linear(config.features, config.features, bias=False) for _ in range(2))
        self.key, self.value = (nn.Linear(config.features, inner, bias=False) for _ in range(2))
        # Heads in front of positions, as attention reads them: in another order each step would move the whole cache.
        shape = (1, config.groups, config.context, config.head)
        self.register_buffer("keys", torch.zeros(shape), persistent=False)
        self.register_buffer("values", torch.zeros(shape), persistent=False)

    def forward(
        self, x: torch.Tensor, angles: tuple[torch.Tensor, ...], positions: torch.Tensor | None, mask: Any
    ) -> torch.Tensor:
        """Without `positions` a batch of whole sequences, with them the tokens of one that come next."""
        config = self.config
        query, key, value = (
            of(x).unflatten(-1, (count, config.head)).transpose(1, 2)
            for of, count in ((self.query, config.heads), (self.key, config.groups), (self.value, config.groups))
        )
        query, key = rotated(query, *angles), rotated(key, *angles)
        if positions is not None:
            self.keys[:, :, positions] = key
            self.values[:, :, positions] = value
            key, value = self.keys, self.values
        y = F.scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None, enable_gqa=True)
        return self.out(y.transpose(1, 2).flatten(2))


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Block(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.gate, self.up = (nn.Linear(config.features, config.hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(config.hidden, config.features, bias=False)
        self.norms = nn.ModuleList(nn.RMSNorm(config.features, eps=1e-5) for _ in range(2))

    def forward(self, x: torch.Tensor, *rest: Any) -> torch.Tensor:
        x = x + self.attention(self.norms[0](x), *rest)
        y = self.norms[1](x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Decoder(nn.Module):
    """Logits of the next token. The output shares its weights with the embedding."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.features)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.features, eps=1e-5)
        frequencies = 10000.0 ** (-torch.arange(0, config.head, 2) / config.head)
        angles = torch.outer(torch.arange(config.context).float(), frequencies).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """One step: `tokens` [1, n] of one sequence, which stand at `positions` [n]."""
        mask = torch.arange(self.config.context) <= positions[:, None]
        return self.logits(tokens, (self.cos[positions], self.sin[positions]), positions, mask)

    def whole(self, tokens: torch.Tensor) -> torch.Tensor:
        """All of a batch of sequences [batch, n] at once, without a cache: for training."""
        count = tokens.shape[1]
        return self.logits(tokens, (self.cos[:count], self.sin[:count]), None, None)

    def logits(self, tokens: torch.Tensor, *rest: Any) -> torch.Tensor:
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, *rest)
        return F.linear(self.norm(x), self.embedding.weight)


def step_inputs(count: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Example inputs of `forward`."""
    return torch.zeros(1, count, dtype=torch.int64), torch.arange(count)
