"""What a program says of its inputs and outputs, and arrays that fit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT
from mtc.ir.dtype import DType
from mtc.support.plural import counted


@dataclass(frozen=True)
class Signature:
    """What the program says of an input or output. A size is None where the caller decides it."""

    name: str
    dtype: DType
    shape: tuple[int | None, ...]
    bounds: tuple[tuple[int, int | None], ...]


def bound(inputs: Sequence[Any], wanted: Sequence[Signature]) -> list[np.ndarray]:
    """Arrays in the program's order, dense, in its dtypes. `inputs` is one mapping from names, or in that order."""
    if len(inputs) == 1 and isinstance(inputs[0], Mapping):
        given = inputs[0]
        names = [signature.name for signature in wanted]
        if set(given) != set(names):
            raise BAD_INPUT.error(f"inputs are named {', '.join(names)}, not {', '.join(map(str, given))}")
        inputs = [given[name] for name in names]
    if len(inputs) != len(wanted):
        raise BAD_INPUT.error(f"the program takes {counted(len(wanted), 'input')}, not {len(inputs)}")
    return [_dense(value, signature) for value, signature in zip(inputs, wanted, strict=True)]


def _dense(value: Any, signature: Signature) -> np.ndarray:
    array = np.asarray(value)
    try:
        dtype = DType.of(array.dtype)
    except KeyError:
        dtype = None
    if dtype is not signature.dtype:
        wanted = np.dtype(signature.dtype.numpy)
        named = "" if wanted.name == str(signature.dtype) else f" (NumPy's {wanted.name})"
        raise BAD_INPUT.error(
            f"input `{signature.name}` is {signature.dtype}{named}, not {array.dtype}",
            help=f"convert it: `array.astype({wanted.name!r})`" if wanted.kind in "iufb" else None,
        )
    # ascontiguousarray alone would make a 0-d array 1-d.
    return np.ascontiguousarray(array).reshape(array.shape)
