"""Programs that no emitter writes: kernels refuse them, or compute what they say."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
import torch

import mtc
from mtc.diagnostics import MtcError
from mtc.program import header
from mtc.program.schema_generated import ProgramT


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def package(layers: list[torch.nn.Module], inputs: list[np.ndarray], path: Path, backend: str) -> Path:
    class Layers(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList(layers)

        def forward(self, *xs: torch.Tensor) -> list[torch.Tensor]:
            return [layer(x) for layer, x in zip(self.layers, xs, strict=True)]

    module = mtc.export(Layers().eval(), tuple(map(torch.from_numpy, inputs)))
    mtc.package(mtc.optimize(module, backend=backend), path)
    return path


def change(path: Path, change_tables: Callable[[ProgramT], None]) -> None:
    """Adds changed tables to the program in place of its own."""
    content = path.read_bytes()
    offset, size, *_ = header.unpack(content)
    tables = ProgramT.InitFromPackedBuf(content[offset : offset + size], 0)
    change_tables(tables)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(tables.Pack(builder), b"MTP1")
    packed = bytes(builder.Output())
    at = -(-len(content) // 64) * 64
    total = -(-(at + len(packed)) // 64) * 64
    rest = (content[header.SIZE :].ljust(at - header.SIZE, b"\0") + packed).ljust(total - header.SIZE, b"\0")
    path.write_bytes(header.pack(at, len(packed), total, zlib.crc32(rest)) + rest)


def move_constants(tables: ProgramT) -> None:
    """Lets every constant lie where the largest does."""
    largest = max(tables.constants, key=lambda constant: np.prod(constant.dims))
    for constant in tables.constants:
        constant.segment, constant.offset = largest.segment, largest.offset


@pytest.mark.parametrize(
    "backend, narrow, wide, inputs",
    [
        (
            "portable",
            torch.nn.Conv1d(8, 32, 1, bias=False),
            torch.nn.Conv1d(32, 128, 1, groups=4, bias=False),
            [random(1, 8, 5), random(1, 32, 5)],
        ),
        (
            "xnnpack",
            torch.nn.Conv2d(16, 16, 3, groups=16, bias=False),
            torch.nn.Conv2d(32, 32, 5, groups=32, bias=False),
            [random(1, 16, 12, 12), random(1, 32, 12, 12)],
        ),
        (
            "xnnpack",
            torch.nn.ConvTranspose2d(16, 8, 2, stride=2, bias=False),
            torch.nn.ConvTranspose2d(8, 16, 4, stride=2, bias=False),
            [random(1, 16, 6, 6), random(1, 8, 6, 6)],
        ),
    ],
    ids=["groups", "depthwise", "transposed"],
)
def test_constants_that_share_an_address_are_packed_apart(tmp_path, backend, narrow, wide, inputs):
    """Or else the wide layer, which is prepared last, would read beyond the narrow one's weights."""
    path = package([narrow, wide], inputs, tmp_path / "both.mtp", backend)
    change(path, move_constants)
    with mtc.Session(path) as session:
        outputs = session.run(*inputs)
    np.testing.assert_allclose(outputs[1], wide(torch.from_numpy(inputs[1])).detach().numpy(), atol=1e-4)


def test_a_clamp_that_is_no_interval_is_refused(tmp_path):
    def turn_clamp(tables: ProgramT) -> None:
        (clamp,) = (a for i in tables.functions[0].instructions for a in i.attrs if a.floats is not None)
        clamp.floats = [1.0, -1.0]

    inputs = [random(1, 16, 4, 4)]
    path = package([torch.nn.Conv2d(16, 16, 1)], inputs, tmp_path / "m.mtp", "xnnpack")
    change(path, turn_clamp)
    with mtc.Session(path) as session, pytest.raises(MtcError, match="clamp is not an interval"):
        session.run(*inputs)


def test_a_transposed_convolution_smaller_than_its_stride_is_right(tmp_path):
    """Its padding leaves a result of one row at a stride of four."""

    def cut_off(tables: ProgramT) -> None:
        (layer,) = (i for i in tables.functions[0].instructions if tables.kernels[i.kernel].startswith(b"conv_tr"))
        padding = next(a for a in layer.attrs if a.ints is not None and list(a.ints) == [2, 2, 1, 1])
        padding.ints = [6, 6, 1, 1]
        for value in tables.functions[0].values:
            value.dims = [1 if dim == 9 else dim for dim in value.dims]

    inputs = [random(1, 16, 3, 8)]
    layer = torch.nn.ConvTranspose2d(16, 3, 5, stride=(4, 1), padding=(2, 1))
    path = package([layer], inputs, tmp_path / "m.mtp", "xnnpack")
    change(path, cut_off)
    layer.padding = (6, 1)
    with mtc.Session(path) as session, torch.no_grad():
        np.testing.assert_allclose(session.run(*inputs)[0], layer(torch.from_numpy(inputs[0])), atol=1e-5)
