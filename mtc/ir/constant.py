"""Constants: tensors in memory, or ranges of files that are read only when somebody looks at their elements."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mtc.ir.quantized import dequantize
from mtc.ir.types import DType, TensorType

MOST_INLINE = 16  # elements of a constant that stands in the text of the IR; those with more have names
_CHUNK = 1 << 20


class OpenFile:
    """A file that stays readable when another one takes its path; closed when nothing refers to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)

    def __copy__(self) -> OpenFile:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> OpenFile:
        return self

    def __reduce__(self) -> tuple[type[OpenFile], tuple[Path]]:
        return OpenFile, (self.path,)

    @property
    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes. OSError if the file ends before."""
        pieces = []
        while size > 0:
            piece = os.pread(self.descriptor, size, offset)
            if not piece:
                raise OSError(f"{self.path} is truncated")
            pieces.append(piece)
            offset, size = offset + len(piece), size - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def map(self, offset: int, size: int) -> np.ndarray:
        """Bytes as a read-only array in mapped memory. OSError if the file ends before."""
        if offset + size > self.size:
            raise OSError(f"{self.path} is truncated")
        before = offset % mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(self.descriptor, size + before, access=mmap.ACCESS_READ, offset=offset - before)
        return np.frombuffer(mapped, np.uint8, size, before)


@dataclass(frozen=True)
class FileRange:
    """Bytes of a file: where a constant's elements stand.

    With `file`, they are that open file's, whatever stands at `path` by now: a module may be saved over the file it
    was loaded from.
    """

    path: Path
    offset: int
    size: int
    file: OpenFile | None = field(default=None, compare=False, repr=False)

    def opened(self) -> OpenFile:
        return self.file or OpenFile(self.path)


@dataclass(frozen=True)
class Encoded:
    """The f32 elements that another constant stands for: quantized ones, or of half precision. A program stores that
    one, and its runtime makes these of it when it is loaded."""

    stored: Constant


@dataclass(frozen=True, eq=False)
class Constant:
    """An immutable tensor. Without a `name` it is small and printed inline."""

    name: str | None
    type: TensorType
    data: np.ndarray | FileRange | Encoded

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

    @property
    def count(self) -> int:
        """How many elements it has."""
        count = self.type.count
        assert isinstance(count, int)
        return count

    def array(self) -> np.ndarray:
        """The elements; of a file, mapped into memory and read-only. `qi4` comes unpacked."""
        if isinstance(self.data, np.ndarray):
            return self.data
        if isinstance(self.data, Encoded):
            stored = self.data.stored
            qparams = stored.type.qparams
            elements = stored.array()
            return elements.astype(np.float32) if qparams is None else dequantize(elements, qparams)
        shape = tuple(int(size) for size in self.type.shape)  # type: ignore[arg-type]
        if self.data.size == 0:
            return np.zeros(shape, self.type.dtype.numpy)
        raw = self.data.opened().map(self.data.offset, self.data.size)
        if self.type.dtype is DType.QI4:
            return unpack_int4(raw, shape)
        return raw.view(self.type.dtype.numpy).reshape(shape)

    def scalar(self) -> float | int | bool | None:
        """The element if there is just one."""
        return self.array().reshape(()).item() if self.count == 1 else None

    def chunks(self) -> Iterator[bytes | memoryview]:
        """The stored bytes in pieces, little-endian, without holding all of a file's range in memory."""
        if not isinstance(self.data, FileRange):
            array = self.array()
            stored = pack_int4(array) if self.type.dtype is DType.QI4 else array
            flat = np.ascontiguousarray(stored).reshape(-1).view(np.uint8).data
            for start in range(0, len(flat), _CHUNK):
                yield flat[start : start + _CHUNK]
            return
        file, end = self.data.opened(), self.data.offset + self.data.size
        for start in range(self.data.offset, end, _CHUNK):
            yield file.read(start, min(_CHUNK, end - start))

    def digest(self) -> bytes:
        """A hash of type and elements: equal for constants that are the same tensor."""
        known = hashlib.sha256(repr((self.type.dtype, self.type.shape)).encode())
        if (qparams := self.type.qparams) is not None:
            known.update(repr((qparams.axis, qparams.block, qparams.scale.dtype)).encode())
            known.update(qparams.scale.tobytes() + qparams.zero_point.tobytes())
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
