"""Calibration data: where batches come from, and whether the model takes them.

What is wrong with files is found before the first batch runs; what Python yields is checked as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_CALIBRATION, CANNOT_READ, MtcError, Report, collected
from mtc.frontends import source as sources
from mtc.frontends.generators import seeded
from mtc.frontends.neighbours import Neighbours
from mtc.ir.literals import type_text
from mtc.ir.module import Function, Value
from mtc.ir.types import TensorType
from mtc.session import tensors
from mtc.support.plural import counted

RANDOM = "random"
_RANDOM_BATCHES = 8
_ARRAYS = (".npz", ".npy")
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm")
_END = object()
NO_DATA_REMEDY = "give --calibration DATA.npz, a folder of them, or `random` to measure speed only"
Batch = list[np.ndarray]
# An image's file -> the arrays of all inputs, as the model was trained to take them.
Prepare = Callable[[Path], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Data:
    """Batches, as often as they are asked for. `origin` says where they come from, for people and artifacts; `files`
    are those that say so."""

    origin: str
    batches: Callable[[], Iterator[Batch]]
    is_random: bool = False
    count: int | None = None  # None: nobody knows before the end
    files: tuple[Path, ...] = ()


def check_place(text: str, takes_images: bool) -> None:
    """Before there is a model: CANNOT_READ or BAD_CALIBRATION if what names the data names nothing."""
    if sources.is_attribute(text):
        sources.check_source(text)
    elif text and text != RANDOM:
        _files(Path(text), takes_images)


def open_data(given: Any, function: Function, prepare: Prepare | None = None) -> Data:
    """The data that a user named or gave: `random`, a .npz, a folder of them or of images, `model.py:attribute`, or any
    iterable of batches. BAD_CALIBRATION, with all that is wrong with files, if it is not what `function` takes."""
    if isinstance(given, Data):
        return given
    if not isinstance(given, (str, Path)):
        again = _read_again(given)
        return _checked_as_it_comes("a Python iterable", lambda: iter(again), function)
    text = str(given)
    if not text:  # which as a path is this folder
        raise BAD_CALIBRATION.error("the name of the calibration data is empty", help=BAD_CALIBRATION.explanation)
    if text == RANDOM:
        return Data(RANDOM, lambda: _random(function), is_random=True, count=_RANDOM_BATCHES)
    if sources.is_attribute(text):
        return _from_attribute(text, function)
    path = Path(text)
    files = _files(path, prepare is not None)
    with collected() as report:
        count = sum(_checked(file, function, prepare, report) for file in files)
    return Data(
        path.name,
        lambda: (batch for file in files for batch in _batches(file, function, prepare)),
        count=count,
        files=tuple(files),
    )


def _checked(file: Path, function: Function, prepare: Prepare | None, report: Report) -> int:
    """How many batches a file holds; reports what is wrong with them, the same of several batches once."""
    count = 0
    found: dict[str, list[int]] = {}
    try:
        for batch in _batches(file, function, prepare):
            for problem in problems(batch, function):
                found.setdefault(problem, []).append(count)
            count += 1
    except MtcError as error:  # the file itself
        for diagnostic in error.diagnostics:
            report(diagnostic)
    for problem, numbers in found.items():
        where = f"in {len(numbers)} of its {count} batches, the first is batch {numbers[0]}"
        report(BAD_CALIBRATION(problem, at=str(file), notes=(where,) if count > 1 else ()))
    return count


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


def _files(path: Path, takes_images: bool) -> list[Path]:
    if not path.exists():
        raise CANNOT_READ.error(f"`{path}` does not exist", help=BAD_CALIBRATION.explanation)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _ARRAYS)
    images = sorted(file for file in path.iterdir() if file.suffix.lower() in _IMAGES)
    if files:
        return files
    if images and not takes_images:
        raise BAD_CALIBRATION.error(
            f"`{path}` holds images, and nothing says how the model takes them",
            help="name a recipe whose `inputs` prepare the image: --recipe FILE",
        )
    if not images:
        raise BAD_CALIBRATION.error(f"`{path}` holds no .npz, .npy or image", help=BAD_CALIBRATION.explanation)
    return images


def _batches(file: Path, function: Function, prepare: Prepare | None) -> Iterator[Batch]:
    if file.suffix.lower() in _IMAGES and prepare is not None:
        yield list(prepare(file))
        return
    arrays = tensors.in_order(tensors.read(file), function.input_labels, at=str(file))
    yield from split(arrays, function, at=str(file))


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


def _random(function: Function) -> Iterator[Batch]:
    """Normal numbers, and the smallest sizes that are allowed where the caller decides them."""
    for batch in range(_RANDOM_BATCHES):
        generator = np.random.default_rng(batch)
        yield [_random_array(generator, value, function) for value in function.inputs]


def _random_array(generator: np.random.Generator, value: Value, function: Function) -> np.ndarray:
    sizes = {name: max(bounds.min, 1) for name, bounds in function.symbols.items()}
    shape = [size if isinstance(size, int) else sizes.get(str(size), 1) for size in value.type.shape]
    dtype = value.type.dtype
    if dtype.is_float:
        return generator.standard_normal(shape).astype(dtype.numpy)
    return generator.integers(0, 2, shape).astype(dtype.numpy)


def _from_attribute(text: str, function: Function) -> Data:
    """What an attribute of a Python file or package holds: an iterable of batches, or a function that returns one."""
    place, attribute = sources.parts_of(text)
    path = sources.file_of(text)
    neighbours = Neighbours(path.parent if path is not None else Path.cwd())
    module = sources.python_module(path, neighbours) if path else sources.imported(place, neighbours)
    held = getattr(module, attribute, None)
    if held is None:
        raise sources.missing(BAD_CALIBRATION, f"`{place}` does not define `{attribute}`", module, attribute)
    with neighbours, seeded(3):
        held = sources.guarded(lambda: _read_again(held), text)

    def batches() -> Iterator[Any]:
        with neighbours, seeded(3):
            made = sources.guarded(held, text) if callable(held) else held
            iterator = sources.guarded(lambda: iter(made), text)
            while (batch := sources.guarded(lambda: next(iterator, _END), text)) is not _END:
                yield batch

    return _checked_as_it_comes(text, batches, function, () if path is None else (path,))


def _checked_as_it_comes(
    origin: str, batches: Callable[[], Iterator[Any]], function: Function, files: tuple[Path, ...] = ()
) -> Data:
    def checked() -> Iterator[Batch]:
        for number, given in enumerate(batches()):
            at = f"batch {number} of {origin}"
            batch = as_batch(given, function, at)
            with collected() as report:
                for problem in problems(batch, function):
                    report(BAD_CALIBRATION(problem, at=at))
            yield batch

    return Data(origin, checked, files=files)


def as_batch(given: Any, function: Function, at: str | None = None) -> Batch:
    """One batch as arrays in the inputs' order: a tuple or list of arrays or tensors, a mapping by name, one array."""
    if isinstance(given, Mapping):
        named = {str(name): _array(value) for name, value in given.items()}
        return tensors.in_order(named, function.input_labels, at)
    if isinstance(given, (tuple, list)):
        return [array for item in given for array in _leaves(item)]
    return [_array(given)]


def _read_again(given: Any) -> Any:
    """What can be read more than once: an iterator's batches are kept."""
    return list(given) if isinstance(given, Iterator) else given


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
