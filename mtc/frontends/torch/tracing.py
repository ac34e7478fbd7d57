"""How torch.export is called: with which arguments, and with operators as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules import transformer

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
    masked positions to zero; without nn.Transformer's look at the values of a mask, which tracing cannot take (a mask
    holds, causal or not); and with the same random numbers every time: what the trace keeps of them is constant."""
    mha = torch.backends.mha
    before, detect = mha.get_fastpath_enabled(), transformer._detect_is_causal_mask
    mha.set_fastpath_enabled(False)
    transformer._detect_is_causal_mask = _is_said_to_be_causal
    try:
        with seeded():
            yield
    finally:
        mha.set_fastpath_enabled(before)
        transformer._detect_is_causal_mask = detect


def _is_said_to_be_causal(mask: torch.Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:
    return is_causal is True


@contextmanager
def whole_under_autograd(targets: Iterable[Any]) -> Iterator[None]:
    """torch takes some operators (`hardshrink`) apart where gradients may be recorded, whatever it is told to keep."""
    key = torch._C.DispatchKey.Autograd
    operators = [target for target in targets if isinstance(target, torch._ops.OpOverload)]
    kernels = {target: target.py_kernels[key] for target in operators if key in target.py_kernels}
    for target in kernels:
        del target.py_kernels[key]
        target._dispatch_cache.clear()
    try:
        yield
    finally:
        for target, kernel in kernels.items():
            target.py_kernels[key] = kernel
            target._dispatch_cache.clear()
