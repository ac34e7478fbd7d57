"""A case: an op with operands and attributes, and what torch computes of them.

`case(ops.leaky_relu, F.leaky_relu, x=randn(2, 3, 4), negative_slope=0.2)`: keywords that name operands are tensors in
every dtype that the op takes, those that name nested functions their IR text, where `$T` is the dtype, the others
attributes; torch's function gets the tensors by position and the attributes by name. Whatever runs a module can be
tested with `module`, `inputs` and `assert_close`.
"""

from __future__ import annotations

import itertools
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mtc.ir.builder import Builder
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import Arity, OpSpec
from mtc.ir.parser import parse
from mtc.ir.types import BF16, BOOL, F16, F32, DType, TensorType
from mtc.ops import OPS
from mtc.ops.accuracy import tolerance

Make = Callable[[np.random.Generator, DType], np.ndarray]


@dataclass(frozen=True)
class Operand:
    """A tensor to be made; `dtype` None is the case's."""

    make: Make
    dtype: DType | None = None


def randn(*shape: int) -> Operand:
    """Normal numbers; small integers, which are not negative where they cannot be; truth values."""

    def make(rng: np.random.Generator, dtype: DType) -> np.ndarray:
        if dtype is BOOL:
            return rng.random(shape) < 0.5
        if dtype.is_integer:
            return rng.integers(0 if dtype.numpy.kind == "u" else -6, 7, shape).astype(dtype.numpy)
        return rng.standard_normal(shape).astype(dtype.numpy)

    return Operand(make)


def positive(*shape: int) -> Operand:
    """Numbers from 0.5 to 3; integers from 1 to 6."""

    def make(rng: np.random.Generator, dtype: DType) -> np.ndarray:
        numbers = rng.integers(1, 7, shape) if dtype.is_integer else rng.uniform(0.5, 3, shape)
        return numbers.astype(dtype.numpy)

    return Operand(make)


def distinct(*shape: int) -> Operand:
    """Different numbers in random order, so that an order of them is unique."""

    def make(rng: np.random.Generator, dtype: DType) -> np.ndarray:
        return rng.permutation(int(np.prod(shape))).reshape(shape).astype(dtype.numpy)

    return Operand(make)


def special() -> Operand:
    """NaN, infinities, zeros, the largest and the smallest; for integers the ends of their range."""

    def make(rng: np.random.Generator, dtype: DType) -> np.ndarray:
        if dtype is BOOL:
            return np.array([True, False])
        if dtype.is_integer:
            ends = np.iinfo(dtype.numpy)
            return np.array([ends.min, ends.max, 0, 1, ends.max - 1], dtype.numpy)
        return np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-3, -1e-3, 0.5, -2.5, 90.0, -90.0]).astype(dtype.numpy)

    return Operand(make)


def peculiar(*shape: int) -> Operand:
    """Normal numbers, of which some are NaN, infinite or -0; for integers what `randn` gives."""

    def make(rng: np.random.Generator, dtype: DType) -> np.ndarray:
        numbers = randn(*shape).make(rng, dtype)
        if not dtype.is_integer and dtype is not BOOL:
            numbers[rng.random(shape) < 0.05] = -0.0
            for value in (np.nan, np.inf, -np.inf):
                numbers[rng.random(shape) < 0.01] = value
        return numbers

    return Operand(make)


def whole(low: int, high: int, *shape: int) -> Operand:
    """i64 numbers from `low` until before `high`, whatever the case's dtype: indices."""
    return Operand(lambda rng, dtype: rng.integers(low, high, shape), DType.I64)


def array(value: Any, dtype: DType | None = None) -> Operand:
    """These very numbers."""
    return Operand(lambda rng, own: np.asarray(value).astype(own.numpy), dtype)


