"""`mtc verify`: compares a program with the model it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mtc.analysis.limits import Limits
from mtc.cli import completing, console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import PATH, device_option, model_argument, model_or_last, runtime_option, threads_option

if TYPE_CHECKING:
    from mtc.analysis.verify import Difference


@click.command(cls=MtcCommand)
@model_argument
@click.option(
    "--against",
    metavar="SRC",
    required=True,
    help="What `mtc export` reads, or a .mtc.",
    shell_complete=completing.sources,
)
@click.option("--data", type=PATH, help="A .npz, or a folder of them. Default: the source's example inputs.")
@click.option(
    "--max-rel",
    type=click.FloatRange(0),
    default=Limits.max_rel,
    show_default=True,
    help="Most of max|got-want| / max|want|.",
)
@click.option(
    "--min-cosine",
    type=click.FloatRange(-1, 1),
    default=Limits.min_cosine,
    show_default=True,
    help="Least cosine of an output.",
)
@click.option("--metric", type=PATH, help="A Python file whose metric(outputs, references) says whether it is good.")
@click.option("--layers", is_flag=True, help="Find the first operator whose result diverges.")
@runtime_option
@device_option
@threads_option
@json_option
def verify(
    model: Path | None,
    against: str,
    data: Path | None,
    max_rel: float,
    min_cosine: float,
    metric: Path | None,
    layers: bool,
    runtime: Path | None,
    device: str,
    threads: int,
) -> None:
    """Compare every output of the program MODEL with its source model's. Exit code 1 if one differs too much.

    \b
    Example:
      mtc verify model.mtp --against model.py
    """
    from mtc.analysis import verify as comparing
    from mtc.analysis.diverging import diverging_layer, other_than_source
    from mtc.analysis.judges import load_function
    from mtc.analysis.sessions import HOST, open_session
    from mtc.stages.kinds import Kind

    model = model_or_last(model, Kind.PROGRAM)
    limits = Limits(max_rel, min_cosine)
    judge = None if metric is None else load_function(metric, "metric", "outputs, references")
    console.effective(
        "verify",
        model=model,
        against=against,
        data=data,
        max_rel=max_rel,
        min_cosine=min_cosine,
        metric=metric,
        layers=layers,
        runtime=runtime,
        device=None if device == HOST else device,
        threads=threads,
    )
    reference = comparing.reference_of(against)
    with open_session(model, threads=threads, runtime=runtime, device=device, progress=console.progress()) as session:
        rows = comparing.verify(session, reference, data, limits=limits, metric=judge)
        is_ok = all(row.is_ok for row in rows)
        changed = "" if is_ok else comparing.drift(session, reference, limits)
        quantized = session.metadata("quantization") or ""
        layer, other = None, ""
        if layers:
            layer = diverging_layer(model, against, session, reference, data, limits, runtime=runtime, device=device)
            other = "" if is_ok or layer else other_than_source(model, against)
    cells = [(r.sample, r.output, *_numbers(r), _verdict(r)) for r in rows]
    table = console.table(("sample", "output", "max_rel", "cosine", ""), cells, right=(2, 3))
    first = f"first to diverge: {layer}" if layer else "no operator diverges" if layers else ""
    first += f", but {other}" if other else ""
    facts = {"outputs": [row.to_json() for row in rows], "first_divergence": layer and layer.to_json()}
    if is_ok or not console.settings.is_json:  # with --json the error is the one document
        console.result(facts, "\n".join(filter(None, [table, first])))
    comparing.refuse(rows, first, changed, quantized)


def _numbers(row: Difference) -> tuple[str, str]:
    return ("", row.amount) if row.unequal else (f"{row.max_rel:.3g}", f"{row.cosine:.7f}")


def _verdict(row: Difference) -> str:
    if row.is_ok:
        return "ok"
    return "not accepted" if row.by_metric else "differs"
