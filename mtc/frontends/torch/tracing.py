"""How torch.export is called: whole operators where torch would break them up, and sizes that stay free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._decomp import decomposition_table


def arguments(example_inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments of a call: `example_inputs` is a tuple of the former, a mapping of the latter,
    or one tensor."""
    if example_inputs is None:
        return (), {}
    if isinstance(example_inputs, Mapping):
        return (), dict(example_inputs)
    if isinstance(example_inputs, torch.Tensor):
        return (example_inputs,), {}
    return tuple(example_inputs), {}


@contextmanager
def as_written() -> Iterator[None]:
    """Without nn.MultiheadAttention's fused inference path, which is opaque and sets masked positions to zero."""
    mha = torch.backends.mha
    before = mha.get_fastpath_enabled()
    mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        mha.set_fastpath_enabled(before)


@contextmanager
def whole_recurrent_layers() -> Iterator[None]:
    """torch finds the shapes of an LSTM's results by running it step by step, which fixes the number of steps. They
    follow from the operands; here torch is told how."""
    before = {target: (decomposition_table.get(target), dict(target.py_kernels)) for target in _SHAPES}
    for target, shapes in _SHAPES.items():
        decomposition_table[target] = shapes
        target.py_kernels.update(dict.fromkeys(_KEYS, shapes))
        target._dispatch_cache.clear()
    try:
        yield
    finally:
        for target, (known, kernels) in before.items():
            if known is None:
                del decomposition_table[target]
            else:
                decomposition_table[target] = known
            target.py_kernels.clear()
            target.py_kernels.update(kernels)
            target._dispatch_cache.clear()


def _results(x: torch.Tensor, state: torch.Tensor, bidirectional: bool) -> torch.Tensor:
    return x.new_empty((*x.shape[:-1], state.shape[-1] * (2 if bidirectional else 1)))


def _lstm(
    x: torch.Tensor,
    hx: Sequence[torch.Tensor],
    params: Sequence[torch.Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[torch.Tensor, ...]:
    return _results(x, hx[0], bidirectional), torch.empty_like(hx[0]), torch.empty_like(hx[1])


def _rnn(
    x: torch.Tensor,
    hx: torch.Tensor,
    params: Sequence[torch.Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[torch.Tensor, ...]:
    return _results(x, hx, bidirectional), torch.empty_like(hx)


_KEYS = (torch._C.DispatchKey.CompositeImplicitAutograd, torch._C.DispatchKey.Autograd)
_aten = torch.ops.aten
_SHAPES: dict[Any, Any] = {
    _aten.lstm.input: _lstm,
    _aten.gru.input: _rnn,
    _aten.rnn_tanh.input: _rnn,
    _aten.rnn_relu.input: _rnn,
}
