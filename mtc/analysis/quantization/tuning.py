"""Mixed precision: the fewest layers in floats with which a quantized model is good enough.

Layers are ranked by the loss that each causes alone, and left in floats from the most sensitive on, until the goal is
met: how many is found by bisection. What has been measured is kept in a file, so that an interrupted search goes on.
"""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mtc.analysis.quantization.sensitivity import Sensitivity, sensitivities, worst_sqnr
from mtc.build.progress import Progress, silent
from mtc.diagnostics import BAD_JUDGE, NOT_GOOD_ENOUGH
from mtc.quant.calibration import Arrays, Known, Run
from mtc.quant.config import FLOAT, Rule, pattern_of, text_of
from mtc.quant.settings import Resolved
from mtc.stages.kinds import QUANT_CONFIG_MARK
from mtc.stages.quantize import Prepared, Quantized, rounded, running
from mtc.stages.reuse import tool_stamp
from mtc.support import strict_json
from mtc.support.atomic import write_text
from mtc.support.hashing import file_sha256

# metric(outputs, references): both hold the outputs of every batch in turn. Higher is better.
Metric = Callable[[Sequence[Arrays], Sequence[Arrays]], float]
_TIMED = 5


@dataclass(frozen=True)
class Goal:
    """What is good enough: an SQNR of every output, or a metric that drops no more than that from the float model's."""

    min_sqnr: float | None = None
    metric: Metric | None = None
    max_drop: float = 0.0

    def is_met(self, point: Point) -> bool:
        if self.min_sqnr is not None and point.sqnr < self.min_sqnr:
            return False
        return point.drop is None or point.drop <= self.max_drop


