"""Quantized values, against torch's quantizers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtc import interp
from mtc.ir.parser import parse
from mtc.ir.quantized import dequantize, quantize
from mtc.ir.types import QI4, QI8, QU8, DType, QParams
from mtc.ir.verifier import verify
from mtc.ops import OPS

REALS = np.random.default_rng(0).normal(0, 3, (4, 6)).astype(np.float32)
REALS[0, :3] = (1000, -1000, 0.25)  # saturates, saturates, half of a step


@pytest.mark.parametrize(
    ("dtype", "low", "high", "zero_point"), [(QI8, -128, 127, 3), (QU8, 0, 255, 100), (QI4, -8, 7, -1)]
)
def test_one_scale(dtype: DType, low: int, high: int, zero_point: int) -> None:
    qparams = QParams((0.5,), (zero_point,))
    got = dequantize(quantize(REALS, dtype, qparams), qparams)
    want = torch.fake_quantize_per_tensor_affine(torch.from_numpy(REALS), 0.5, zero_point, low, high)
    assert np.array_equal(got, want.numpy())


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_scale_for_each_channel(axis: int) -> None:
    scale = tuple(0.25 * (1 + i) for i in range(REALS.shape[axis]))
    zero_point = tuple(range(REALS.shape[axis]))
    qparams = QParams(scale, zero_point, axis)
    got = dequantize(quantize(REALS, QI8, qparams), qparams)
    want = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(REALS), torch.tensor(scale), torch.tensor(zero_point, dtype=torch.int32), axis % 2, -128, 127
    )
    assert np.array_equal(got, want.numpy())


@pytest.mark.parametrize("axis", [0, 1])
def test_a_scale_for_each_block(axis: int) -> None:
    """The last block is shorter."""
    rows, size, block = REALS.shape[1 - axis], REALS.shape[axis], 4
    count = rows * -(-size // block)
    qparams = QParams(tuple(0.25 * (1 + i) for i in range(count)), tuple(range(count)), axis, block)
    got = dequantize(quantize(REALS, QI8, qparams), qparams)
    want = np.empty_like(REALS)
    for row in range(rows):
        for start in range(0, size, block):
            index = row * -(-size // block) + start // block
            part = (row, slice(start, start + block)) if axis == 1 else (slice(start, start + block), row)
            reals = torch.from_numpy(REALS[part].copy())
            scale, zero_point = qparams.scale[index], qparams.zero_point[index]
            want[part] = torch.fake_quantize_per_tensor_affine(reals, scale, zero_point, -128, 127)
    assert np.array_equal(got, want)


@pytest.mark.parametrize(
    ("op", "given", "want"),
    [
        ("relu(%x) : qi8(scale=[0.5], zero_point=[10])[3]", [0, 10, 12], [10, 10, 12]),
        ("add(%x, %x) : qi8(scale=[1.0], zero_point=[0])[3]", [10, 11, 15], [0, 1, 5]),
        ("pad(%x) {padding=[1,1]} : qi8(scale=[0.5], zero_point=[10])[5]", [1, 2, 3], [10, 1, 2, 3, 10]),
        ("reshape(%x) {shape=[1,3]} : qi8(scale=[0.5], zero_point=[10])[1,3]", [1, 2, 3], [[1, 2, 3]]),
    ],
    ids=["relu", "add", "pad", "reshape"],
)
def test_operators_compute_what_quantized_values_stand_for(op: str, given: list[int], want: list[int]) -> None:
    module = parse(f"func @forward(%x: qi8(scale=[0.5], zero_point=[10])[3]) {{ %0 = {op} return %0 }}", OPS)
    verify(module)
    (got,) = interp.run(module, [np.array(given, np.int8)])
    assert got.dtype == np.int8
    assert got.tolist() == want
