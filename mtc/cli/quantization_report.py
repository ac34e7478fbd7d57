"""What quantization costs, as tables, JSON and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtc.cli import console

if TYPE_CHECKING:
    from mtc.analysis.quantization.layers import LayerLoss
    from mtc.analysis.quantization.sensitivity import Sensitivity
    from mtc.analysis.quantization.tuning import Point
    from mtc.quant.sqnr import Loss
    from mtc.stages.quantize import Quantized


def check_report(path: Path, overwrite: bool) -> None:
    """Usage error or NOT_OVERWRITTEN if a report cannot go there."""
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    if path.suffix.lower() not in (".html", ".htm", ".json"):
        raise click.UsageError(f"--report {path}: the name ends with .html or .json")
    check_output(path, Kind.REPORT, overwrite=overwrite)


def write_report(path: Path, name: str, result: Quantized, layers: Sequence[LayerLoss]) -> None:
    """Of the model that is called `name`, as a page, or as JSON if `path` says so."""
    from mtc.analysis.quantization.page import page
    from mtc.diagnostics import writing
    from mtc.support.atomic import write_text

    facts = result.module.meta["quantization"]
    if path.suffix.lower() == ".json":
        content = console.json_text(
            {**facts, "outputs": outputs_json(result.losses), "layers": [row.to_json() for row in layers]}
        )
    else:
        content = page(name, facts, result.losses, layers)
    with writing(path):
        write_text(path, content)
    console.note(f"wrote {path}")


def outputs_json(losses: Mapping[str, Loss]) -> dict[str, Any]:
    return {label: asdict(loss) for label, loss in losses.items()}


def outputs(losses: Mapping[str, Loss]) -> str:
    rows = [(label, f"{loss.sqnr:.1f} dB", f"{loss.cosine:.6f}") for label, loss in losses.items()]
    return console.table(("output", "SQNR", "cosine"), rows, right=(1, 2))


def layers(found: Sequence[LayerLoss]) -> str:
    rows = [
        (row.value, row.op, f"{row.loss.sqnr:.1f} dB", f"{row.loss.cosine:.6f}", f"{100 * row.saturated:.3f}%", row.at)
        for row in found
    ]
    return console.table(("value", "operator", "SQNR", "cosine", "saturated", "where"), rows, right=(2, 3, 4))


def ranking(ranked: Sequence[Sensitivity]) -> str:
    rows = [(row.value, row.op, f"{row.sqnr:.1f} dB", row.at) for row in ranked]
    return console.table(("layer alone", "operator", "SQNR", "where"), rows, right=(2,))


def front(points: Sequence[Point]) -> str:
    rows = [
        (
            point.floats,
            console.size(point.constant_bytes),
            f"{point.milliseconds:.2f}",
            f"{point.sqnr:.1f} dB",
            "" if point.drop is None else f"{100 * point.drop:.2f}%",
        )
        for point in points
    ]
    return console.table(("layers in floats", "constants", "ms", "SQNR", "drop"), rows, right=(0, 1, 2, 3, 4))
