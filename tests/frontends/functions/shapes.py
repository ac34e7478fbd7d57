"""Operators that reduce, order, move, choose and make elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from functions.inputs import I, J, X

FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "reductions": lambda: (
        lambda x: [
            x.sum(),
            x.mean((0, -1)),
            x.std(1),
            x.max(1),
            x.argmax(),
            x.any(),
            x.prod(0),
            x.norm(dim=1),
            x.var((0, 1)),
            x.amin(),
        ],
        X,
    ),
    "order": lambda: (lambda x: [x.topk(2), x.sort(1, descending=True), x.argsort(), x.cumsum(1)], X),
    "shapes": lambda: (
        lambda x: [
            x.flatten(),
            x.movedim(0, 1),
            x.mT,
            x.unsqueeze(1),
            x.repeat(2, 1, 2),
            x.repeat_interleave(2, 1),
            torch.stack([x, x], -1),
            x.expand(3, 2, 4, 6),
            x.roll(1, 0),
            x.flip(0),
            x.roll(2),
            x.fliplr(),
            x.flipud(),
            x.permute(2, 0, 1).T,
        ],
        X,
    ),
    "parts": lambda: (
        lambda x: [
            x[:, 1:-1],
            x[..., -1],
            x.chunk(2, 1),
            x.split([1, 3], 1),
            x.unbind(0),
            x[:, ::2],
            x.narrow(1, 1, 2),
            x.diagonal(),
            x.diagonal(1, 1, 2),
            x.diagonal(-2, 2, 1),
            x.unfold(1, 2, 1),
            x[0, :, None],
            x.as_strided((2, 3), (1, 2)),
            x[1].as_strided((2, 2, 3), (1, 1, 5)),
            x[1].as_strided((2, 3), (6, 1), 30),
            x.as_strided((), (), 4),
        ],
        X,
    ),
    "index": lambda: (
        lambda x, i, j: [
            x[:, i],
            x[:, i, j],
            x[..., j],
            x[0][i, j],
            x[0, i[:, None]],
            x.index_select(1, i),
            x.gather(1, i.expand(2, 6, 3).mT),
            x.index_add(1, i, x[:, i]),
        ],
        X,
        I,
        J,
    ),
    "bags": lambda: (
        lambda i, begins, w: (
            [
                F.embedding_bag(i, w, begins, mode=mode, padding_idx=padding, include_last_offset=is_last)
                for mode in ("sum", "mean", "max")
                for padding in (None, 3)
                for is_last in (False, True)
            ]
            + [F.embedding_bag(i[None, :8].view(2, 4), w, mode=mode, padding_idx=2) for mode in ("sum", "mean", "max")]
            + [F.embedding_bag(i, w, begins, mode="sum", per_sample_weights=w[i, 0])]
        ),
        torch.tensor([1, 3, 3, 0, 2, 3, 1, 1, 0, 3]),
        torch.tensor([0, 1, 3, 3, 7, 10]),
        torch.randn(4, 5),
    ),
    "indexed axes apart": lambda: (lambda x, i: x[i, :, i], X.expand(4, 2, 4, 6)[:, 0], I),
    "triangles": lambda: (
        lambda x: [x.tril(), x.triu(1), torch.ones(3, 3).tril() + x[0, :3, :3], F.one_hot(x.abs().long(), 5)],
        X,
    ),
    "creation": lambda: (
        lambda x: [
            torch.arange(3) + x[0, 0, :3],
            x.new_zeros(2),
            torch.linspace(0, 1, 6) * x,
            torch.full_like(x, 3),
            torch.eye(6) @ x.mT,
            torch.arange(5.0),
            torch.arange(0, 1, 0.3),
            torch.arange(4, -1, -2),
            torch.arange(0.5, 6) * x,
            torch.arange(5, -1, -1.0) * x,
        ],
        X,
    ),
}
