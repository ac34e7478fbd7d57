"""Weights that torchao's `quantize_` has stored in fewer bits come in as they are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import mtc
from mtc.ir.types import QI4, QI8, DType

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torchao = pytest.importorskip("torchao.quantization")
    from torchao.quantization.granularity import PerAxis, PerGroup

INT4 = {"weight_dtype": torch.int4, "granularity": PerGroup(32)}
INT8 = {"weight_dtype": torch.int8, "granularity": PerAxis(0)}


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, 64)
        self.first, self.second = nn.Linear(64, 96), nn.Linear(96, 64, bias=False)
        self.last = nn.Linear(64, 32)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.second(F.gelu(self.first(self.table(words))))))


def rows(config: Any, **options: Any) -> Any:
    """The config of dynamic layers names its weights' granularity in its own way."""
    return config(weight_dtype=options["weight_dtype"], weight_granularity=options["granularity"])


def is_table(module: nn.Module, name: str) -> bool:
    return isinstance(module, nn.Embedding)


CONFIGS = {
    "int8": (lambda: torchao.Int8WeightOnlyConfig(), QI8),
    "intx-int8": (lambda: torchao.IntxWeightOnlyConfig(**INT8), QI8),
    "intx-int4": (lambda: torchao.IntxWeightOnlyConfig(**INT4), QI4),
    "dynamic-int8": (lambda: torchao.Int8DynamicActivationInt8WeightConfig(), QI8),
    "dynamic-intx-int8": (lambda: rows(torchao.Int8DynamicActivationIntxWeightConfig, **INT8), QI8),
    "dynamic-intx-int4": (lambda: rows(torchao.Int8DynamicActivationIntxWeightConfig, **INT4), QI4),
}


@pytest.mark.parametrize("config", CONFIGS)
def test_weights_are_stored_as_torchao_has_them(config: str, tmp_path: Path) -> None:
    make, dtype = CONFIGS[config]
    model, words = Words().eval(), torch.randint(0, 50, (2, 5))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torchao.quantize_(model, make())
        if config.startswith("intx"):
            torchao.quantize_(model, make(), filter_fn=is_table)
        want = model(words).numpy()
        optimized = mtc.optimize(mtc.export(torch.export.export(model, (words,))))
    layers = [node for node in optimized.nodes() if node.op.name == "linear"]
    read = [(node.inputs[1].type.dtype, node.inputs[1].constant is not None) for node in layers]
    assert read == [(dtype, True)] * 3
    assert all(layer.attrs["dynamic"] is config.startswith("dynamic-intx") for layer in layers)
    tables = {node.inputs[0].type.dtype for node in optimized.nodes() if node.op.name == "embedding"}
    assert tables == {dtype if config.startswith("intx") else DType.F32}
    mtc.package(optimized, tmp_path / "model.mtp")
    with mtc.Session(tmp_path / "model.mtp") as session:
        (got,) = session.run(words.numpy())
    noise = np.square(got - want).sum() / np.square(want).sum()
    assert noise <= (1e-5 if "dynamic" in config else 1e-10), (
        noise
    )  # where rows are rounded, 50 dB: a step here or there
