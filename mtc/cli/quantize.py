"""`mtc quantize`: makes integers of floats, and says what that costs."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
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


@click.command(cls=MtcCommand)
@model_argument
@output_option("MODEL.SCHEME.mtc")
@quantization_options
@threads_option
@overwrite_option
@json_option
def quantize(
    model: Path | None,
    output: Path | None,
    calibration: str | None,
    recipe: Path | None,
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
    from mtc.quant.schemes import scheme
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output
    from mtc.stages.quantize import QuantSettings, quantize_to

    settings = QuantSettings(threads=threads, **flags)  # type: ignore[arg-type]
    name = scheme(settings.scheme or "int8").name
    model = model_or_last(model, Kind.IR, not_by="quantize")
    output = output or model.with_name(f"{stem(model)}.{name}.mtc")
    check_output(output, Kind.IR, overwrite=overwrite, inputs=(model,), need=model.stat().st_size // 2)
    console.effective("quantize", model=model, calibration=calibration, output=output, **flags)
    result = quantize_to(
        output,
        stages.load(model),
        calibration,
        settings,
        prepare=image_preparation(recipe),
        warn=console.warn,
        progress=console.progress(),
    )
    wrote(output, stage="quantize")
    rows = placed_ops(stages.lowered(result.module))
    before, after = result.source.constant_bytes, result.module.constant_bytes
    facts = result.module.meta["quantization"]
    data = {
        "output": str(output),
        **facts,
        "constant_bytes_before": before,
        "constant_bytes": after,
        "outputs": {label: {"sqnr": loss.sqnr, "cosine": loss.cosine} for label, loss in result.losses.items()},
        "placement": [row.to_json() for row in rows],
    }
    losses = [(label, f"{loss.sqnr:.1f} dB", f"{loss.cosine:.6f}") for label, loss in result.losses.items()]
    sizes = f"constants {console.size(before)} -> {console.size(after)}"
    source = f" from {facts['batches']} batches of {facts['calibration']}" if "batches" in facts else ""
    lines = [
        f"{facts['scheme']}{source}: {sizes}",
        console.table(("output", "SQNR", "cosine"), losses, right=(1, 2)),
        tables.placement(rows),
    ]
    console.report(data, "\n\n".join(lines))
