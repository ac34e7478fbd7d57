"""Recurrent layers: one layer in one direction; layers and directions are joined by other ops.

x is [time, batch, features], or [batch, time, features] with `batch_first`; `hidden` and `cell` are [batch, hidden];
`weight_ih` is [gates * hidden, features], `weight_hh` [gates * hidden, hidden], biases [gates * hidden]. With `reverse`
the last time comes first; results stand at the times of their operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import BF16, F16, F32, FLOATS, QI8, Accuracy, Tensor, TensorType, Variant, op, require
from mtc.ops.math import logistic


def _stored(signature: str) -> Variant:
    """Weights of hidden states in fewer bits, which each time reads. Those of inputs are read once for all times."""
    return Variant(signature, form="stored", F=(F32,), W=(QI8, F16, BF16))


def _layer_shapes(gates: int, states: int) -> Callable[..., list[Shape]]:
    def infer(x: TensorType, *others: TensorType | None, batch_first: bool, **_: Any) -> list[Shape]:
        given = others[:states]
        weight_ih, weight_hh, *biases = others[states:]
        assert weight_ih is not None and weight_hh is not None
        require(x.rank == 3 and weight_ih.rank == 2 == weight_hh.rank, "x is [time, batch, features], weights matrices")
        time, batch = (x.shape[1], x.shape[0]) if batch_first else x.shape[:2]
        hidden = weight_hh.shape[1]
        require(weight_hh.shape[0] == hidden * gates, f"weight_hh is [{gates} * hidden, hidden]")
        require(weight_ih.shape == (hidden * gates, x.shape[2]), f"weight_ih is [{gates} * hidden, features]")
        for bias in biases:
            require(bias is None or bias.shape == weight_hh.shape[:1], f"a bias is [{gates} * hidden]")
        for state in given:
            fits = state is None or (state.rank == 2 and state.shape[1] == hidden)
            require(fits, "states are [batch, hidden]")
        sequence = (batch, time, hidden) if batch_first else (time, batch, hidden)
        return [sequence, *[(batch, hidden)] * states]

    return infer


def recurrent_flops(x: TensorType, *others: TensorType | None, **_: Any) -> Dim:
    weights = [other for other in others if other is not None and other.rank == 2][-2:]
    return x.shape[0] * x.shape[1] * sum((weight.count for weight in weights), 0) * 2


def _steps(x: Tensor, reverse: bool) -> Iterator[tuple[int, Tensor]]:
    times = range(len(x))
    return ((t, x[t]) for t in (reversed(times) if reverse else times))


@op(
    types="T, T, T, T, T, T -> T, T, T",
    T=FLOATS,
    infer=_layer_shapes(4, 2),
    flops=recurrent_flops,
    accuracy=Accuracy.REDUCTION,
    variants=(_stored("F, F, F, F, W, F -> F, F, F"),),
)
def lstm(
    x: Tensor,
    hidden: Tensor,
    cell: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    *,
    reverse: bool = False,
    batch_first: bool = False,
):
    """Long short-term memory: the hidden states of all times, the last one, and the last cell state.

    With gates `i, f, g, o = split(x @ weight_ih.T + hidden @ weight_hh.T + bias)`: `cell = sigmoid(f) * cell +
    sigmoid(i) * tanh(g)`, `hidden = sigmoid(o) * tanh(cell)`.
    """
    x = np.swapaxes(x, 0, 1) if batch_first else x
    out = np.empty((*x.shape[:2], hidden.shape[1]), x.dtype)
    for time, now in _steps(x, reverse):
        gates = now @ weight_ih.T + hidden @ weight_hh.T + (0 if bias is None else bias)
        i, f, g, o = np.split(gates, 4, axis=-1)
        cell = logistic(f) * cell + logistic(i) * np.tanh(g)
        hidden = logistic(o) * np.tanh(cell)
        out[time] = hidden
    return [np.swapaxes(out, 0, 1) if batch_first else out, hidden, cell]


@op(
    types="T, T, T, T, T, T -> T, T",
    T=FLOATS,
    infer=_layer_shapes(3, 1),
    flops=recurrent_flops,
    accuracy=Accuracy.REDUCTION,
    variants=(_stored("F, F, F, W, F, F -> F, F"),),
)
def gru(
    x: Tensor,
    hidden: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
    *,
    reverse: bool = False,
    batch_first: bool = False,
):
    """Gated recurrent unit: the hidden states of all times, and the last one.

    With `r, z, n = split(x @ weight_ih.T + bias_ih)` and `hr, hz, hn = split(hidden @ weight_hh.T + bias_hh)`:
    `z = sigmoid(z + hz)`, `hidden = (1 - z) * tanh(n + sigmoid(r + hr) * hn) + z * hidden`.
    """
    x = np.swapaxes(x, 0, 1) if batch_first else x
    out = np.empty((*x.shape[:2], hidden.shape[1]), x.dtype)
    for time, now in _steps(x, reverse):
        r, z, n = np.split(now @ weight_ih.T + (0 if bias_ih is None else bias_ih), 3, axis=-1)
        hr, hz, hn = np.split(hidden @ weight_hh.T + (0 if bias_hh is None else bias_hh), 3, axis=-1)
        update = logistic(z + hz)
        hidden = (1 - update) * np.tanh(n + logistic(r + hr) * hn) + update * hidden
        out[time] = hidden
    return [np.swapaxes(out, 0, 1) if batch_first else out, hidden]


class Nonlinearity(Enum):
    """What a plain recurrent layer applies."""

    TANH = "tanh"
    RELU = "relu"


@op(
    types="T, T, T, T, T -> T, T",
    T=FLOATS,
    infer=_layer_shapes(1, 1),
    flops=recurrent_flops,
    accuracy=Accuracy.REDUCTION,
    variants=(_stored("F, F, F, W, F -> F, F"),),
)
def rnn(
    x: Tensor,
    hidden: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    *,
    nonlinearity: Nonlinearity = Nonlinearity.TANH,
    reverse: bool = False,
    batch_first: bool = False,
):
    """`hidden = tanh(x @ weight_ih.T + hidden @ weight_hh.T + bias)`, or with relu: the hidden states of all times, and
    the last one."""
    x = np.swapaxes(x, 0, 1) if batch_first else x
    out = np.empty((*x.shape[:2], hidden.shape[1]), x.dtype)
    for time, now in _steps(x, reverse):
        total = now @ weight_ih.T + hidden @ weight_hh.T + (0 if bias is None else bias)
        hidden = np.tanh(total) if nonlinearity is Nonlinearity.TANH else np.maximum(total, 0)
        out[time] = hidden
    return [np.swapaxes(out, 0, 1) if batch_first else out, hidden]