@dataclass(frozen=True)
class Point:
    """A model with `floats` layers left in floats: bytes of its constants, milliseconds of an inference on one thread,
    the SQNR (dB) of its worst output, and how far the metric dropped."""

    floats: int
    constant_bytes: int
    milliseconds: float
    sqnr: float
    drop: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Progressed:
    """What a search has measured so far. `key` says of what: a file of another model, other data, settings or another
    goal is not used."""

    path: Path
    key: str
    known: Known = field(default_factory=Known)
    alone: dict[str, float] = field(default_factory=dict)
    points: dict[int, Point] = field(default_factory=dict)

    @staticmethod
    def of(path: Path, key: str) -> Progressed:
        found = Progressed(path, key)
        try:
            content = strict_json.load(path.read_text(encoding="utf-8"))
            if content["key"] != key:
                return found
            ranges = {name: (float(low), float(high)) for name, (low, high) in content["ranges"].items()}
            found.known = Known(ranges, batches=content["batches"])
            found.alone = {name: float(sqnr) for name, sqnr in content["alone"].items()}
            found.points = {row["floats"]: Point(**row) for row in content["points"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Progressed(path, key)
        return found

    def save(self) -> None:
        points = [point.to_json() for point in self.points.values()]
        found = {"ranges": self.known.ranges, "batches": self.known.batches, "alone": self.alone, "points": points}
        write_text(self.path, json.dumps({"key": self.key, **found}))


def search_key(ready: Prepared, files: Iterable[Path]) -> str:
    """What a search is of: settings, mtc itself, and the content of the files that hold the model, the data and the
    metric."""
    told = replace(ready.settings, threads=1)
    return " ".join([ready.data.origin, str(told), tool_stamp(), *map(file_sha256, files)])


@dataclass(frozen=True)
class Tuned:
    """The model that was found, the layers that stay in floats, the rules that say so, and the points on the way,
    fewest floats first."""

    result: Quantized
    floats: tuple[str, ...]
    rules: tuple[Rule, ...]
    ranked: list[Sensitivity]
    points: list[Point]


@dataclass(frozen=True)
class Tuner:
    """One search. What it has measured so far is in `state`, and in its file."""

    ready: Prepared
    goal: Goal
    state: Progressed
    warn: Callable[[str], None] = warnings.warn
    progress: Progress = silent

    def search(self) -> Tuned:
        """NOT_GOOD_ENOUGH if even with every layer in floats the goal is not met."""
        ranked: list[Sensitivity] = []
        count = 0
        if not self._is_good(0, ranked):
            ranked = self._ranked()
            count = self._fewest(ranked)
        floats = tuple(row.value for row in ranked[:count])
        rules = self._rules(floats)
        points = [self.state.points[number] for number in sorted(self.state.points)]
        return Tuned(self._rounded(rules), floats, rules, ranked, points)

    def _fewest(self, ranked: Sequence[Sensitivity]) -> int:
        """How many layers in floats are enough: more and more of them, then by bisection between too few and enough."""
        low, high = 0, 1
        while high < len(ranked) and not self._is_good(high, ranked):
            low, high = high, min(2 * high, len(ranked))
        if high >= len(ranked) and not self._is_good(len(ranked), ranked):
            raise NOT_GOOD_ENOUGH.error(
                "the goal is not met with every layer in floats",
                notes=(f"the SQNR is {self.state.points[len(ranked)].sqnr:.1f} dB then",),
            )
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._is_good(middle, ranked) else (middle, high)
        return high

    def _ranked(self) -> list[Sensitivity]:
        return sensitivities(
            self.ready,
            known=self.state.known,
            done=self.state.alone,
            found=lambda row: self.state.save(),
            warn=self.warn,
            progress=self.progress,
        )

    def _is_good(self, count: int, ranked: Sequence[Sensitivity]) -> bool:
        if count not in self.state.points:
            self.progress(f"measuring with {count} layers in floats", 0, 0)
            result = self._rounded(self._rules(tuple(row.value for row in ranked[:count])))
            self.state.points[count] = self._measured(count, result)
            self.state.save()
        return self.goal.is_met(self.state.points[count])

    def _rules(self, floats: Sequence[str]) -> tuple[Rule, ...]:
        return (*self.ready.settings.rules, *(Rule(pattern_of(name), FLOAT) for name in floats))

    def _rounded(self, rules: tuple[Rule, ...]) -> Quantized:
        return rounded(self.ready, rules, known=self.state.known, warn=self.warn)

    def _measured(self, count: int, result: Quantized) -> Point:
        with running(result.module) as run:
            drop = None if self.goal.metric is None else self._drop(self.goal.metric, run)
            milliseconds = _milliseconds(run, next(iter(self.ready.data.batches())))
        return Point(count, result.module.constant_bytes, milliseconds, worst_sqnr(result), drop)

    @cached_property
    def _wanted(self) -> list[tuple[Arrays, Arrays]]:
        """All batches, with the float model's outputs."""
        with running(self.ready.source) as run:
            return [(batch, run(batch)) for batch in self.ready.data.batches()]

    def _drop(self, metric: Metric, run: Run) -> float:
        want = [outputs for _, outputs in self._wanted]
        got = [run(batch) for batch, _ in self._wanted]
        return _number(metric(want, want)) - _number(metric(got, want))


def _number(found: object) -> float:
    """What a metric returned. BAD_JUDGE if it is no number: a comparison with it would say nothing."""
    try:
        value = float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise BAD_JUDGE.error(f"`metric` returned {found!r:.60}, which is no finite number", help="higher is better")
    return value


def _milliseconds(run: Run, batch: Arrays) -> float:
    """The least of a few, after one that packs weights."""
    times = []
    for _ in range(_TIMED + 1):
        start = time.perf_counter()
        run(batch)
        times.append(1e3 * (time.perf_counter() - start))
    return min(times[1:])


def config_text(settings: Resolved, rules: tuple[Rule, ...]) -> str:
    """The q.yaml of what was found: `mtc quantize --config` makes the same model again."""
    found = text_of(replace(settings, rules=rules).to_config())
    return f"{QUANT_CONFIG_MARK}; docs/quantization.md lists the keys.\n{found}"
