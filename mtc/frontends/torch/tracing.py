"""How torch.export is called: with which arguments, and with operators as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from mtc.frontends.generators import seeded


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
    """How a forward is traced and run: without nn.MultiheadAttention's fused inference path, which is opaque and sets
    masked positions to zero, and with the same random numbers every time: what the trace keeps of them is constant."""
    mha = torch.backends.mha
    before = mha.get_fastpath_enabled()
    mha.set_fastpath_enabled(False)
    try:
        with seeded():
            yield
    finally:
        mha.set_fastpath_enabled(before)
