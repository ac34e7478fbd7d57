"""`bench --baseline`: measurements beside those of before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc.diagnostics import CANNOT_READ, OTHER_PROGRAM, REGRESSION, collected
from mtc.program.reader import Program, interface_of
from mtc.support import strict_json

# Compared with a baseline: the key, and what it is called. Smaller is better.
COMPARED = {"median_ms": "median latency", "load_ms": "cold load", "peak_memory": "peak memory"}
_REMEDY = "mtc bench MODEL --json > baseline.json"
# What a measurement depends on.
SETTING = ("program", "backends", "threads", "inputs", "runtime", "machine")


@dataclass(frozen=True)
class Baseline:
    """What was measured before: the compared measurements, and how they were taken."""

    measured: Mapping[str, float]
    setting: Mapping[str, object]
    interface: Mapping[str, Mapping[str, str]]


def read(path: Path) -> Baseline:
    """The measurements to compare with. CANNOT_READ if the file is not what `mtc bench --json` writes."""
    try:
        text = path.read_text(encoding="utf-8")
        if not text.strip():  # `mtc bench --json > b.json` that failed leaves such a file
            raise CANNOT_READ.error(f"`{path}` is empty", help=_REMEDY)
        content = strict_json.load(text)
        measured = {key: float(content[key]) for key in COMPARED}
        if not all(0 <= value < math.inf for value in measured.values()):
            raise ValueError("a measurement is no positive number")
        return Baseline(
            measured,
            {key: content[key] for key in SETTING},
            {kind: dict(types) for kind, types in dict(content["interface"]).items()},
        )
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CANNOT_READ.error(f"`{path}` is not what `mtc bench --json` writes", help=_REMEDY) from error


def check_program(program: Program, base: Baseline) -> None:
    """OTHER_PROGRAM, before anything is measured, if the baseline is of a program with other inputs or outputs."""
    with collected() as report:
        for kind, types in interface_of(program).items():
            was, now = _typed(base.interface.get(kind, {})), _typed(types)
            if was != now:
                report(
                    OTHER_PROGRAM(
                        f"the baseline is of a program whose {kind} are {was or 'none'}; `{program.path.name}` has "
                        f"{now or 'none'}",
                        help=f"mtc bench {program.path} --json > baseline.json",
                    )
                )


def _typed(types: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {type}" for name, type in types.items())


def unlike(measured: Mapping[str, Any], base: Baseline) -> list[str]:
    """How the baseline was taken in another way, so that its numbers may mean little."""
    return [
        f"the baseline was measured with {key}={_worded(base.setting[key])}, this with {key}={_worded(measured[key])}"
        for key in SETTING
        if measured[key] != base.setting[key]
    ]


def _worded(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def compared(measured: Mapping[str, Any], base: Baseline) -> dict[str, float]:
    """Each compared measurement divided by the baseline's, where that is not 0."""
    return {key: float(measured[key]) / base.measured[key] for key in COMPARED if base.measured[key]}


def refuse_regression(measured: Mapping[str, Any], base: Baseline, most: float) -> None:
    """REGRESSION that names the measurements above 1 + `most` of the baseline's."""
    with collected() as report:
        for key, ratio in compared(measured, base).items():
            if ratio > 1 + most:
                was, now = f"{base.measured[key]:.6g}", f"{measured[key]:.6g}"
                what = f"{COMPARED[key]} is {ratio - 1:.1%} worse than the baseline, and {most:.1%} are allowed"
                report(REGRESSION(what, notes=(f"{was} became {now}",)))
