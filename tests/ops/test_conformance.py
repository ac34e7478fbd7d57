"""Every case of every op, on each library that has a kernel for it, against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cases import CASES
from cases.case import Case
from conformance_rows import ROWS, offers

import mtc
from mtc import interp, ops
from mtc.delegates.registry import LIBRARIES, backends
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Module
from mtc.ir.types import DType
from mtc.ir.verifier import verify
from mtc.lower import lower
from mtc.ops import OPS

# Of which torch has no function: test_quantized.py, test_dynamic_products.py.
OF_INTEGERS = (ops.quantize, ops.dequantize, ops.requantize, ops.integer_linear)


RUNS = [
    pytest.param(case, dtype, executor, id=f"{case}-{dtype}-{executor}")
    for case, dtype in ROWS
    for executor in ("reference", *sorted(LIBRARIES))
    if executor == "reference" or offers(executor, case.op, dtype)
]


def on_library(name: str, module: Module, inputs: list[np.ndarray], folder: Path) -> list[list[np.ndarray]]:
    """The outputs on the best instruction set of this processor and, where kernels have several versions, on each other
    one. None if the library's rule does not take the row's attributes."""
    path = folder / "case.mtp"
    lowered = mtc.package(module, path, backend=name)
    if name != "portable" and not any(p.library.name == name for p in lowered.placements.values()):
        return []
    is_hot = any(
        p.library.supports[node.op].is_hot_for(tuple(node.op.bind_types(node.input_types, node.attrs).values()))
        for node, p in lowered.placements.items()
    )
    results = []
    for cpu in ("best", "avx2", "base") if is_hot else ("best",):
        with mtc.Session(path, threads=2, cpu=cpu) as session:
            first = session.run(*inputs)
            again = session.run(*inputs)
        for a, b in zip(first, again, strict=True):
            assert a.tobytes() == b.tobytes()  # a run leaves nothing behind
        results.append(first)
    return results


@pytest.mark.parametrize(("case", "dtype", "executor"), RUNS)
def test_op_agrees_with_torch(case: Case, dtype: DType, executor: str, tmp_path: Path) -> None:
    module = case.module(dtype)
    verify(module)
    arrays = case.inputs(dtype)
    inputs = [array for array in arrays if array is not None]
    if executor == "reference":
        case.assert_close(interp.run(module, inputs), dtype)
        return
    results = on_library(executor, module, inputs, tmp_path)
    if case.weights:  # libraries pack weights that are constants, or take no others
        others = [array for i, array in enumerate(arrays) if array is not None and i not in case.weights]
        results += on_library(executor, case.module(dtype, case.weights), others, tmp_path)
    if not results:
        pytest.skip(f"{executor} does not take these attributes")
    for outputs in results:
        case.assert_close(outputs, dtype)


@pytest.mark.parametrize("name", sorted(set(LIBRARIES) - {"portable"}))
def test_libraries_run_what_they_offer(name: str) -> None:
    """For every kernel of a library there is a row that its rule takes: none can lose its tests unseen; for those of
    quantized operands in the files of these. The portable library has no rules; where it lacks a kernel, lowering
    fails."""
    library = LIBRARIES[name]
    left = {key for key in library.kernel_keys(form="") if OPS[KernelKey.parse(key).op] not in OF_INTEGERS}
    for case, dtype in ROWS:
        if offers(name, case.op, dtype):
            placements = lower(case.module(dtype, case.weights), backends(name)).placements
            left -= {library.key(node) for node, placement in placements.items() if placement.library is library}
    assert left == set()


def test_every_op_has_a_case() -> None:
    assert set(OPS) - {case.op.name for case in CASES} == {op.name for op in OF_INTEGERS}
