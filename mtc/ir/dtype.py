"""Element types, and the array types that hold them.

Apart from the other types because packages for Python that mtc makes carry a copy of this file: it needs NumPy alone.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np


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


def _bfloat16() -> np.dtype[Any]:
    """NumPy has no such type: it comes from ml_dtypes, which mtc itself always has, or else is two bytes."""
    try:
        import ml_dtypes
    except ImportError:
        return np.dtype((np.void, 2))
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return found


_NUMPY: dict[DType, np.dtype[Any]] = {
    F32: np.dtype(np.float32),
    F64: np.dtype(np.float64),
    F16: np.dtype(np.float16),
    BF16: _bfloat16(),
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
