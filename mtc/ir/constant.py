"""Constants: tensors in memory, or ranges of files that are read only when somebody looks at their elements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mtc.ir.types import DType, TensorType

_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileRange:
    """Bytes of a file: where a constant's elements stand."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, eq=False)
class Constant:
    """An immutable tensor. Without a `name` it is small and printed inline."""

    name: str | None
    type: TensorType
    data: np.ndarray | FileRange

    @staticmethod
    def of(array: np.ndarray, name: str | None = None) -> Constant:
        """A constant that holds `array`, which must not change any more."""
        array = np.asarray(array)
        return Constant(name, TensorType.of(array), np.ascontiguousarray(array).reshape(array.shape))

    @property
    def nbytes(self) -> int:
        size = self.type.nbytes
        assert isinstance(size, int)
        return size

    def array(self) -> np.ndarray:
        """The elements; of a file, mapped into memory and read-only. `qi4` comes unpacked."""
        if isinstance(self.data, np.ndarray):
            return self.data
        shape = tuple(int(size) for size in self.type.shape)  # type: ignore[arg-type]
        if self.data.size == 0:
            return np.zeros(shape, self.type.dtype.numpy)
        raw = np.memmap(self.data.path, np.uint8, "r", self.data.offset, (self.data.size,))
        if self.type.dtype is DType.QI4:
            return unpack_int4(raw, shape)
        return raw.view(self.type.dtype.numpy).reshape(shape)

    def scalar(self) -> float | int | bool | None:
        """The element if there is just one."""
        return self.array().reshape(()).item() if self.type.count == 1 else None

    def chunks(self) -> Iterator[bytes | memoryview]:
        """The stored bytes in pieces, little-endian, without holding all of a file's range in memory."""
        if isinstance(self.data, np.ndarray):
            stored = pack_int4(self.data) if self.type.dtype is DType.QI4 else self.data
            flat = memoryview(np.ascontiguousarray(stored).reshape(-1).view(np.uint8))
            for start in range(0, len(flat), _CHUNK):
                yield flat[start : start + _CHUNK]
            return
        with self.data.path.open("rb") as file:
            file.seek(self.data.offset)
            left = self.data.size
            while left > 0:
                piece = file.read(min(left, _CHUNK))
                if not piece:
                    raise OSError(f"{self.data.path} is truncated")
                left -= len(piece)
                yield piece

    def digest(self) -> bytes:
        """A hash of type and elements: equal for constants that are the same tensor."""
        known = hashlib.sha256(repr((self.type.dtype, self.type.shape, self.type.qparams)).encode())
        for piece in self.chunks():
            known.update(piece)
        return known.digest()

    def renamed(self, name: str | None) -> Constant:
        return replace(self, name=name)


def pack_int4(values: np.ndarray) -> np.ndarray:
    """Two signed 4-bit numbers to a byte, the first in the low half."""
    flat = values.reshape(-1).astype(np.uint8) & 0xF
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    return flat[0::2] | (flat[1::2] << 4)


def unpack_int4(packed: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The inverse of `pack_int4`."""
    both = np.stack([packed & 0xF, packed >> 4], axis=-1).reshape(-1)[: int(np.prod(shape))]
    return (((both.astype(np.int16) + 8) % 16) - 8).astype(np.int8).reshape(shape)
