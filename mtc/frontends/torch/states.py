"""A model's own tensors, which a call may write to, and which are put back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch


@contextmanager
def kept(model: torch.nn.Module, changed: Collection[str]) -> Iterator[None]:
    """Leaves with all buffers and parameters as they were: those that were replaced by other tensors, and the elements
    of those whose names are in `changed`."""
    replaceable = [module for module in model.modules() if not isinstance(module, torch.jit.ScriptModule)]
    own = [held for module in replaceable for held in (module._buffers, module._parameters)]
    places = [(held, dict(held)) for held in own]
    named = dict(model.named_buffers(remove_duplicate=False)) | dict(model.named_parameters(remove_duplicate=False))
    elements = [(tensor, tensor.detach().clone()) for name, tensor in named.items() if name in changed]
    try:
        yield
    finally:
        for held, before in places:
            held.update(before)  # type: ignore[arg-type]
        with torch.no_grad():
            for tensor, old in elements:
                tensor.copy_(old)
