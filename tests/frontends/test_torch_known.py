"""What follows from parameters alone torch computes at import, whatever operators it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim
from torch.nn.utils.parametrizations import orthogonal

import mtc

BATCH = ({0: Dim("batch")},)


class Held(nn.Module):
    """A function of the input, a square parameter and a mask."""

    weight: torch.Tensor
    mask: torch.Tensor

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(3, 3))
        self.register_buffer("mask", torch.tensor([True, False, True]))

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(x, self.weight, self.mask)


def written(x: torch.Tensor, w: torch.Tensor, m: torch.Tensor) -> list[torch.Tensor]:
    changed, filled = m.clone(), x.clone()
    changed[0] = False
    filled[:, ~m] = x[:, 2:]
    return [x[:, changed], filled]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "linear algebra": lambda x, w, m: [
        *(x @ torch.inverse(w), x * torch.linalg.det(w), x @ torch.linalg.svd(w)[0].abs()),
        *(x @ torch.linalg.qr(w)[0], torch.linalg.slogdet(w)[1] * x.shape[0], torch.linalg.matrix_exp(w)),
    ],
    "complex numbers": lambda x, w, m: [
        (torch.linalg.eigvals(w).sum() * x).real,
        torch.complex(w, w.mT).inverse().imag @ x.mT,
    ],
    "masks": lambda x, w, m: [x[:, m], x[:, ~m] * 2, (x[:, None] * w)[:, w > 0], w[m].sum(0) * x],
    "masks that are written": written,
    "counts": lambda x, w, m: [x[:, m.nonzero().squeeze(1)], x.repeat_interleave(torch.tensor([1, 0, 2]), 1)],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_constants_are_computed(name: str, exported: Any) -> None:
    exported(Held(FUNCTIONS[name]), (torch.randn(2, 3),), [(torch.randn(5, 3),)], dynamic_shapes=BATCH)


@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
def test_a_parametrization_is_its_value(how: str, exported: Any) -> None:
    module = mtc.optimize(exported(orthogonal(nn.Linear(4, 4), orthogonal_map=how), (torch.randn(2, 4),)))
    assert {node.op.name for node in module.nodes()} == {"constant", "linear", "return"}


class Changing(Held):
    def forward(self, x: torch.Tensor) -> Any:
        self.mask.logical_not_()
        return x[:, self.mask]


def test_what_changes_is_not_known(exported: Any) -> None:
    for model, operator in ((Held(lambda x, w, m: torch.inverse(x)), "linalg_inv"), (Changing(None), "index.Tensor")):  # type: ignore[arg-type]
        with pytest.raises(mtc.MtcError, match=operator):
            exported(model, (torch.randn(3, 3),))


def test_a_constant_that_torch_lost_and_nobody_reads_is_none(exported: Any) -> None:
    exported(lambda x: torch.vmap(lambda row: F.softmax(row, -1), in_dims=1, out_dims=1)(x), (torch.randn(3, 4),))
