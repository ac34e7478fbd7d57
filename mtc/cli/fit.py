"""`mtc fit`: a model rewritten onto the kernels of a runtime that ships already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    model_argument,
    model_or_last,
    offline_option,
    output_option,
    overwrite_option,
    stem,
    wrote,
)
from mtc.diagnostics import MtcError
from mtc.support.plural import counted

if TYPE_CHECKING:
    from mtc.stages.fit import Fit, Shipped


@click.command(cls=MtcCommand)
@model_argument
@click.option("--runtime", type=PATH, required=True, help="What ships: an ops.yaml, or a folder of build-runtime.")
@output_option("MODEL.fitted.mtc")
@click.option(
    "--measure/--no-measure",
    default=True,
    help="Where it cannot be fitted: build both runtimes to say what the smallest addition costs. Default: yes.",
)
@offline_option
@overwrite_option
@json_option
def fit(model: Path | None, runtime: Path, output: Path | None, measure: bool, offline: bool, overwrite: bool) -> None:
    """Rewrite MODEL onto the kernels of a runtime that ships already, so that the app needs no update.

    Operators are placed on other libraries, decomposed, cast or said by equal ones; the result is run beside the
    original. Where that is impossible, the smallest addition to the runtime is named, and its bytes.

    \b
    Example:
      mtc fit model.optimized.mtc --runtime ops.yaml
    """
    from mtc import stages
    from mtc.stages.fit import refuse, shipped
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    model = model_or_last(model, Kind.IR)
    output = output or Path(f"{model.parent / stem(model)}.fitted.mtc")
    program = output.with_name(f"{output.name.removesuffix('.mtc')}.mtp")  # never the output, nor another's program
    check_output(output, Kind.IR, overwrite=overwrite, inputs=(model, runtime))
    check_output(program, Kind.PROGRAM, overwrite=overwrite, inputs=(model, runtime))
    ships = shipped(runtime)
    console.effective("fit", model=model, runtime=runtime, kernels=len(ships.kernels), output=output, program=program)
    found, excess = stages.fit_to(output, program, stages.load(model), ships.kernels, progress=console.progress())
    if found.stuck:
        refuse(found, _costs(ships, found, offline) if measure else None, ships.listed_in)
    wrote(program)
    wrote(output)
    data: dict[str, Any] = {
        "output": str(output),
        "program": str(program),
        "kernels": list(found.lowered.keys),
        "difference": excess,
        "moved": [{"from": old, "to": new, "nodes": count} for (old, new), count in found.moved.items()],
        "changes": [
            {"operator": change.op, "at": list(change.at), "rules": list(change.rules), "became": list(change.became)}
            for change in found.changes
        ],
    }
    console.report(data, lambda: _table(found, excess))


def _costs(ships: Shipped, found: Fit, offline: bool) -> dict[str, int] | None:
    """The bytes of the smallest addition. What it is, is worth saying where they cannot be measured: without the
    target's toolchain, for example."""
    from mtc.stages.fit_checks import added_bytes

    try:
        return added_bytes(ships.kernels, found.addition, ships.target, progress=console.progress(), offline=offline)
    except MtcError as error:
        console.warn(f"what the smallest addition costs was not measured: {error.diagnostics[0].message}")
        return None


def _table(found: Fit, excess: float) -> str:
    """Each operator that was rewritten, the same changes of it on one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for change in found.changes:
        row = (change.op, " ".join(change.became) or "nothing", ", ".join(change.rules))
        groups.setdefault(row, []).append("; ".join(change.at))
    rows = [
        (op, len(places), became, how, "; ".join(dict.fromkeys(places)))
        for (op, became, how), places in groups.items()
    ]
    head = ("operator", "nodes", "became", "by", "source lines")
    table = console.table(head, rows, right=(1,)) if rows else "every operator has its kernels; nothing was rewritten"
    moved = [(old, new, count) for (old, new), count in found.moved.items()]
    if moved:
        table += "\n\n" + console.table(("instead of", "runs in", "nodes"), moved, right=(2,))
    kernels = counted(len(found.lowered.keys), "kernel")
    apart = f"differ from the model's by {excess:.2g} of what rounding may change" if excess else "are the model's"
    return f"{table}\nit runs on {kernels} of the runtime; its outputs {apart}"
