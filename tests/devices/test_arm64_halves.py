"""XNNPACK's kernels of half precision on arm64, in qemu: on a processor that multiplies halves, which XNNPACK's own
operators do, and on one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import CASES
from emulation import missing
from joined_functions import joined

import mtc
from mtc import ops
from mtc.build import runtime
from mtc.build.targets import TARGETS
from mtc.delegates.registry import LIBRARIES, backends
from mtc.devices import open_device
from mtc.ir.opspec import OpSpec
from mtc.ir.types import F16
from mtc.lower import lower

XNNPACK = LIBRARIES["xnnpack"]
OPS = [op for op, support in XNNPACK.supports.items() if F16 in support.dtypes]
ROWS = {op: [case for case in CASES if case.op is op and F16 in case.dtypes] for op in OPS}

pytestmark = pytest.mark.skipif(bool(reason := missing("qemu:arm64")), reason=reason)


@pytest.fixture(scope="session")
def arm64(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runtime with the kernels that the rows need, of both libraries: XNNPACK's rules do not take every row."""
    modules = [case.module(F16, case.weights) for cases in ROWS.values() for case in cases]
    keys = {key for module in modules for key in lower(module, backends("xnnpack")).keys}
    return runtime.build(keys, TARGETS["linux-arm64"], tmp_path_factory.mktemp("arm64") / "runtime").folder


@pytest.mark.parametrize("cpu", ["max", "cortex-a53"])
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_rows_agree_with_torch(op: OpSpec, cpu: str, arm64: Path, tmp_path: Path) -> None:
    cases, path = ROWS[op], tmp_path / "rows.mtp"
    lowered = mtc.package(
        joined([case.module(F16, case.weights).functions["forward"] for case in cases]), path, backend="xnnpack"
    )
    assert any(placement.library is XNNPACK for placement in lowered.placements.values())
    inputs = [x for case in cases for i, x in enumerate(case.inputs(F16)) if x is not None and i not in case.weights]
    with open_device(f"qemu:arm64:{cpu}") as device:
        outputs = device.run(path, arm64, inputs, threads=2).outputs
    assert len(outputs) == len(cases)
    for case, got in zip(cases, outputs, strict=True):
        case.assert_close([got], F16)


def test_convolutions_and_linear_layers_are_among_them() -> None:
    assert {ops.conv2d, ops.linear} <= {*OPS}
