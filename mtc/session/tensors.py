"""Arrays from and for files, seeded data, and one-line summaries."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT, CANNOT_READ
from mtc.session import Runner, Signature
from mtc.support.atomic import atomic_file
from mtc.support.plural import counted
from mtc.support.suggest import did_you_mean

Arrays = dict[str, np.ndarray]


def read(path: Path) -> Arrays:
    """The arrays of a .npz, in its order, or the one of a .npy, in this machine's byte order. Nothing in them is
    executed."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return {"": _native(content)}
        with content:
            return {name: _native(content[name]) for name in content.files}
    except FileNotFoundError as error:
        raise CANNOT_READ.error(f"`{path}` does not exist") from error
    except _NOT_ARRAYS as error:  # RuntimeError: a ZIP that is encrypted or compressed in a way Python does not know
        reason = "" if "pickle" in str(error) else f": {error}"  # NumPy says that of any file it does not know
        reason = ": it is empty" if path.stat().st_size == 0 else reason
        raise BAD_INPUT.error(f"`{path}` is not a .npz or .npy of plain arrays{reason}") from error
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror or error}") from error


def read_all(paths: Sequence[Path]) -> Arrays:
    """The arrays of one or several files, in their order; one without a name has its place and its file's."""
    found: Arrays = {}
    for place, path in enumerate(paths):
        for name, array in read(path).items():
            if name in found:
                raise BAD_INPUT.error(f"`{name}` is in two files")
            found[name or f"{place}: {path}"] = array
    return found


# What NumPy raises for bytes that are no arrays: its reader of headers is Python's own, that of archives is zipfile.
_NOT_ARRAYS = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, MemoryError, OverflowError, SyntaxError),
    *(RuntimeError, RecursionError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


def _native(content: object) -> np.ndarray:
    if not isinstance(content, np.ndarray):
        raise ValueError("a member of the archive is no array")
    return content.astype(content.dtype.newbyteorder("="), copy=False)


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a .npz, atomically."""
    with atomic_file(path) as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]


def bound(
    session: Runner, given: Arrays | None, *, function: str = "forward", seed: int = 0
) -> tuple[list[np.ndarray], str]:
    """Arrays for every input of the program, in its order, and where they come from."""
    wanted = session.inputs(function)
    if given is not None:
        return in_order(given, [signature.name for signature in wanted]), "the file"
    sample = session.samples(function)
    if sample is not None:
        return sample[0], "the bundled sample"
    return [seeded(signature, seed + index) for index, signature in enumerate(wanted)], f"random data, seed {seed}"


def in_order(given: Arrays, names: Sequence[str], at: str | None = None) -> list[np.ndarray]:
    """By name if keys are input names, in the archive's order if none is. BAD_INPUT if they do not fit, at `at`."""
    unknown = [name for name in given if name not in names]
    missing = [name for name in names if name not in given]
    if len(unknown) < len(given):
        if unknown:
            raise BAD_INPUT.error(
                f"the program has no input called {', '.join(f'`{name}`' for name in unknown)}",
                at=at,
                help=did_you_mean(unknown[0], missing or names),
            )
        if missing:
            raise BAD_INPUT.error(f"the file lacks the inputs {', '.join(missing)}", at=at)
        return [given[name] for name in names]
    if len(given) != len(names):
        raise BAD_INPUT.error(
            f"the file has {_counted(given, 'array')}, the program takes {_counted(names, 'input')}",
            at=at,
            help="name the arrays as the inputs, or give as many in the same order",
        )
    return list(given.values())


def _counted(names: Collection[str], noun: str) -> str:
    """How many, and their names if they have any."""
    known = ", ".join(filter(None, names))
    return counted(len(names), noun) + (f" ({known})" if known else "")


def seeded(signature: Signature, seed: int) -> np.ndarray:
    """Normal floats, small integers, random bools; the smallest allowed size where the caller decides it."""
    shape = tuple(
        max(low, 1) if size is None else size for size, (low, _) in zip(signature.shape, signature.bounds, strict=True)
    )
    generator = np.random.default_rng(seed)
    dtype = signature.dtype.numpy
    if signature.dtype.is_float:
        return generator.standard_normal(shape).astype(dtype)
    return generator.integers(0, 2, shape).astype(dtype)


def summary(name: str, array: np.ndarray) -> dict[str, Any]:
    """Type, range and the first values of an array; the range is of the finite ones, None if there are none."""
    flat = array.reshape(-1)
    numbers = flat.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    ranges = (finite.min(), finite.mean(), finite.max()) if finite.size else (None, None, None)
    low, mean, high = (None if value is None else float(f"{value:.6g}") for value in ranges)
    return {
        "name": name,
        "type": f"{array.dtype}[{','.join(map(str, array.shape))}]",
        "min": low,
        "mean": mean,
        "max": high,
        "not_finite": int(numbers.size - finite.size),
        "first": " ".join(f"{value:.5g}" for value in numbers[:5]),
    }
