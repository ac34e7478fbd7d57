"""Mixed precision: the fewest layers in floats with which a quantized model is good enough.

Layers are ranked by the loss that each causes alone, and left in floats from the most sensitive on, until the goal is
met: how many is found by bisection. What has been measured is kept in a file, so that an interrupted search goes on.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mtc.analysis.quantization.sensitivity import Sensitivity, sensitivities, worst_sqnr
from mtc.build.progress import Progress, silent
from mtc.diagnostics import BAD_JUDGE, NOT_GOOD_ENOUGH
from mtc.ir.module import Module
from mtc.quant.calibration import Known
from mtc.quant.config import VERSION, value_pattern
from mtc.quant.settings import QuantSettings
from mtc.session import Session
from mtc.stages.kinds import QUANT_CONFIG_MARK
from mtc.stages.package import package
from mtc.stages.quantize import Quantized, quantized
from mtc.support.atomic import write_text

# metric(outputs, references): both hold the outputs of every batch in turn. Higher is better.
Metric = Callable[[Sequence[Sequence[np.ndarray]], Sequence[Sequence[np.ndarray]]], float]
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
            content = json.loads(path.read_text(encoding="utf-8"))
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


@dataclass(frozen=True)
class Tuned:
    """The model that was found, the layers that stay in floats, and the points on the way, fewest floats first."""

    result: Quantized
    floats: tuple[str, ...]
    ranked: list[Sensitivity]
    points: list[Point]


class Tuner:
    """One search."""

    def __init__(
        self,
        model: Module,
        calibration: Any,
        settings: QuantSettings,
        goal: Goal,
        state: Progressed,
        progress: Progress = silent,
        **more: Any,
    ) -> None:
        self.model = model
        self.calibration = calibration
        self.settings = settings
        self.goal = goal
        self.state = state
        self.known = state.known
        self.progress = progress
        self.more = more

    def search(self) -> Tuned:
        """NOT_GOOD_ENOUGH if even with every layer in floats the goal is not met."""
        ranked: list[Sensitivity] = []
        if not self._is_good(0, ranked):
            ranked = self._ranked()
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
            count = high
        else:
            count = 0
        floats = tuple(row.value for row in ranked[:count])
        return Tuned(self._quantized(floats), floats, ranked, [self.state.points[n] for n in sorted(self.state.points)])

    def _ranked(self) -> list[Sensitivity]:
        return sensitivities(
            self.model,
            self.calibration,
            self.settings,
            known=self.known,
            done=self.state.alone,
            found=lambda row: self.state.save(),
            progress=self.progress,
            **self.more,
        )

    def _is_good(self, count: int, ranked: Sequence[Sensitivity]) -> bool:
        if count not in self.state.points:
            self.progress(f"measuring with {count} layers in floats", 0, 0)
            result = self._quantized(tuple(row.value for row in ranked[:count]))
            self.state.points[count] = self._measured(count, result)
            self.state.save()
        return self.goal.is_met(self.state.points[count])

    def _quantized(self, floats: tuple[str, ...]) -> Quantized:
        chosen = replace(self.settings, skip=(*self.settings.skip, *map(value_pattern, floats)))
        return quantized(self.model, self.calibration, chosen, known=self.known, **self.more)

    def _measured(self, count: int, result: Quantized) -> Point:
        path = self.state.path.with_suffix(".mtp")
        try:
            package(result.module, path)
            with Session(path) as session:
                batches = [list(batch) for batch in result.data.batches()]
                milliseconds = _milliseconds(session, batches[0])
                drop = None if self.goal.metric is None else self._drop(session, result, batches)
        finally:
            path.unlink(missing_ok=True)
        return Point(count, result.module.constant_bytes, milliseconds, worst_sqnr(result), drop)

    def _drop(self, session: Session, result: Quantized, batches: Sequence[list[np.ndarray]]) -> float:
        assert self.goal.metric is not None
        path = self.state.path.with_suffix(".float.mtp")
        try:
            package(result.source, path)
            with Session(path) as reference:
                want = [_run(reference, batch) for batch in batches]
        finally:
            path.unlink(missing_ok=True)
        got = [_run(session, batch) for batch in batches]
        return _number(self.goal.metric(want, want)) - _number(self.goal.metric(got, want))


def _number(found: object) -> float:
    """What a metric returned. BAD_JUDGE if it is no number: a comparison with it would say nothing."""
    try:
        value = float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise BAD_JUDGE.error(f"`metric` returned {found!r:.60}, which is no finite number", help="higher is better")
    return value


def _run(session: Session, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
    session.reset_state()
    return session.run(*batch)


def _milliseconds(session: Session, batch: Sequence[np.ndarray]) -> float:
    """The least of a few, after one that packs weights."""
    times = []
    for _ in range(_TIMED + 1):
        start = time.perf_counter()
        _run(session, batch)
        times.append(1e3 * (time.perf_counter() - start))
    return min(times[1:])


def config_text(settings: QuantSettings, floats: Sequence[str]) -> str:
    """The q.yaml of what was found: `mtc quantize --config` makes the same model again."""
    config = settings.read_config()
    scheme, improvements = settings.scheme_of(config), settings.improvements(config)
    chosen = replace(settings, skip=(*settings.skip, *map(value_pattern, floats)))
    content = {
        "version": VERSION,
        "scheme": scheme.name,
        "observer": settings.chosen_observer,
        **{name.replace("_", "-"): value for name, value in improvements.facts().items()},
        "correct-bias": improvements.correct_bias,
        **({"block": scheme.block} if scheme.block is not None else {}),
        "per-tensor": not scheme.per_channel,
        "rules": [asdict(rule) for rule in chosen.chosen_rules],
    }
    return f"{QUANT_CONFIG_MARK}; docs/quantization.md lists the keys.\n" + yaml.safe_dump(content, sort_keys=False)
