"""Trimmed and split convolutions compute what torch's do, whatever their sizes, and store no more weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mtc import interp, ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant, Encoded
from mtc.ir.dims import Bounds, Dim, dim
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import DType, QParams, TensorType
from mtc.ir.verifier import verify
from mtc.ops.convolution import conv_size
from mtc.ops.define import Layout
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.padded_taps import TRIM_PADDED_TAPS, SplitPaddedTaps

torch = pytest.importorskip("torch")

CONVOLUTIONS = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}
TORCH = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}
TOLERANCE = {DType.F64: 1e-12, DType.F32: 1e-5, DType.F16: 4e-3}  # of the largest sum
SPLIT_WHEREVER_POSSIBLE = SplitPaddedTaps(share=1e-6, least=0, per_output=0)


@dataclass(frozen=True)
class Axis:
    """The sizes of a convolution along one axis."""

    size: int
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int


AXES = st.builds(
    Axis,
    size=st.integers(1, 9),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    before=st.integers(0, 12),
    after=st.integers(0, 12),
    dilation=st.integers(1, 7),
)


@dataclass(frozen=True)
class Case:
    """A convolution of two images with random numbers."""

    axes: tuple[Axis, ...]
    groups: int = 1
    dtype: DType = DType.F32
    layout: Layout = Layout.NCHW
    has_bias: bool = True
    clamp: tuple[float, float] = (-inf, inf)
    has_named_batch: bool = False

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image and weight with channels first, and bias."""
        random = np.random.default_rng(0)
        shapes = (
            (2, 2 * self.groups, *(axis.size for axis in self.axes)),
            (3 * self.groups, 2, *(axis.kernel for axis in self.axes)),
            (3 * self.groups,),
        )
        x, weight, bias = (random.standard_normal(shape).astype(self.dtype.numpy) for shape in shapes)
        return x, weight, bias

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, 1, -1) if self.layout is Layout.NHWC else array

    def module(self) -> Module:
        x, weight, bias = self.arrays()
        shape: tuple[Dim, ...] = self.laid_out(x).shape
        image = Value(TensorType(self.dtype, (dim("n"), *shape[1:]) if self.has_named_batch else shape), name="x")
        function = Function("forward", [image], symbols={"n": Bounds()} if self.has_named_batch else None)
        module = Module(form="lowered")
        module.functions["forward"] = function
        build = Builder(function)
        attrs = {
            "stride": tuple(axis.stride for axis in self.axes),
            "padding": tuple(size for axis in self.axes for size in (axis.before, axis.after)),
            "dilation": tuple(axis.dilation for axis in self.axes),
            "groups": self.groups,
            "clamp": self.clamp,
        }
        if len(self.axes) == 2:
            attrs["layout"] = self.layout
        kernel = build.constant(module.add_constant(Constant.of(self.laid_out(weight), "weight")))
        build.results(
            build.emit(
                CONVOLUTIONS[len(self.axes)], image, kernel, build.constant(bias) if self.has_bias else None, **attrs
            )
        )
        verify(module)
        return module

    def sums(self) -> np.ndarray:
        """The result before the clamp, by torch."""
        x, weight, bias = (torch.from_numpy(array.astype(np.float64)) for array in self.arrays())
        padding = [size for axis in reversed(self.axes) for size in (axis.before, axis.after)]
        result = TORCH[len(self.axes)](
            torch.nn.functional.pad(x, padding),
            weight,
            bias if self.has_bias else None,
            stride=[axis.stride for axis in self.axes],
            dilation=[axis.dilation for axis in self.axes],
            groups=self.groups,
        )
        return self.laid_out(result.numpy())


CASES = st.builds(
    Case,
    axes=st.lists(AXES, min_size=1, max_size=3).map(tuple),
    groups=st.integers(1, 2),
    dtype=st.sampled_from(list(TOLERANCE)),
    has_bias=st.booleans(),
    clamp=st.sampled_from([(-inf, inf), (0.0, 2.0)]),
    has_named_batch=st.booleans(),
)
ATROUS = Axis(size=9, kernel=3, stride=1, before=7, after=7, dilation=7)


def stored(module: Module) -> int:
    """Elements of the kernels."""
    return sum(node.operand(1).type.count for node in module.nodes() if node.op in CONVOLUTIONS.values())


def check(case: Case) -> tuple[int, int]:
    """That both passes keep what `case` computes. Returns how many changes each made."""
    module = case.module()
    before = stored(module)
    changes = TRIM_PADDED_TAPS.run(module), SPLIT_WHEREVER_POSSIBLE.run(module)
    ELIMINATE_DEAD_CODE.run(module)
    verify(module)
    (got,) = interp.run(module, [case.laid_out(case.arrays()[0])])
    sums = case.sums()
    assert got.dtype == case.dtype.numpy
    assert got.shape == sums.shape
    error = np.abs(got - sums.clip(*case.clamp)).max()
    assert error <= TOLERANCE[case.dtype] * max(1, np.abs(sums).max())
    assert stored(module) <= before
    return changes


@settings(max_examples=200, deadline=None)
@given(CASES)
@example(Case((ATROUS, ATROUS), clamp=(0.0, 2.0)))
@example(Case((Axis(1, 5, 2, 4, 4, 1),)))  # every second tap
@example(Case((Axis(8, 2, 1, 2, 0, 8),)))  # a part of the image is not read
@example(Case((Axis(1, 1, 2, 1, 1, 1),)))  # nothing is inside
def test_convolution_stays_what_torch_computes(case: Case) -> None:
    assume(all(conv_size(a.size, a.kernel, a.stride, a.before, a.after, a.dilation) > 0 for a in case.axes))
    check(case)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_image_is_trimmed_and_split_in_both_layouts(layout: Layout, dtype: DType) -> None:
    trimmed, split = check(Case((Axis(5, 5, 1, 12, 12, 6), ATROUS), groups=2, dtype=dtype, layout=layout))
    assert (trimmed, split) == (1, 1)


def test_parts_of_a_weight_that_is_stored_in_fewer_bits_are_stored_so() -> None:
    case = Case((ATROUS, ATROUS))
    module = case.module()
    (conv,) = (node for node in module.nodes() if node.op is ops.conv2d)
    steps = np.random.default_rng(1).integers(-127, 128, (3, 2, 3, 3), np.int8)
    qparams = QParams(np.array([0.1, 0.2, 0.3], np.float32), np.zeros(3, np.int8), axis=0)
    few = Constant("weight", TensorType(DType.QI8, steps.shape, qparams), steps)
    whole = module.add_constant(Constant("decoded", conv.operand(1).type, Encoded(few)))
    conv.set_input(1, Builder(module.functions["forward"], before=conv).constant(whole))
    ELIMINATE_DEAD_CODE.run(module)
    (expected,) = interp.run(module, [case.arrays()[0]])
    assert SPLIT_WHEREVER_POSSIBLE.run(module)
    verify(module)
    (got,) = interp.run(module, [case.arrays()[0]])
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)
    parts = [node.operand(1).constant for node in module.nodes() if node.op is ops.conv2d]
    assert len(parts) == 9
    assert all(isinstance(part.data, Encoded) and part.data.stored.type.dtype is DType.QI8 for part in parts)
