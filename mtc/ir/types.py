"""Quantization parameters and tensor types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtc.ir.dims import Dim, Shape, is_static, product
from mtc.ir.dtype import *  # noqa: F403  the types of elements, for all that reads types of tensors
from mtc.ir.dtype import QI4, DType


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
