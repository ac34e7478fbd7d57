"""Batches: arrays in the order of a function's inputs, and whether it takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_CALIBRATION
from mtc.ir.literals import type_text
from mtc.ir.module import Function, Value
from mtc.ir.types import TensorType
from mtc.session import tensors
from mtc.support.plural import counted

Batch = list[np.ndarray]


def as_batch(given: Any, function: Function, at: str | None = None) -> Batch:
    """One batch as arrays in the inputs' order: a tuple or list of arrays or tensors, a mapping by name, one array."""
    if isinstance(given, Mapping):
        named = {str(name): _array(value) for name, value in given.items()}
        return tensors.in_order(named, function.input_labels, at)
    if isinstance(given, (tuple, list)):
        return [array for item in given for array in _leaves(item)]
    return [_array(given)]


def problems(batch: Sequence[np.ndarray], function: Function) -> Iterator[str]:
    """Why the function does not take a batch."""
    if len(batch) != len(function.inputs):
        yield f"it has {counted(len(batch), 'array')}; the model takes {counted(len(function.inputs), 'input')}"
        return
    for name, array, value in zip(function.input_labels, batch, function.inputs, strict=True):
        type = value.type
        if array.dtype != type.dtype.numpy:
            wanted = str(type.dtype.numpy)
            yield f"input `{name}` is {array.dtype}, the model's {type.dtype}: `array.astype({wanted!r})`"
        elif not _has_shape(array.shape, type):
            yield f"input `{name}` is {list(array.shape)}, the model's {type_text(type)}"
        elif array.size == 0:
            yield f"input `{name}` is empty"
        elif array.dtype.kind == "f" and not np.isfinite(array).all():
            yield f"input `{name}` holds numbers that are NaN or infinite"


def _has_shape(shape: tuple[int, ...], type: TensorType) -> bool:
    return len(shape) == type.rank and all(
        size == wanted or not isinstance(wanted, int) for size, wanted in zip(shape, type.shape, strict=True)
    )


def split(arrays: Sequence[np.ndarray], function: Function, at: str | None = None) -> Iterator[Batch]:
    """The batches that arrays hold: one if they have the inputs' shapes. Otherwise their first axis is cut into the
    inputs' first sizes, or, if they have an axis more, into its items; all arrays alike, else BAD_CALIBRATION."""
    if all(_has_shape(array.shape, value.type) for array, value in zip(arrays, function.inputs, strict=True)):
        yield list(arrays)
        return
    pairs = [*zip(arrays, function.inputs, strict=True)]
    counts = [_count(array, value) for array, value in pairs]
    if None in counts:  # those that cannot be cut are told to be wrong, and no others
        yield [_part(array, value, 0) if count else array for (array, value), count in zip(pairs, counts, strict=True)]
        return
    if len({*counts}) > 1:
        each = ", ".join(f"`{name}` {count}" for name, count in zip(function.input_labels, counts, strict=True))
        raise BAD_CALIBRATION.error(f"the inputs' arrays hold different numbers of batches: {each}", at=at)
    for index in range(counts[0] or 0):
        yield [_part(array, value, index) for array, value in pairs]


def _count(array: np.ndarray, value: Value) -> int | None:
    """How many batches an array holds; None if it cannot be cut into any."""
    if _has_shape(array.shape, value.type):
        return 1
    if array.ndim == value.type.rank + 1 and _has_shape(array.shape[1:], value.type):
        return int(array.shape[0])
    if array.ndim != value.type.rank or array.ndim == 0:
        return None
    first = value.type.shape[0]
    if not isinstance(first, int) or first == 0 or array.shape[0] % first:
        return None
    rest = TensorType(value.type.dtype, value.type.shape[1:])
    count = int(array.shape[0]) // first
    return count if _has_shape(array.shape[1:], rest) else None


def _part(array: np.ndarray, value: Value, index: int) -> np.ndarray:
    if _has_shape(array.shape, value.type):
        return array
    if array.ndim == value.type.rank + 1:
        return np.asarray(array[index])
    size = value.type.shape[0]
    assert isinstance(size, int)
    return array[index * size : (index + 1) * size]


def _leaves(item: Any) -> Iterable[np.ndarray]:
    """The arrays of an argument, which may be nested."""
    if isinstance(item, Mapping):
        return [array for value in item.values() for array in _leaves(value)]
    if isinstance(item, (tuple, list)):
        return [array for value in item for array in _leaves(value)]
    return [] if item is None else [_array(item)]


def _array(value: Any) -> np.ndarray:
    """An array; a tensor of another library is asked for its own."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)
