"""What the tests of the torch frontend share: an export that is compared with the source model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils import _pytree as pytree

import mtc
from mtc import interp
from mtc.ir.module import Module


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def assert_agrees(module: Module, got: Sequence[np.ndarray], want: Sequence[Any], tolerance: float = 1e-5) -> None:
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        expected = b.resolve_neg().numpy() if isinstance(b, torch.Tensor) else np.asarray(b)
        assert (a.dtype, a.shape) == (expected.dtype, expected.shape)
        tolerance = max(tolerance, 1e-3) if a.dtype == np.float16 else tolerance
        wide = expected.astype(np.float64)
        scale = max(1.0, float(np.abs(wide[np.isfinite(wide)]).max(initial=0)))
        np.testing.assert_allclose(a.astype(np.float64), wide, rtol=tolerance, atol=tolerance * scale)


@pytest.fixture
def exported() -> Callable[..., Module]:
    """Exports a model and compares the IR, as imported and as optimized, with its own sample and with the model on
    `others` (tuples of inputs)."""

    def run(model: Any, inputs: Any, others: Sequence[tuple[Any, ...]] = (), **options: Any) -> Module:
        if not isinstance(model, torch.nn.Module):
            model = Call(model)
        if not options.pop("is_training", False):
            model = model.eval()
        module = mtc.export(model, inputs, **options)
        (sample,) = module.samples["forward"]
        cases = [([constant.array() for constant in sample.inputs], [constant.array() for constant in sample.outputs])]
        for arguments in others:
            with torch.no_grad():
                wanted = pytree.tree_leaves(model(*arguments))
            cases.append(([tensor.numpy() for tensor in pytree.tree_leaves(arguments)], wanted))
        for version in (module, mtc.optimize(module, backend="xnnpack")):
            for given, wanted in cases:
                assert_agrees(version, interp.run(version, given), wanted)
        return module

    return run


class Call(torch.nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*tensors)
