"""Elements, names and types as text. What is written here is read back bit by bit by `mtc.ir.parser`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.constant import MOST_INLINE, Constant
from mtc.ir.dims import Shape
from mtc.ir.lexer import WORD
from mtc.ir.opspec import AttrKind
from mtc.ir.types import QParams, TensorType

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.$-]+", re.ASCII)
_WORD = re.compile(WORD, re.ASCII)
_BITS: dict[int, Any] = {2: np.dtype(np.uint16), 4: np.dtype(np.uint32), 8: np.dtype(np.uint64)}


def quoted(text: str) -> str:
    """A string literal; JSON's, in ASCII only where UTF-8 could not hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)


def symbol_text(sigil: str, name: str) -> str:
    """The name of a function, constant, state (`@`) or value (`%`), quoted if it has other characters than names do.

    A value without a name is printed as a number, so that a name which is a number needs quotes.
    """
    is_plain = _PLAIN_NAME.fullmatch(name) and not (sigil == "%" and name.isdigit())
    return sigil + (name if is_plain else quoted(name))


def is_word(text: str) -> bool:
    """Whether the lexer reads `text` as one word."""
    return _WORD.fullmatch(text) is not None


def word_text(text: str) -> str:
    """A keyword-like text (an enum's value, a memory space, an output's name), quoted if it is no word."""
    return text if is_word(text) else quoted(text)


def float_text(value: float) -> str:
    """The shortest decimal that reads back as the same double."""
    return "nan" if math.isnan(value) else repr(float(value))


def element_texts(array: np.ndarray) -> list[str]:
    """Each element of `array` in program order; floats that no decimal denotes (NaNs with a payload) as their bits."""
    flat = array.reshape(-1)
    if array.dtype == np.bool_:
        return ["true" if value else "false" for value in flat.tolist()]
    if array.dtype.kind in "iu":
        return [str(value) for value in flat.tolist()]
    texts = [_shortest(value) for value in flat]
    read = element_array(texts, array.dtype)
    bits = _BITS[array.dtype.itemsize]
    for index in np.flatnonzero(read.view(bits) != np.ascontiguousarray(flat).view(bits)).tolist():
        texts[index] = f"{int(flat[index : index + 1].view(bits)[0]):#0{array.dtype.itemsize * 2 + 2}x}"
    return texts


def _shortest(value: Any) -> str:
    # str() of a 32-bit float is the shortest decimal for 32 bits, which is what a reader wants to see; how it is
    # written (1e10 or 10000000000.0) changes with NumPy, and Python's way does not.
    return float_text(float(str(value) if value.dtype.kind == "f" else value))


def element_array(texts: list[str], dtype: np.dtype) -> np.ndarray:
    """Elements from their texts. ValueError or OverflowError if one is no element of `dtype`."""
    if dtype == np.bool_:
        if any(text not in ("true", "false") for text in texts):
            raise ValueError("a bool is `true` or `false`")
        return np.array([text == "true" for text in texts], np.bool_)
    if dtype.kind in "iu":
        numbers = [int(text) for text in texts]
        limits = np.iinfo(dtype)
        for number in numbers:
            if not limits.min <= number <= limits.max:
                raise OverflowError(f"`{number}` does not fit the type")
        return np.array(numbers, dtype)
    with np.errstate(over="ignore"):
        values = np.array([0.0 if text.startswith("0x") else float(text) for text in texts], np.float64).astype(dtype)
    bits = values.view(_BITS[dtype.itemsize])
    for index, text in enumerate(texts):
        if text.startswith("0x"):
            if len(text) > 2 + dtype.itemsize * 2:
                raise OverflowError(f"`{text}` has more bits than the type")
            bits[index] = int(text, 16)
    return values


def constant_text(constant: Constant) -> str:
    """The elements of an inline constant, flat in row-major order; a number alone if it has no dims."""
    texts = element_texts(constant.array())
    return texts[0] if constant.type.rank == 0 else f"[{', '.join(texts)}]"


def shape_text(shape: Shape) -> str:
    return f"[{','.join(map(str, shape))}]"


def type_text(type: TensorType, names: Mapping[QParams, str] | None = None) -> str:
    """`f32[n,3]`, `i64` for a scalar, `qi8(scale=0.1, zero_point=3)[8,3]`. Scales that have a name in `names` stand
    elsewhere: `qi8(scale=@w.scale, axis=0)[64,3]`."""
    qparams = "" if type.qparams is None else _qparams_text(type.qparams, names or {})
    return f"{type.dtype}{qparams}{shape_text(type.shape) if type.shape else ''}"


def qparams_names(constants: Mapping[str, Constant]) -> dict[QParams, str]:
    """A name for the scales of each constant that has too many of them for a line: its own with `.scale`; zero points
    that differ have that name with `.zero_point`. The same constants always give the same names."""
    names: dict[QParams, str] = {}
    for key, constant in constants.items():
        qparams = constant.type.qparams
        if qparams is not None and qparams.scale.size > MOST_INLINE and qparams not in names:
            name = f"{key}.scale"
            while name in constants or f"{name}.zero_point" in constants:
                name += "_"
            names[qparams] = name
    return names


def qparams_constants(names: Mapping[QParams, str]) -> dict[str, Constant]:
    """What those names stand for, as tensors of a file."""
    found: dict[str, Constant] = {}
    for qparams, name in names.items():
        found[name] = Constant.of(qparams.scale, name)
        if not isinstance(qparams.zero_points, int):
            found[f"{name}.zero_point"] = Constant.of(qparams.zero_point, f"{name}.zero_point")
    return found


def _qparams_text(qparams: QParams, names: Mapping[QParams, str]) -> str:
    named = names.get(qparams)
    zero_points = qparams.zero_points
    parts = [f"scale={_numbers_text(qparams.scale) if named is None else symbol_text('@', named)}"]
    if not isinstance(zero_points, int):
        name = f"{named}.zero_point"
        parts.append(f"zero_point={_numbers_text(zero_points) if named is None else symbol_text('@', name)}")
    elif zero_points:
        parts.append(f"zero_point={zero_points}")
    optional = (("axis", qparams.axis), ("block", qparams.block))
    parts += [f"{name}={value}" for name, value in optional if value is not None]
    return f"({', '.join(parts)})"


def _numbers_text(numbers: np.ndarray) -> str:
    """One number alone, several in brackets, f16 marked as such."""
    texts = element_texts(numbers)
    marked = "f16" if numbers.dtype == np.float16 else ""
    return texts[0] if len(texts) == 1 and not marked else f"{marked}[{', '.join(texts)}]"


def attribute_text(kind: AttrKind, value: Any) -> str:
    """The value of an attribute."""
    match kind:
        case AttrKind.FLOAT:
            return float_text(value)
        case AttrKind.FLOATS:
            return f"({', '.join(map(float_text, value))})"
        case AttrKind.BOOL:
            return "true" if value else "false"
        case AttrKind.ENUM if isinstance(value, Enum):
            return word_text(str(value.value))
        case AttrKind.INTS | AttrKind.DIMS:
            return shape_text(value)
    return str(value)
