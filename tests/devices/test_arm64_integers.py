"""Integer results on arm64, in qemu, beside those of this machine from the same program: of portable kernels equal bit
for bit, of libraries within one unit. Libraries run on a processor with all that qemu knows, dot products and half
precision among it, and on one without these."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from emulation import missing
from joined_functions import joined
from quantized_rows import Quantized, Row, rows
from small_networks import NETWORKS, Images, inputs_of, quantized
from torch import nn

import mtc
from mtc.build import runtime
from mtc.build.targets import TARGETS
from mtc.delegates.registry import LIBRARIES, backends
from mtc.devices import open_device
from mtc.lower import lower

# Portable kernels have one version for arm64, whatever the processor.
PROCESSORS = defaultdict(lambda: ("max", "cortex-a53"), portable=("max",))
SCHEMES = ("int8", "uint8")

pytestmark = pytest.mark.skipif(bool(reason := missing("qemu:arm64")), reason=reason)


@pytest.fixture(scope="session")
def arm64(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runtime with every kernel of integers, what makes these of floats and back, and what the networks need."""
    keys = {key for library in LIBRARIES.values() for key in library.kernel_keys("quantized")}
    keys.update(key for key in LIBRARIES["portable"].kernel_keys("") if "quantize@" in key)
    for network, scheme, library in product(NETWORKS, SCHEMES, LIBRARIES):
        keys.update(lower(quantized(network, scheme), backends(library)).keys)
    return runtime.build(keys, TARGETS["linux-arm64"], tmp_path_factory.mktemp("arm64") / "runtime").folder


def by_library_and_op() -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in rows():
        signature = row.case.op.signature_for(row.dtypes)
        for name, library in LIBRARIES.items():
            support = library.support_of(row.case.op, signature)
            if support is not None and support.takes(row.dtypes):
                found[name, row.case.op.name].append(row)
    return found


ROWS = by_library_and_op()


@pytest.mark.parametrize(("library", "op"), ROWS, ids=lambda name: name)
def test_each_op_has_the_results_of_this_machine(library: str, op: str, arm64: Path, tmp_path: Path) -> None:
    chosen = ROWS[library, op]
    parts = [Quantized(row) for row in chosen]
    path = tmp_path / "rows.mtp"
    mtc.package(joined([part.function for part in parts]), path, backend=library)
    inputs = [array for part in parts for array in part.inputs]
    outputs = [(row, part, value) for row, part in zip(chosen, parts, strict=True) for value in part.steps]
    with mtc.Session(path, threads=2) as session:
        here = session.run(*inputs)
    for cpu in PROCESSORS[library]:
        with open_device(f"qemu:arm64:{cpu}") as device:
            there = device.run(path, arm64, inputs, threads=2).outputs
        for (row, part, value), want, got in zip(outputs, here, there, strict=True):
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            if library == "portable" or not value.type.dtype.is_quantized:
                np.testing.assert_array_equal(got, want, err_msg=f"{row} on {cpu}")
            else:
                units = np.abs(got - want) / part.qparams.scale[0]
                assert units.max(initial=0) <= 1.001, f"{row} on {cpu}"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_networks_have_the_results_of_this_machine(
    network: type[nn.Module], scheme: str, library: str, arm64: Path, tmp_path: Path
) -> None:
    model, x, path = quantized(network, scheme), inputs_of(network), tmp_path / "network.mtp"
    mtc.package(model, path, backend=library)
    with mtc.Session(path, threads=2) as session:
        (want,) = session.run(x)
    for cpu in PROCESSORS[library]:
        with open_device(f"qemu:arm64:{cpu}") as device:
            (got,) = device.run(path, arm64, [x], threads=2).outputs
        # Sums of the last layer, norms, attention and recurrent layers are floats, whose last bits depend on the
        # processor. A unit is what 8 bits of the result's range are.
        is_exact = library == "portable" and network is Images
        assert np.abs(got - want).max() <= np.ptp(want) * (1e-6 if is_exact else 1.001 / 255), cpu
