"""`mtc package`: the IR → a program that runtimes load."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    given_backend_option,
    model_argument,
    model_or_last,
    no_fallback_option,
    output_option,
    overwrite_option,
    stem,
    wrote,
)


@click.command(cls=MtcCommand)
@model_argument
@output_option("MODEL.mtp")
@given_backend_option
@click.option("--runtime", type=PATH, help="A folder of `mtc build-runtime`: check that it can run the program.")
@no_fallback_option
@overwrite_option
@json_option
def package(
    model: Path | None,
    output: Path | None,
    backend: tuple[str, ...] | None,
    runtime: Path | None,
    no_fallback: bool,
    overwrite: bool,
) -> None:
    """Write the program of MODEL, as runtimes load it.

    \b
    Example:
      mtc package model.optimized.mtc -o model.mtp
    """
    from mtc import stages
    from mtc.analysis.placement import placed_ops
    from mtc.delegates.registry import backends
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    backends(backend or ())
    model = model_or_last(model, Kind.IR)
    output = output or model.with_name(f"{stem(model)}.mtp")
    check_output(output, Kind.PROGRAM, overwrite=overwrite, inputs=(model,), need=model.stat().st_size)
    module = stages.load(model)
    console.effective(
        "package",
        model=model,
        backend=stages.chosen_backends(module, backend),
        runtime=runtime,
        no_fallback=no_fallback,
        output=output,
    )
    lowered = stages.lowered(module, backend)
    stages.package_to(output, lowered, runtime=runtime, no_fallback=no_fallback)
    wrote(output)
    rows = placed_ops(lowered)
    data = {"output": str(output), "bytes": output.stat().st_size, "kernels": list(lowered.keys)}
    console.report(data | {"placement": [row.to_json() for row in rows]}, lambda: tables.placement(rows))
