"""What Python reads from a program's file is what the runtime says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from test_session import MODULE
from torch import nn

import mtc
from mtc.diagnostics import BAD_INPUT, MtcError
from mtc.ir.parser import parse
from mtc.ops import OPS
from mtc.session.program_file import ProgramFile


class Network(nn.Module):
    """Inputs of several kinds, one of any size; half of the outputs are integers."""

    def forward(self, x: torch.Tensor, names: torch.Tensor, half: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return torch.relu(x).sum(1), names + 1, half * 2


def exported() -> mtc.Module:
    arrays = (torch.randn(3, 4), torch.arange(3), torch.ones(2, dtype=torch.bfloat16))
    rows = {0: torch.export.Dim("n", min=1, max=9)}
    return mtc.export(Network(), arrays, dynamic_shapes=(rows, None, None), metadata={"author": "me"})


@pytest.mark.parametrize("kind", ["text", "exported"])
def test_it_agrees_with_the_session(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.mtp"
    mtc.package(parse(MODULE, OPS) if kind == "text" else exported(), path, backend="portable")
    file = ProgramFile(path)
    with mtc.Session(path) as session:
        assert file.functions == session.functions
        assert file.kernels == session.kernels()
        for key in ("author", "none"):
            assert file.metadata(key) == session.metadata(key)
        for function in session.functions:
            assert file.inputs(function) == session.inputs(function)
            assert file.outputs(function) == session.outputs(function)
            found, known = file.samples(function), session.samples(function)
            assert (found is None) == (known is None) == (kind == "text")
            for a, b in zip([y for x in found or () for y in x], [y for x in known or () for y in x], strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)
    with pytest.raises(MtcError) as error:
        file.inputs("backward")
    assert error.value.code is BAD_INPUT
