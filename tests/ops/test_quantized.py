"""Every op that takes quantized elements, on each library that has a kernel for them: the reference against torch on
the real numbers that the elements stand for, the portable kernels against the reference bit by bit, the libraries'
within one unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from platform import machine

import numpy as np
import pytest
import torch.nn.functional as F
from cases.case import case, randn
from cases.layers import conv
from quantized_rows import Quantized, Row, rows

import mtc
from mtc import interp, ops
from mtc.delegates.registry import LIBRARIES, backends
from mtc.ir.kernel_key import KernelKey
from mtc.ir.quantized import dequantize, quantize
from mtc.ir.types import QI8
from mtc.lower import lower

ROWS = rows()
IDS = [str(row) for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_reference_is_torch_in_steps(row: Row) -> None:
    """Each result is the integer nearest to torch's, but for what f32 makes of a tie."""
    made = Quantized(row)
    (got, *_) = interp.run(made.module, made.inputs)
    want = made.torch[0]
    wanted = dequantize(quantize(want, row.dtypes[0], made.qparams), made.qparams)
    finite = np.isfinite(want)
    scale = float(made.qparams.scale[0])
    allowed = scale * (1.0 if has_bias(row) else 0.5) * 1.01 + 1e-5 * np.abs(want[finite])
    near = np.abs(got[finite] - want[finite]) <= allowed
    assert (near | (got[finite] == wanted[finite])).all()


def has_bias(row: Row) -> bool:
    """The bias is rounded to the scale of the product, and a clamp to the result's."""
    return "clamp" in row.case.attrs or len(row.dtypes) > 1


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_portable_kernels_equal_the_reference(row: Row, tmp_path: Path) -> None:
    made = Quantized(row)
    want = interp.run(made.module, made.inputs)
    for got in on_library("portable", made, tmp_path):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


@dataclass(frozen=True)
class OnLibrary:
    """A row on a library that has the kernel."""

    library: str
    row: Row

    def __str__(self) -> str:
        return f"{self.row}-{self.library}"


OTHERS = [
    OnLibrary(name, row)
    for row in ROWS
    for name, library in sorted(LIBRARIES.items())
    if name != "portable"
    and (support := library.support_of(row.case.op, row.case.op.signature_for(row.dtypes))) is not None
    and support.takes(row.dtypes)
]


@pytest.mark.parametrize("run", OTHERS, ids=str)
def test_libraries_are_within_one_unit(run: OnLibrary, tmp_path: Path) -> None:
    made = Quantized(run.row)
    want = interp.run(made.module, made.inputs)
    results = [*on_library(run.library, made, tmp_path)]
    if not results:
        pytest.skip(f"{run.library} does not take these attributes")
    for got in results:
        for a, b in zip(got, want, strict=True):
            assert np.abs(a - b).max(initial=0) <= float(made.qparams.scale[0]) * 1.001


@pytest.mark.parametrize("name", sorted(set(LIBRARIES) - {"portable"}))
def test_libraries_run_what_they_offer(name: str) -> None:
    """For every kernel of a library there is a row that its rule takes."""
    library = LIBRARIES[name]
    left = set(library.kernel_keys(form="quantized"))
    for run in OTHERS:
        key = str(KernelKey(run.row.case.op.name, name, tuple(map(str, run.row.dtypes)), run.row.case.op.version))
        if run.library == name and any(str(KernelKey.parse(one).of_any_variant) == key for one in left):
            placements = lower(Quantized(run.row).module, backends(name)).placements
            left -= {library.key(node) for node, placement in placements.items() if placement.library is library}
    assert left == set()


def on_library(name: str, made: Quantized, folder: Path) -> Iterator[Sequence[np.ndarray]]:
    """The outputs on the best instruction set of this processor and, where kernels have several versions, on each other
    one. None if the library's rule does not take the row's attributes."""
    path = folder / "case.mtp"
    placements = mtc.package(made.module, path, backend=name).placements
    if not any(placement.library.name == name for placement in placements.values()):
        return
    supports = [placement.library.support(node) for node, placement in placements.items()]
    is_hot = any(support.is_hot for support in supports if support is not None)
    for cpu in ("best", "avx2", "base") if is_hot else ("best",):
        with mtc.Session(path, threads=2, cpu=cpu) as session:
            first = session.run(*made.inputs)
            again = session.run(*made.inputs)
        for a, b in zip(first, again, strict=True):
            assert a.tobytes() == b.tobytes()
        yield first


@pytest.mark.skipif(machine() != "x86_64", reason="mtc's own kernel is for x86")
@pytest.mark.parametrize("shape", [(1, 16, 5, 0), (1, 16, 0, 5)], ids=str)
def test_depthwise_image_may_be_all_padding(shape: tuple[int, ...], tmp_path: Path) -> None:
    """On the levels that have mtc's own kernel."""
    row = case(ops.conv2d, conv(F.conv2d), x=randn(*shape), weight=randn(16, 1, 5, 5), groups=16, padding=(4, 4, 4, 4))
    made = Quantized(Row(row, (QI8, QI8), "affine", "per-channel"))
    (want,) = interp.run(made.module, made.inputs)
    path = tmp_path / "case.mtp"
    mtc.package(made.module, path, backend="xnnpack")
    for cpu in ("best", "avx2"):
        with mtc.Session(path, threads=2, cpu=cpu) as session:
            np.testing.assert_array_equal(session.run(*made.inputs)[0], want)
