"""Runs a source model in torch itself: what a program is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree

from mtc.diagnostics import BAD_INPUT, BAD_SOURCE
from mtc.frontends.source import Source, guarded, no_model
from mtc.frontends.torch.states import kept
from mtc.frontends.torch.tensors import to_numpy
from mtc.frontends.torch.tracing import arguments, as_written
from mtc.support.plural import counted


class Eager:
    """A model that takes and gives flat lists of arrays, in the order that a program of it has."""

    def __init__(self, source: Source) -> None:
        program = source.model
        self.neighbours = source.neighbours
        example = None if source.example_inputs is None else arguments(source.example_inputs)
        if isinstance(program, torch.export.ExportedProgram):
            example = example or program.example_inputs
            self.model: Any = program.module()
        elif isinstance(program, torch.nn.Module):
            self.model = program
        else:
            raise no_model(program)
        if example is None:
            raise BAD_SOURCE.error("the source has no example inputs to run it with", help="define `example_inputs`")
        self.leaves, self.tree = pytree.tree_flatten(example)

    def example(self) -> list[np.ndarray]:
        """The source's own example inputs."""
        return [to_numpy(leaf) for leaf in self.leaves if isinstance(leaf, torch.Tensor)]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for other inputs of the example's structure. BAD_INPUT if their number does not fit.

        Buffers that the call changes are put back: every call is a first one, as of a program whose state is reset.
        """
        count = sum(isinstance(leaf, torch.Tensor) for leaf in self.leaves)
        if len(arrays) != count:
            raise BAD_INPUT.error(f"the source model takes {counted(count, 'input')}, not {len(arrays)}")
        given = iter(arrays)
        leaves = [_tensor(next(given), leaf) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = pytree.tree_unflatten(leaves, self.tree)
        buffers = [name for name, _ in self.model.named_buffers(remove_duplicate=False)]
        with self.neighbours, kept(self.model, buffers), torch.no_grad(), as_written():
            results = guarded(lambda: self.model(*args, **kwargs), f"{type(self.model).__name__}.forward")
            return [to_numpy(leaf) for leaf in pytree.tree_leaves(results) if isinstance(leaf, torch.Tensor)]


def _tensor(array: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(np.array(array)).to(like.dtype)
