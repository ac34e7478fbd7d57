"""`mtc quantize`: makes integers of floats, and says what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtc.cli import console, tables
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
    from mtc.analysis.quantization.layers import LayerLoss
    from mtc.analysis.quantization.tuning import Goal
    from mtc.build.progress import Progress
    from mtc.ir.module import Module
    from mtc.quant.data import Data
    from mtc.quant.settings import QuantSettings
    from mtc.stages.quantize import Quantized


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
    from mtc.quant.data import open_data
    from mtc.quant.settings import QuantSettings
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output
    from mtc.stages.quantize import prepared, quantized

    if tune and (min_sqnr is None) == (metric is None):
        raise click.UsageError("--tune wants a goal: --min-sqnr or --metric")
    if not tune and (min_sqnr is not None or metric is not None):
        raise click.UsageError("--min-sqnr and --metric are goals of --tune")
    if min_sqnr is not None and not isfinite(min_sqnr):
        raise click.UsageError(f"--min-sqnr {min_sqnr}: no number of dB")
    settings = QuantSettings(threads=threads, **flags)  # type: ignore[arg-type]
    settings.checked(has_data=calibration is not None)
    model = model_or_last(model, Kind.IR, not_by="quantize")
    output = output or model.with_name(f"{stem(model)}.{settings.chosen_scheme}.mtc")
    check_output(output, Kind.IR, overwrite=overwrite, inputs=(model,), need=model.stat().st_size // 2)
    written = report if report is not None and report != Path("-") else None
    if written is not None:
        _check_report(written, overwrite)
    config = output.with_suffix(".q.yaml")
    if tune:
        check_output(config, Kind.QUANT_CONFIG, overwrite=overwrite)
    console.effective("quantize", model=model, calibration=calibration, output=output, **flags)
    progress = console.progress()
    more: dict[str, Any] = {"warn": console.warn}
    source = stages.load(model)
    prepare = image_preparation(recipe)
    given = None if calibration is None else open_data(calibration, source.functions["forward"], prepare)
    if sensitivity or tune:
        source = prepared(source, given, settings, progress=progress)
    data: dict[str, Any] = {"output": str(output)}
    lines: list[str] = []
    if tune:
        goal = _goal(min_sqnr, metric, max_drop)
        result = _tuned(source, model, given, settings, goal, metric, output, config, progress, more, data, lines)
    else:
        result = quantized(source, given, settings, progress=progress, **more)
    stages.save(result.module, output)
    wrote(output, stage="quantize")
    rows = placed_ops(stages.lowered(result.module))
    before, after = result.source.constant_bytes, result.module.constant_bytes
    facts = result.module.meta["quantization"]
    data |= {
        **facts,
        "constant_bytes_before": before,
        "constant_bytes": after,
        "outputs": {label: {"sqnr": loss.sqnr, "cosine": loss.cosine} for label, loss in result.losses.items()},
        "placement": [row.to_json() for row in rows],
    }
    losses = [(label, f"{loss.sqnr:.1f} dB", f"{loss.cosine:.6f}") for label, loss in result.losses.items()]
    sizes = f"constants {console.size(before)} -> {console.size(after)}"
    origin = f" from {facts['batches']} batches of {facts['calibration']}" if "batches" in facts else ""
    lines += [
        f"{facts['scheme']}{origin}: {sizes}",
        console.table(("output", "SQNR", "cosine"), losses, right=(1, 2)),
    ]
    if sensitivity:
        quiet = more | {"warn": lambda text: None}  # it was said once
        ranked = sensitivities(source, given, settings, known=Known(), progress=progress, **quiet)
        data["sensitivity"] = [row.to_json() for row in ranked]
        cells = [(row.value, row.op, f"{row.sqnr:.1f} dB", row.at) for row in ranked]
        lines.append(console.table(("layer alone", "operator", "SQNR", "where"), cells, right=(2,)))
    if report is not None:
        layers = layer_losses(result, threads)
        data["layers"] = [row.to_json() for row in layers]
        lines.append(_layer_table(layers))
        if written is not None:
            _write_report(written, output.name, result, layers)
    lines.append(tables.placement(rows))
    is_asked_for = sensitivity or tune or report == Path("-")  # results, and no accounts of what was written
    (console.result if is_asked_for else console.report)(data, "\n\n".join(lines))


def _goal(min_sqnr: float | None, metric: Path | None, max_drop: float) -> Goal:
    from mtc.analysis.judges import load_function
    from mtc.analysis.quantization.tuning import Goal

    function = None if metric is None else load_function(metric, "metric", "outputs, references")
    return Goal(min_sqnr, function, max_drop)


def _tuned(
    source: Module,
    model: Path,
    calibration: Data | None,
    settings: QuantSettings,
    goal: Goal,
    metric: Path | None,
    output: Path,
    config: Path,
    progress: Progress,
    more: dict[str, Any],
    data: dict[str, Any],
    lines: list[str],
) -> Quantized:
    """Searches, writes the config that was found, and adds what to print."""
    from mtc.analysis.quantization.tuning import Progressed, Tuner, config_text
    from mtc.stages.reuse import tool_stamp
    from mtc.support.atomic import write_text
    from mtc.support.hashing import file_sha256

    said = replace(settings, threads=1), settings.read_config()
    files = (model, *(calibration.files if calibration is not None else ()), *([metric] if metric else []))
    origin = calibration.origin if calibration is not None else ""
    key = " ".join([origin, str(said), tool_stamp(), *map(file_sha256, files)])
    state = Progressed.of(output.with_suffix(".tune.json"), key)
    if state.points:
        console.note(f"going on with {state.path}, which holds {len(state.points)} measured models")
    found = Tuner(source, calibration, settings, goal, state, progress, **more).search()
    write_text(config, config_text(settings, found.floats))
    console.note(f"wrote {config}")
    state.path.unlink(missing_ok=True)
    front = [
        (
            point.floats,
            console.size(point.constant_bytes),
            f"{point.milliseconds:.2f}",
            f"{point.sqnr:.1f} dB",
            "" if point.drop is None else f"{100 * point.drop:.2f}%",
        )
        for point in found.points
    ]
    lines.append(console.table(("layers in floats", "constants", "ms", "SQNR", "drop"), front, right=(0, 1, 2, 3, 4)))
    data |= {
        "config": str(config),
        "floats": list(found.floats),
        "front": [point.to_json() for point in found.points],
        "sensitivity": [row.to_json() for row in found.ranked],
    }
    return found.result


def _check_report(path: Path, overwrite: bool) -> None:
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    if path.suffix.lower() not in (".html", ".htm", ".json"):
        raise click.UsageError(f"--report {path}: the name ends with .html or .json")
    check_output(path, Kind.REPORT, overwrite=overwrite)


def _layer_table(layers: Sequence[LayerLoss]) -> str:
    rows = [
        (row.value, row.op, f"{row.loss.sqnr:.1f} dB", f"{row.loss.cosine:.6f}", f"{100 * row.saturated:.3f}%", row.at)
        for row in layers
    ]
    return console.table(("value", "operator", "SQNR", "cosine", "saturated", "where"), rows, right=(2, 3, 4))


def _write_report(path: Path, name: str, result: Quantized, layers: Sequence[LayerLoss]) -> None:
    from mtc.analysis.quantization.page import page
    from mtc.diagnostics import writing
    from mtc.support.atomic import write_text

    facts = result.module.meta["quantization"]
    if path.suffix.lower() == ".json":
        outputs = {label: {"sqnr": loss.sqnr, "cosine": loss.cosine} for label, loss in result.losses.items()}
        content = console.json_text({**facts, "outputs": outputs, "layers": [row.to_json() for row in layers]})
    else:
        content = page(name, facts, result.losses, layers)
    with writing(path):
        write_text(path, content)
    console.note(f"wrote {path}")
