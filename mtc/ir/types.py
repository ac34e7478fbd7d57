"""Element types, quantization parameters and tensor types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import ml_dtypes
import numpy as np

from mtc.ir.dims import Dim, Shape, is_static, product


class DType(Enum):
    """An element type. `qi8`, `qu8`, `qi4` stand for real numbers (see QParams); `i8` wraps like C."""

    F32 = "f32"
    F64 = "f64"
    F16 = "f16"
    BF16 = "bf16"
    I8 = "i8"
    U8 = "u8"
    I16 = "i16"
    I32 = "i32"
    I64 = "i64"
    BOOL = "bool"
    QI8 = "qi8"
    QU8 = "qu8"
    QI4 = "qi4"

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return self.name

    @property
    def numpy(self) -> np.dtype[Any]:
        """The array type that holds it; `qi4` is held unpacked."""
        return _NUMPY[self]

    @property
    def bits(self) -> int:
        return 4 if self is DType.QI4 else self.numpy.itemsize * 8

    @property
    def is_float(self) -> bool:
        return self in FLOATS

    @property
    def is_integer(self) -> bool:
        """Plain integers: neither `bool` nor a quantized type."""
        return self in INTEGERS

    @property
    def is_quantized(self) -> bool:
        return self in QUANTIZED

    @property
    def number(self) -> int:
        """Its number in programs (`runtime/schema/program.fbs`) and in the runtime. Those of the plain types are also
        the C API's (`mtc.h`), which has no quantized ones."""
        return _NUMBERS[self]

    @staticmethod
    def numbered(number: int) -> DType:
        """The inverse of `number`. ValueError if none has it."""
        if not 0 <= number < len(DType):
            raise ValueError(f"no dtype has the number {number}")
        return list(DType)[number]

    @staticmethod
    def of(dtype: np.dtype | type) -> DType:
        """The plain type of an array's elements. KeyError for one that mtc does not have."""
        return _FROM_NUMPY[np.dtype(dtype)]


F32, F64, F16, BF16 = DType.F32, DType.F64, DType.F16, DType.BF16
I8, U8, I16, I32, I64, BOOL = DType.I8, DType.U8, DType.I16, DType.I32, DType.I64, DType.BOOL
QI8, QU8, QI4 = DType.QI8, DType.QU8, DType.QI4

FLOATS = (F32, F64, F16, BF16)
INTEGERS = (I8, U8, I16, I32, I64)
NUMBERS = (*FLOATS, *INTEGERS)
ANY = (*NUMBERS, BOOL)
QUANTIZED = (QI8, QU8, QI4)

_NUMPY: dict[DType, np.dtype[Any]] = {
    F32: np.dtype(np.float32),
    F64: np.dtype(np.float64),
    F16: np.dtype(np.float16),
    BF16: np.dtype(ml_dtypes.bfloat16),
    I8: np.dtype(np.int8),
    U8: np.dtype(np.uint8),
    I16: np.dtype(np.int16),
    I32: np.dtype(np.int32),
    I64: np.dtype(np.int64),
    BOOL: np.dtype(np.bool_),
    QI8: np.dtype(np.int8),
    QU8: np.dtype(np.uint8),
    QI4: np.dtype(np.int8),
}
_NUMBERS = {dtype: number for number, dtype in enumerate(DType)}
_FROM_NUMPY = {_NUMPY[dtype]: dtype for dtype in ANY}


class QParams:
    """real = scale * (integer - zero_point).

    Per tensor: one scale and `axis` None. Per channel: one scale for each index of `axis`. Per block: `block` sizes
    along `axis` share a scale, and the scales are those of each row in turn.

    `scale` is f32, or f16 if it was given so; `zero_point` i32. Both have one axis, as many elements, and never change.
    Equal parameters are equal: they may stand in sets and be keys.
    """

    __slots__ = ("_hash", "axis", "block", "scale", "zero_point")

    def __init__(
        self,
        scale: float | Sequence[float] | np.ndarray,
        zero_point: int | Sequence[int] | np.ndarray = 0,
        axis: int | None = None,
        block: int | None = None,
    ) -> None:
        self.scale = _frozen(scale, np.float16 if getattr(scale, "dtype", None) == np.float16 else np.float32)
        self.zero_point = _frozen(zero_point, np.int32)
        if self.zero_point.size == 1:
            self.zero_point = np.broadcast_to(self.zero_point, self.scale.shape)
        self.axis = axis
        self.block = block
        self._hash: int | None = None
        if self.scale.size != self.zero_point.size or not self.scale.size:
            raise ValueError("as many zero points as scales, at least one")
        if axis is None and (self.scale.size != 1 or block is not None):
            raise ValueError("several scales need an axis")

    @property
    def is_per_tensor(self) -> bool:
        return self.axis is None

    @property
    def zero_points(self) -> int | np.ndarray:
        """The zero point of all scales if they have the same one, else each."""
        first = int(self.zero_point[0])
        return first if bool((self.zero_point == first).all()) else self.zero_point

    def moved(self, axis: int) -> QParams:
        """The same of a tensor whose channels stand along another axis."""
        return QParams(self.scale, self.zero_point, axis, self.block)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, QParams)
            and (self.axis, self.block, self.scale.dtype) == (other.axis, other.block, other.scale.dtype)
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.zero_point, other.zero_point)
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.scale.tobytes(), self.zero_points if self.is_per_tensor else 0, self.axis))
        return self._hash

    def __repr__(self) -> str:
        return f"QParams({self.scale.tolist()}, {self.zero_points}, axis={self.axis}, block={self.block})"


def _frozen(values: float | Sequence[float] | np.ndarray, dtype: type[np.generic]) -> np.ndarray:
    array: np.ndarray = np.asarray(values).astype(dtype, copy=False).reshape(-1).view()
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class TensorType:
    """A dense, row-major tensor. Sizes may be symbolic."""

    dtype: DType
    shape: Shape = ()
    qparams: QParams | None = None

    def __post_init__(self) -> None:
        if self.qparams is not None and not self.dtype.is_quantized:
            raise ValueError(f"{self.dtype} has no quantization parameters")

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_static(self) -> bool:
        return is_static(self.shape)

    @property
    def count(self) -> Dim:
        """Elements."""
        return product(self.shape)

    @property
    def nbytes(self) -> Dim:
        """Bytes when stored; `qi4` is packed two to a byte."""
        return (self.count + 1) // 2 if self.dtype is QI4 else self.count * (self.dtype.bits // 8)

    def with_shape(self, shape: Shape) -> TensorType:
        return TensorType(self.dtype, shape, self.qparams)

    @staticmethod
    def of(array: np.ndarray) -> TensorType:
        return TensorType(DType.of(array.dtype), array.shape)
