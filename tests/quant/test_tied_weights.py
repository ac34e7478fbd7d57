"""Weights that an embedding and a linear layer share are stored once, quantized or not."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import mtc
from mtc.ops import CONSTANT
from mtc.quant.schemes import scheme
from mtc.quant.stored import StoredWeights


class Tied(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(50, 64)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return F.linear(self.embedding(tokens), self.embedding.weight)


@pytest.mark.parametrize("name", ["weight-int4", "weight-int8", "fp16"])
def test_tied_weights_stay_one(name: str) -> None:
    module = mtc.optimize(mtc.export(Tied(), (torch.tensor([[3, 1]]),)))
    assert StoredWeights(scheme(name)).insert(module, lambda node: True) == 2
    held = {id(node.attrs["value"]) for node in module.nodes() if node.op is CONSTANT and node.output.users}
    assert len(held) == 1
