"""Recurrent layers."""

from __future__ import annotations

from typing import Any

import torch

from cases.case import case, randn
from mtc import ops
from mtc.ops.recurrent import Nonlinearity


def layer(kind: str, gates: int) -> Any:
    """One layer in one direction of torch's module."""

    def run(x: torch.Tensor, *rest: Any, reverse: bool = False, batch_first: bool = False, **attrs: Any) -> Any:
        states, (w_ih, w_hh, *biases) = rest[: 2 if kind == "lstm" else 1], rest[2 if kind == "lstm" else 1 :]
        kwargs = {"nonlinearity": attrs["nonlinearity"].value} if attrs else {}
        module = getattr(torch.nn, kind.upper())(x.shape[2], w_hh.shape[1], batch_first=batch_first, **kwargs).to(
            x.dtype
        )
        zeros = torch.zeros(w_hh.shape[0], dtype=x.dtype)
        given = [zeros if bias is None else bias for bias in biases] + [zeros] * (2 - len(biases))
        with torch.no_grad():
            for parameter, value in zip(module.parameters(), (w_ih, w_hh, *given), strict=True):
                parameter.copy_(value)
            time = 1 if batch_first else 0
            hidden = tuple(state[None] for state in states)
            out, last = module(x.flip(time) if reverse else x, hidden if kind == "lstm" else hidden[0])
        lasts = last if isinstance(last, tuple) else (last,)
        return [out.flip(time) if reverse else out, *(state[0] for state in lasts)]

    return run


_RECURRENT = {"x": randn(5, 3, 4), "hidden": randn(3, 6)}

CASES = [
    *(
        case(
            ops.lstm,
            layer("lstm", 4),
            **_RECURRENT,
            cell=randn(3, 6),
            weight_ih=randn(24, 4),
            weight_hh=randn(24, 6),
            bias=randn(24),
            reverse=r,
        )
        for r in (False, True)
    ),
    case(
        ops.lstm,
        layer("lstm", 4),
        x=randn(3, 5, 4),
        hidden=randn(3, 6),
        cell=randn(3, 6),
        weight_ih=randn(24, 4),
        weight_hh=randn(24, 6),
        batch_first=True,
    ),
    *(
        case(
            ops.gru,
            layer("gru", 3),
            **_RECURRENT,
            weight_ih=randn(18, 4),
            weight_hh=randn(18, 6),
            bias_ih=randn(18),
            bias_hh=randn(18),
            reverse=r,
        )
        for r in (False, True)
    ),
    *(
        case(
            ops.rnn,
            layer("rnn", 1),
            **_RECURRENT,
            weight_ih=randn(6, 4),
            weight_hh=randn(6, 6),
            bias=randn(6),
            nonlinearity=n,
        )
        for n in Nonlinearity
    ),
]
