"""The NumPy reference of every op agrees with torch, in every dtype."""

from __future__ import annotations

import pytest
from cases import CASES
from cases.case import Case, each_dtype

from mtc import interp
from mtc.ir.types import DType
from mtc.ir.verifier import verify
from mtc.ops import OPS

ROWS = list(each_dtype(CASES))


@pytest.mark.parametrize(("case", "dtype"), ROWS, ids=[f"{case}-{dtype}" for case, dtype in ROWS])
def test_reference_agrees_with_torch(case: Case, dtype: DType) -> None:
    module = case.module(dtype)
    verify(module)
    inputs = [array for array in case.inputs(dtype) if array is not None]
    case.assert_close(interp.run(module, inputs), dtype)


def test_every_op_has_a_case() -> None:
    assert set(OPS) - {case.op.name for case in CASES} == set()
