"""`mtc quantize`: makes integers of floats, and says what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtc.cli import console, tables
from mtc.cli import quantization_report as reports
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    Percent,
    image_preparation,
    model_argument,
    model_or_last,
    output_option,
    overwrite_option,
    quantization_options,
    stem,
    threads_option,
    wrote,
)

if TYPE_CHECKING:
    from mtc.analysis.quantization.tuning import Goal, Progressed, Tuned
    from mtc.build.progress import Progress
    from mtc.stages.quantize import Prepared


@click.command(cls=MtcCommand)
@model_argument
@output_option("MODEL.SCHEME.mtc")
@quantization_options
@click.option(
    "--report",
    type=PATH,
    is_flag=False,
    flag_value=Path("-"),
    help="Show the loss of each layer; with a name write it, as HTML with plots or as JSON.",
)
@click.option("--sensitivity", is_flag=True, help="Rank layers by the loss that each causes alone.")
@click.option("--tune", is_flag=True, help="Leave the fewest layers in floats with which the goal is met.")
@click.option("--min-sqnr", type=float, metavar="DB", help="--tune: the SQNR of every output.")
@click.option("--metric", type=PATH, help="--tune: a metric.py with `metric(outputs, references)`; higher is better.")
@click.option(
    "--max-drop", type=Percent(), default="1%", show_default=True, help="--tune: how far the metric may drop."
)
@threads_option
@overwrite_option
@json_option
def quantize(
    model: Path | None,
    output: Path | None,
    calibration: str | None,
    recipe: Path | None,
    report: Path | None,
    sensitivity: bool,
    tune: bool,
    min_sqnr: float | None,
    metric: Path | None,
    max_drop: float,
    threads: int,
    overwrite: bool,
    **flags: object,
) -> None:
    """Make a float MODEL compute in integers, with scales from calibration data, and show what it costs.

    \b
    Example:
      mtc quantize model.mtc --scheme int8 --calibration batches.npz
    """
    from mtc import stages
    from mtc.analysis.placement import placed_ops
    from mtc.analysis.quantization.layers import layer_losses
    from mtc.analysis.quantization.sensitivity import sensitivities
    from mtc.quant.calibration import Known
    from mtc.quant.settings import QuantSettings
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output
    from mtc.stages.quantize import prepared, rounded

    goal = _goal(tune, min_sqnr, metric, max_drop)
    settings = QuantSettings(threads=threads, **flags)  # type: ignore[arg-type]
    told = settings.resolved()
    told.check_data(calibration is not None)
    model = model_or_last(model, Kind.IR, not_by="quantize")
    output = output or model.with_name(f"{stem(model)}.{told.scheme.name}.mtc")
    check_output(output, Kind.IR, overwrite=overwrite, inputs=(model,), need=model.stat().st_size // 2)
    page = report if report is not None and report != Path("-") else None
    if page is not None:
        reports.check_report(page, overwrite)
    config = output.with_suffix(".q.yaml")
    if goal is not None:
        check_output(config, Kind.QUANT_CONFIG, overwrite=overwrite)
    console.effective("quantize", model=model, calibration=calibration, output=output, **flags)
    progress = console.progress()
    prepare = image_preparation(recipe)
    ready = prepared(stages.load(model), calibration, settings, prepare=prepare, progress=progress)
    data: dict[str, Any] = {"output": str(output)}
    lines: list[str] = []
    known, alone = Known(), dict[str, float]()
    if goal is None:
        result = rounded(ready, known=known, warn=console.warn, progress=progress)
    else:
        files = (model, *ready.data.files, *([metric] if metric is not None else []))
        tuned, state = _tuned(ready, goal, files, config, progress)
        result, known, alone = tuned.result, state.known, state.alone
        lines.append(reports.front(tuned.points))
        data |= {
            "config": str(config),
            "floats": list(tuned.floats),
            "front": [point.to_json() for point in tuned.points],
            "sensitivity": [row.to_json() for row in tuned.ranked],
        }
    stages.save(result.module, output)
    wrote(output, stage="quantize")
    rows = placed_ops(stages.lowered(result.module))
    before, after = ready.source.constant_bytes, result.module.constant_bytes
    facts = result.module.meta["quantization"]
    data |= {
        **facts,
        "constant_bytes_before": before,
        "constant_bytes": after,
        "outputs": reports.outputs_json(result.losses),
        "placement": [row.to_json() for row in rows],
    }
    origin = f" from {facts['batches']} batches of {facts['calibration']}" if "batches" in facts else ""
    lines += [
        f"{facts['scheme']}{origin}: constants {console.size(before)} -> {console.size(after)}",
        reports.outputs(result.losses),
    ]
    if sensitivity:
        ranked = sensitivities(ready, known=known, done=alone, warn=console.warn, progress=progress)
        data["sensitivity"] = [row.to_json() for row in ranked]
        lines.append(reports.ranking(ranked))
    if report is not None:
        layers = layer_losses(result)
        data["layers"] = [row.to_json() for row in layers]
        lines.append(reports.layers(layers))
        if page is not None:
            reports.write_report(page, output.name, result, layers)
    lines.append(tables.placement(rows))
    is_asked_for = sensitivity or tune or report == Path("-")  # results, and no accounts of what was written
    (console.result if is_asked_for else console.report)(data, "\n\n".join(lines))


def _goal(tune: bool, min_sqnr: float | None, metric: Path | None, max_drop: float) -> Goal | None:
    """What --tune is for; None without it. Usage error if the two do not fit."""
    from mtc.analysis.judges import load_function
    from mtc.analysis.quantization.tuning import Goal

    if tune and (min_sqnr is None) == (metric is None):
        raise click.UsageError("--tune wants a goal: --min-sqnr or --metric")
    if not tune and (min_sqnr is not None or metric is not None):
        raise click.UsageError("--min-sqnr and --metric are goals of --tune")
    if min_sqnr is not None and not isfinite(min_sqnr):
        raise click.UsageError(f"--min-sqnr {min_sqnr}: no number of dB")
    function = None if metric is None else load_function(metric, "metric", "outputs, references")
    return Goal(min_sqnr, function, max_drop) if tune else None


def _tuned(
    ready: Prepared, goal: Goal, files: Sequence[Path], config: Path, progress: Progress
) -> tuple[Tuned, Progressed]:
    """Searches, and writes the config that was found; also what the search has measured."""
    from mtc.analysis.quantization.tuning import Progressed, Tuner, config_text, search_key
    from mtc.support.atomic import write_text

    path = config.with_name(f"{config.name.removesuffix('.q.yaml')}.tune.json")
    state = Progressed.of(path, search_key(ready, files))
    if state.points:
        console.note(f"going on with {state.path}, which holds {len(state.points)} measured models")
    found = Tuner(ready, goal, state, console.warn, progress).search()
    write_text(config, config_text(ready.settings, found.rules))
    console.note(f"wrote {config}")
    state.path.unlink(missing_ok=True)
    return found, state
