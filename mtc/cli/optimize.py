"""`mtc optimize`: rewrites a model into canonical form and shows where it will run."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import completing, console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    disable_pass_option,
    model_argument,
    model_or_last,
    new_backend_option,
    no_fallback_option,
    output_option,
    overwrite_option,
    stem,
    verify_each_option,
    wrote,
)


@click.command(cls=MtcCommand)
@model_argument
@output_option("MODEL.optimized.mtc")
@new_backend_option
@verify_each_option
@click.option(
    "--print-ir-after",
    metavar="PASS",
    help="Print the IR after each change by PASS, or `all`, on stderr.",
    shell_complete=completing.passes,
)
@click.option("--time-passes", is_flag=True, help="Print the seconds that each pass took.")
@disable_pass_option
@no_fallback_option
@overwrite_option
@json_option
def optimize(
    model: Path | None,
    output: Path | None,
    backend: tuple[str, ...],
    verify_each: bool,
    print_ir_after: str | None,
    time_passes: bool,
    disable_pass: tuple[str, ...],
    no_fallback: bool,
    overwrite: bool,
) -> None:
    """Rewrite MODEL into canonical form and show where each operator will run.

    \b
    Example:
      mtc optimize model.mtc --backend xnnpack
    """
    from mtc import stages
    from mtc.analysis.placement import placed_ops
    from mtc.delegates.registry import backends
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    backends(backend)
    options = stages.pass_options(
        disable_pass, verify_each=verify_each, print_after=print_ir_after, write=lambda text: click.echo(text, err=True)
    )
    model = model_or_last(model, Kind.IR, not_by="optimize")
    output = output or model.with_name(f"{stem(model)}.optimized.mtc")
    check_output(output, Kind.IR, overwrite=overwrite, inputs=(model,), need=model.stat().st_size)
    console.effective(
        "optimize",
        model=model,
        backend=backend,
        disable_pass=disable_pass,
        no_fallback=no_fallback,
        verify_each=verify_each,
        output=output,
    )
    optimized = stages.optimize_to(output, stages.load(model), backend, options=options, no_fallback=no_fallback)
    wrote(output, stage="optimize")
    rows = placed_ops(optimized.lowered)
    before, after = optimized.nodes_before, optimized.module.node_count
    timings = dict(sorted((options.timings or {}).items(), key=lambda item: -item[1]))
    data = {"output": str(output), "nodes_before": before, "nodes": after, "placement": [row.to_json() for row in rows]}
    text = f"{optimized.summary}\n{tables.placement(rows)}"
    if time_passes:
        data["pass_seconds"] = timings
        text += "\n\n" + console.table(("pass", "ms"), [(n, f"{1000 * s:.1f}") for n, s in timings.items()], right=(1,))
    console.report(data, text)