@dataclass(frozen=True)
class Case:
    op: OpSpec
    torch: Callable[..., Any]
    operands: tuple[Operand | None, ...]
    attrs: dict[str, Any]
    dtypes: tuple[DType, ...]
    label: str
    regions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label

    def inputs(self, dtype: DType) -> list[np.ndarray | None]:
        """The operands of the case in one dtype, the same ones every time."""
        rng = np.random.default_rng(zlib.crc32(f"{self.label}-{dtype}".encode()))
        fixed = [*self.op.signature.operands]
        kinds = fixed + fixed[-1:] * (len(self.operands) - len(fixed))
        arrays: list[np.ndarray | None] = []
        for operand, kind in zip(self.operands, kinds, strict=False):
            own = dtype if not isinstance(kind, DType) else kind
            arrays.append(None if operand is None else operand.make(rng, operand.dtype or own))
        return arrays

    @property
    def weights(self) -> frozenset[int]:
        """The operands that are constants as a rule, which libraries pack."""
        names = [operand.name for operand in self.op.operands]
        return frozenset(i for i, name in enumerate(names) if name.startswith(("weight", "bias")))

    def module(self, dtype: DType, constants: frozenset[int] = frozenset()) -> Module:
        """A function of one node; operands numbered in `constants` are part of it, the others are its inputs."""
        arrays = self.inputs(dtype)
        values = [
            None if array is None or i in constants else Value(TensorType.of(array), f"x{i}")
            for i, array in enumerate(arrays)
        ]
        function = Function("forward", [value for value in values if value is not None])
        build = Builder(function)
        for i in constants:
            if (array := arrays[i]) is not None:
                values[i] = build.constant(array)
        regions = [
            region for text in self.regions for region in parse(text.replace("$T", str(dtype)), OPS).functions.values()
        ]
        build.results(*build.node(self.op, *values, regions=regions, **self.attrs).outputs)
        module = Module({"forward": function})
        module.register_constants()
        return module

    def torch_outputs(self, dtype: DType) -> list[np.ndarray]:
        """What torch computes; of half-precision numbers in f32, rounded once, as the ops are defined."""
        is_half = dtype in (F16, BF16)
        tensors = [
            None if a is None else torch.from_numpy(np.array(a.astype(np.float32) if _is_half(a) else a))
            for a in self.inputs(dtype)
        ]
        results = self.torch(*tensors, **self.attrs)
        arrays = [t.numpy() for t in (results if isinstance(results, (tuple, list)) else [results])]
        return [a.astype(dtype.numpy) if is_half and a.dtype == np.float32 else a for a in arrays]

    def assert_close(self, outputs: Sequence[np.ndarray], dtype: DType) -> None:
        """Whether outputs agree with torch's within the op's accuracy."""
        wanted = self.torch_outputs(dtype)
        assert len(outputs) == len(wanted)
        for got, want in zip(outputs, wanted, strict=True):
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            allowed = tolerance(self.op.accuracy, DType.of(want.dtype))
            assert allowed.excess(got, want) <= 1, f"{got}\nis not\n{want}"


def _is_half(array: np.ndarray) -> bool:
    return array.dtype in (F16.numpy, BF16.numpy)


_NUMBERS: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)  # of each op's cases


def case(
    op: OpSpec, torch: Callable[..., Any], *, dtypes: Sequence[DType] | None = None, note: str = "", **given: Any
) -> Case:
    """A row of a table. Variadic operands are a list; `dtypes` limits what the op takes to what torch does."""
    operands: list[Operand | None] = []
    for operand in op.operands:
        value = given.pop(operand.name, None)
        operands += value if operand.arity is Arity.VARIADIC else [value]
    regions = tuple(given.pop(region.name) for region in op.regions)
    own = next(iter(op.signature.variables.values()), (F32,))
    label = f"{op.name}-{note or next(_NUMBERS[op.name])}"
    return Case(op, torch, tuple(operands), given, tuple(dtypes or own), label, regions)


def each_dtype(cases: Sequence[Case]) -> Iterator[tuple[Case, DType]]:
    """Every case in each of its dtypes."""
    return ((found, dtype) for found in cases for dtype in found.dtypes)
