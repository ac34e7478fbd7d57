"""What `mtc_run` says of a run, read for machines: see runtime/tools/mtc_run.cpp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import DEVICE_FAILED, MtcError
from mtc.ir.types import BF16
from mtc.session import Event, Memory
from mtc.session.refusals import STATUS_NAMES, refusal
from mtc.support import strict_json

_LOADED = re.compile(r"^loaded in (\S+) ms, first run (\S+) ms$", re.MULTILINE)
_MORE = re.compile(r"^(\d+) more: median (\S+) ms, p90 (\S+) ms, min (\S+) ms$", re.MULTILINE)
_MEMORY = re.compile(
    r"^memory: arena (\d+), scratch (\d+), state (\d+), packed weights (\d+), peak of all (\d+) bytes$", re.MULTILINE
)
_OUTPUT = re.compile(r"^output \d+ `", re.MULTILINE)
_REFUSED = re.compile(r"^mtc_run: (?:(" + "|".join(STATUS_NAMES) + r"): )?(.*)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Timings:
    """Milliseconds: of opening the program, of the first run, and of `runs` more, which may be none."""

    load: float
    first_run: float
    runs: int = 0
    median: float = 0.0
    p90: float = 0.0
    min: float = 0.0


def timings(text: str) -> Timings:
    """ValueError if `text` is not what `mtc_run` of this version prints."""
    load, first = map(float, _found(_LOADED, text))
    if _MORE.search(text) is None:
        return Timings(load, first)
    runs, *times = _found(_MORE, text)
    return Timings(load, first, int(runs), *map(float, times))


def memory(text: str) -> tuple[Memory, int]:
    """What the session holds, and the most that the process had. ValueError as above."""
    arena, scratch, state, packed, peak = map(int, _found(_MEMORY, text))
    return Memory(arena, scratch, state, packed), peak


def output_count(text: str) -> int:
    return len(_OUTPUT.findall(text))


def array(file: Path) -> np.ndarray:
    """An output's .npy. ValueError if it is none."""
    with open(file, "rb") as content:
        found: np.ndarray = np.lib.format.read_array(content, allow_pickle=False)
    # NumPy lacks bf16: in files it is two bytes of no type.
    return found.view(BF16.numpy) if found.dtype.kind == "V" else found


def events(trace: Path) -> list[Event]:
    """The instructions of a trace that `mtc_run --profile` wrote. ValueError if it is none."""
    try:
        rows = strict_json.load(trace.read_text(encoding="utf-8", errors="replace"))["traceEvents"]
        return [_event(row, row["args"]) for row in rows]
    except (KeyError, TypeError) as error:
        raise ValueError("not what mtc_run traces") from error


def _event(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Event:
    return Event(
        facts["kernel"],
        row["name"],
        facts["location"],
        round(1000 * row["ts"]),
        round(1000 * row["dur"]),
        facts["function"],
        facts["instruction"],
    )


def error_of(text: str) -> MtcError | None:
    """What `mtc_run` refused on stderr; None if these are not its words."""
    match = _REFUSED.search(text)
    if match is None:
        return None
    status, message = match[1], match[2].strip()
    return refusal(STATUS_NAMES.index(status), message) if status else DEVICE_FAILED.error(message)


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.search(text)
    if match is None:
        raise ValueError("not what mtc_run prints")
    return match.groups()
