"""What the values in a recipe may be: each kind reads what YAML gives, and what a flag's text says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ValueKind:
    """`read` and `from_text` return the value, or raise ValueError if it is none of this kind."""

    name: str  # how messages call it
    default: Any  # what stands for a value that is wrong, so that reading goes on
    read: Callable[[Any], Any]
    from_text: Callable[[str], Any] = str


_TRUTH = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, [value] if isinstance(value, str) else _list(value)))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(value)
    return value


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(words)) < len(words):
        raise ValueError(words)
    return words


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _truth_from_text(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or any(isinstance(v, (dict, list, type(None))) for v in value.values()):
        raise ValueError(value)
    return {str(key): str(held) for key, held in value.items()}


def _labels_from_text(text: str) -> dict[str, str]:
    entries = [entry.partition("=") for entry in text.split(",") if entry]
    if not all(sign for _, sign, _ in entries):
        raise ValueError(text)
    return {key: value for key, _, value in entries}


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise ValueError(value)
    return float(value)


def _channels(value: Any) -> tuple[float, ...]:
    numbers = tuple(map(_number, _list(value)))
    if len(numbers) not in (1, 3):
        raise ValueError(value)
    return numbers


def _scales(value: Any) -> tuple[float, ...]:
    if 0 in _channels(value):
        raise ValueError(value)
    return _channels(value)


def _size(value: Any) -> tuple[int, ...]:
    if len(_list(value)) != 2 or not all(type(side) is int and 0 < side < 1 << 16 for side in value):
        raise ValueError(value)
    return tuple(value)


def number(low: float, high: float = math.inf) -> ValueKind:
    """A number from `low` to `high`."""

    def read(value: Any) -> float:
        if not low <= _number(value) <= high:
            raise ValueError(value)
        return float(value)

    return ValueKind(f"number from {low:g}" + (f" to {high:g}" if math.isfinite(high) else ""), low, read)


def one_of(*words: str) -> ValueKind:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(value)
        return _text(value)

    return ValueKind("word of " + ", ".join(words), words[0], read)


TEXT = ValueKind("text", "", _text)
TEXTS = ValueKind("list of texts", (), _texts, _words)
NAMES = ValueKind(
    "list of texts, each once", (), lambda value: _distinct(_texts(value)), lambda t: _distinct(_words(t))
)
TRUTH = ValueKind("truth value", False, _truth, _truth_from_text)
SWITCH = ValueKind("truth value", None, lambda value: None if value is None else _truth(value), _truth_from_text)
LABELS = ValueKind("mapping to texts", {}, _labels, _labels_from_text)
CHANNELS = ValueKind("list of one number or three", (0.0,), _channels)
SCALES = ValueKind("list of one number or three, none of them 0", (1.0,), _scales)


def _whole(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise ValueError(value)
    return value


WHOLE = ValueKind("whole number", None, _whole, int)


def _part(value: Any) -> float | None:
    if value is None:
        return None
    if not 0 < _number(value) <= 1:
        raise ValueError(value)
    return float(value)


PART = ValueKind("number above 0, 1 at most", None, _part, float)
SIZE = ValueKind("width and height in pixels", (1, 1), _size)
