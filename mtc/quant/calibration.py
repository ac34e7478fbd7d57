"""Calibration: runs the model on data and lets observers see what its values are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from mtc.build.progress import Progress, silent
from mtc.diagnostics import BAD_CALIBRATION, MtcError
from mtc.interp import bind_symbols
from mtc.ir.constant import Constant
from mtc.ir.dims import evaluate
from mtc.ir.module import Function, Value
from mtc.ir.types import TensorType
from mtc.quant.observers import MakeObserver, NotFinite, Range
from mtc.quant.patches import Patches

Arrays = Sequence[np.ndarray]
# The values of one batch, in the order of the names that it was opened with.
Run = Callable[[Arrays], Arrays]
OpenTaps = Callable[[Sequence[str]], AbstractContextManager[Run]]
# Tapped values at a time. Each is held twice: where the program keeps it, and as the array that is looked at.
MOST_BYTES = 1 << 29


class Watcher(Protocol):
    """Sees a value once for each batch. NotFinite, which becomes a BAD_CALIBRATION that names the value, if it
    holds what is no number."""

    def update(self, values: np.ndarray) -> None: ...


@dataclass(frozen=True)
class Several:
    """Watchers of one value."""

    watchers: Sequence[Watcher]

    def update(self, values: np.ndarray) -> None:
        for watcher in self.watchers:
            watcher.update(values)


def several(watchers: Iterable[tuple[Value, Watcher]]) -> dict[Value, Several]:
    """All watchers of each value."""
    found: dict[Value, list[Watcher]] = {}
    for value, watcher in watchers:
        found.setdefault(value, []).append(watcher)
    return {value: Several(each) for value, each in found.items()}


@dataclass(frozen=True)
class Runs:
    """Runs of a function on data, as often as they are asked for.

    `open` makes a program that also returns the values of given names. With `threads` more than one value is looked at
    at a time.
    """

    function: Function
    open: OpenTaps
    batches: Callable[[], Iterable[Arrays]]
    count: int | None = None  # batches, if that is known
    threads: int = 1
    progress: Progress = field(default=silent, compare=False)
    most_bytes: int = MOST_BYTES

    def watch(self, watchers: Mapping[Value, Watcher], what: str = "calibrating") -> int:
        """Shows every batch's values to their watchers; returns how many batches there were. As many values at a time
        as memory allows: the data is run through again for others."""
        first = next(iter(self.batches()), None)
        if first is None:
            return 0
        groups = groups_of([*watchers], bind_symbols(self.function, [a.shape for a in first]), self.most_bytes)
        total = (self.count or 0) * len(groups)
        count = done = 0
        with ThreadPoolExecutor(self.threads) as pool:
            for group in groups:
                count = 0
                with self.open([value.name for value in group]) as run:
                    for batch in self.batches():
                        self.progress(what, done, total)
                        self._show(pool, group, run(batch), watchers)
                        count, done = count + 1, done + 1
        self.progress(what, done, done)
        return count

    def _show(
        self, pool: ThreadPoolExecutor, group: Sequence[Value], arrays: Arrays, watchers: Mapping[Value, Watcher]
    ) -> None:
        def update(pair: tuple[Value, np.ndarray]) -> bool:
            value, array = pair
            try:
                watchers[value].update(array)
            except NotFinite:
                return False
            return True

        pairs = [*zip(group, arrays, strict=True)]
        # The largest first, so that no thread waits for one at the end.
        order = sorted(range(len(pairs)), key=lambda index: -pairs[index][1].size)
        is_finite = dict(zip(order, pool.map(update, [pairs[index] for index in order]), strict=True))
        if not all(is_finite.values()):
            raise _not_finite([value for index, value in enumerate(group) if not is_finite[index]])


def groups_of(values: Sequence[Value], sizes: Mapping[str, int], most_bytes: int) -> list[list[Value]]:
    """Values, in order, in groups of no more bytes than that, but for single ones that are larger. `sizes` are those of
    the named dims."""
    groups: list[list[Value]] = []
    room = 0
    for value in values:
        size = _bytes(value, sizes, unknown=most_bytes // 4)
        if not groups or size > room:
            groups.append([])
            room = most_bytes
        groups[-1].append(value)
        room -= size
    return groups


def _bytes(value: Value, sizes: Mapping[str, int], unknown: int) -> int:
    try:
        return evaluate(value.type.count, sizes) * value.type.dtype.numpy.itemsize
    except KeyError:  # it depends on the data
        return unknown


def _not_finite(values: Sequence[Value]) -> MtcError:
    """Of the first: those after it follow from it."""
    value = values[0]
    node = value.producer
    return BAD_CALIBRATION.error(
        f"%{value.name} holds NaN or an infinite number on calibration data",
        op=node.op.name if node is not None else None,
        at="; ".join(map(str, node.loc)) or None if node is not None else None,
        help="leave the operator in floats with --skip, or look for what is wrong with the data or the model",
    )


@dataclass
class Known:
    """What earlier runs of a model on the same data have found, by the values' names: ranges, and the means of what
    layers' weights are multiplied with; over how many batches; and weights that were rounded by that data, for the type
    of the integers and all that they are multiplied with."""

    ranges: dict[str, Range] = field(default_factory=dict)
    means: dict[tuple[str, Patches], np.ndarray] = field(default_factory=dict)
    rounded: dict[tuple[Constant, TensorType, frozenset[tuple[str, Patches]]], Constant] = field(default_factory=dict)
    batches: int | None = None


@dataclass
class Calibrated:
    """The range of each value, and over how many batches."""

    ranges: dict[Value, Range]
    batches: int


def calibrate(
    runs: Runs, values: Sequence[Value], make: MakeObserver, others: Iterable[tuple[Value, Watcher]] = ()
) -> Calibrated:
    """The ranges of `values`, while `others` watch too. BAD_CALIBRATION if one holds what is no number."""
    observers = {value: make() for value in values}
    count = runs.watch(several([*observers.items(), *others]))
    with ThreadPoolExecutor(runs.threads) as pool:
        ranges = pool.map(lambda observer: observer.range(), observers.values())
        return Calibrated(dict(zip(observers, ranges, strict=True)), count)
