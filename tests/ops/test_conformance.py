"""Every case of every op, on each library that has a kernel for it, against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cases import CASES
from cases.case import Case, each_dtype

import mtc
from mtc import interp
from mtc.delegates.registry import LIBRARIES
from mtc.ir.module import Module
from mtc.ir.types import DType
from mtc.ir.verifier import verify
from mtc.ops import OPS

ROWS = list(each_dtype(CASES))


def on_reference(module: Module, inputs: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    return interp.run(module, inputs)


def on_library(name: str, module: Module, inputs: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    path = folder / "case.mtp"
    lowered = mtc.package(module, path, backend=name)
    if name != "portable" and not any(p.library.name == name for p in lowered.placements.values()):
        pytest.skip(f"{name} has no kernel for it")
    with mtc.Session(path, threads=2) as session:
        first = session.run(*inputs)
        again = session.run(*inputs)
    for a, b in zip(first, again, strict=True):
        assert a.tobytes() == b.tobytes()  # a run leaves nothing behind
    return first


@pytest.mark.parametrize("executor", ["reference", *sorted(LIBRARIES)])
@pytest.mark.parametrize(("case", "dtype"), ROWS, ids=[f"{case}-{dtype}" for case, dtype in ROWS])
def test_op_agrees_with_torch(case: Case, dtype: DType, executor: str, tmp_path: Path) -> None:
    module = case.module(dtype)
    verify(module)
    inputs = [array for array in case.inputs(dtype) if array is not None]
    if executor == "reference":
        outputs = on_reference(module, inputs, tmp_path)
    else:
        outputs = on_library(executor, module, inputs, tmp_path)
    case.assert_close(outputs, dtype)


def test_every_op_has_a_case() -> None:
    assert set(OPS) - {case.op.name for case in CASES} == set()
