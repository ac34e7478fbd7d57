"""The sign of zero, which no comparison of numbers sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from cases.case import array, case
from test_conformance import on_library

from mtc.delegates.registry import LIBRARIES
from mtc.ir.types import F32
from mtc.ops import OPS

# A tail that fills no vector, and more than one vector.
NUMBERS = [0.0, -0.0, 0.3, -0.3, 1.5, -1.5] * 7


@pytest.mark.parametrize("library", sorted(LIBRARIES))
@pytest.mark.parametrize("name", ["abs", "ceil", "floor", "neg", "round", "trunc"])
def test_zeros_have_the_sign_that_torch_gives_them(name: str, library: str, tmp_path: Path) -> None:
    row = case(OPS[name], getattr(torch, name), x=array(NUMBERS))
    inputs = [x for x in row.inputs(F32) if x is not None]
    (wanted,) = row.torch_outputs(F32)
    for (got,) in on_library(library, row.module(F32), inputs, tmp_path):
        np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))
