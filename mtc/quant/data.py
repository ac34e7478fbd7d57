"""Calibration data: where batches come from, and whether the model takes them.

What is wrong with files is found before the first batch runs; what Python yields is checked as it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_CALIBRATION, CANNOT_READ, NO_CALIBRATION, MtcError, Report, collected
from mtc.frontends import source as sources
from mtc.frontends.generators import seeded
from mtc.frontends.neighbours import Neighbours
from mtc.ir.dims import evaluate
from mtc.ir.module import Function, Module, Value
from mtc.quant.batches import Batch, as_batch, problems, split
from mtc.session import tensors

RANDOM = "random"
_RANDOM_BATCHES = 8
_ARRAYS = (".npz", ".npy")
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm")
_END = object()
_REMEDY = "give --calibration DATA.npz, a folder of them, or `random` to measure speed only"
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

    def no_batch(self) -> MtcError:
        """What to raise where it turns out so."""
        return NO_CALIBRATION.error(f"{self.origin} holds no batch", help=_REMEDY)


def no_data(needed_by: str) -> MtcError:
    """What to raise where a scheme needs data and has none."""
    return NO_CALIBRATION.error(f"`{needed_by}` needs calibration data", help=_REMEDY)


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


def data_for(given: Any, module: Module, needed_by: str | None, prepare: Prepare | None = None) -> Data:
    """What was given as calibration data of `@forward`. NO_CALIBRATION if there is none and something needs it; else
    what the model was exported with, so that the loss can be told."""
    if given is None:
        if needed_by is not None:
            raise no_data(needed_by)
        samples = module.samples.get("forward", [])
        return Data("the model's sample", lambda: iter([c.array() for c in sample.inputs] for sample in samples))
    data = open_data(given, module.functions["forward"], prepare)
    if data.count == 0:
        raise data.no_batch()
    return data


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


def _random(function: Function) -> Iterator[Batch]:
    """Normal numbers, and the smallest sizes that are allowed where the caller decides them."""
    for batch in range(_RANDOM_BATCHES):
        generator = np.random.default_rng(batch)
        yield [_random_array(generator, value, function) for value in function.inputs]


def _random_array(generator: np.random.Generator, value: Value, function: Function) -> np.ndarray:
    sizes = defaultdict(lambda: 1, {name: max(bounds.min, 1) for name, bounds in function.symbols.items()})
    shape = [evaluate(size, sizes) for size in value.type.shape]
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


def _read_again(given: Any) -> Any:
    """What can be read more than once: an iterator's batches are kept."""
    return list(given) if isinstance(given, Iterator) else given
