"""Every case of every op, on each library that has a kernel for it, on other processors in qemu, against torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from cases.case import Case
from conformance_rows import ROWS, offers
from emulation import DEVICES, missing
from joined_functions import joined

import mtc
from mtc.build.runtime import cached_runtime
from mtc.build.third_party import KERNEL_LIBRARIES, libraries_for
from mtc.delegates.registry import LIBRARIES, kernel_keys
from mtc.devices import Device, open_device
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Function
from mtc.ir.types import DType

pytestmark = pytest.mark.all_targets


class Part(NamedTuple):
    """A case in one dtype, and its operands that are not constants."""

    case: Case
    dtype: DType
    function: Function
    inputs: list[np.ndarray]

    @staticmethod
    def of(case: Case, dtype: DType, constants: frozenset[int]) -> Part:
        arrays = [x for i, x in enumerate(case.inputs(dtype)) if x is not None and i not in constants]
        return Part(case, dtype, case.module(dtype, constants).functions["forward"], arrays)

    def problem(self, outputs: list[np.ndarray]) -> str:
        """How the outputs differ from torch's by more than the op's accuracy; empty if they do not."""
        try:
            self.case.assert_close(outputs, self.dtype)
        except AssertionError as error:
            return f"{self.case}-{self.dtype}: {error}"
        return ""


def by_library_and_op() -> dict[tuple[str, str], list[tuple[Case, DType]]]:
    found = defaultdict(list)
    for case, dtype in ROWS:
        for library in LIBRARIES:
            if offers(library, case.op, dtype):
                found[library, case.op.name].append((case, dtype))
    return found


CHOSEN = by_library_and_op()


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[Path, list[Part]]]:
    """The program of a library's cases of an op, which serves every device, and what its parts are."""

    @cache
    def package(library: str, op: str) -> tuple[Path, list[Part]]:
        parts = [Part.of(case, dtype, frozenset()) for case, dtype in CHOSEN[library, op]]
        # Libraries pack weights that are constants, or take no others.
        parts += [Part.of(case, dtype, case.weights) for case, dtype in CHOSEN[library, op] if case.weights]
        path = tmp_path_factory.mktemp("programs") / f"{library}-{op}.mtp"
        mtc.package(joined([part.function for part in parts]), path, backend=library)
        return path, parts

    return package


@pytest.fixture(scope="module", params=DEVICES)
def device(request: pytest.FixtureRequest) -> Iterator[Device]:
    if reason := missing(request.param):
        pytest.skip(reason)
    with open_device(request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def runtime(device: Device) -> Path:
    """All kernels that the device's target can have."""
    missing_there = KERNEL_LIBRARIES.keys() - libraries_for(device.target)
    keys = [key for key in kernel_keys() if KernelKey.parse(key).library not in missing_there]
    return cached_runtime(keys, device.target)


@pytest.mark.parametrize(("library", "op"), CHOSEN, ids=lambda name: name)
def test_op_agrees_with_torch(library: str, op: str, device: Device, runtime: Path, packaged: Callable) -> None:
    if library in KERNEL_LIBRARIES.keys() - libraries_for(device.target):
        pytest.skip(f"{library} is not built for {device.target}")
    path, parts = packaged(library, op)
    inputs = [array for part in parts for array in part.inputs]
    outputs = iter(device.run(path, runtime, inputs, threads=2).outputs)
    said = [part.problem([next(outputs) for _ in part.function.outputs]) for part in parts]
    assert not any(said), "\n".join(filter(None, said))
    assert next(outputs, None) is None
