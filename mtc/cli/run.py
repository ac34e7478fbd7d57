"""`mtc run`: runs a program, here or on a device."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    device_option,
    inputs_option,
    model_argument,
    model_or_last,
    overwrite_option,
    runtime_option,
    threads_option,
)


@click.command(cls=MtcCommand)
@model_argument
@inputs_option
@click.option("--outputs", type=PATH, help=".npz to write the outputs to, each by its name.")
@click.option("--function", default="forward", show_default=True, help="The function to run.")
@click.option("--seed", type=int, default=0, show_default=True, help="For random data.")
@runtime_option
@device_option
@threads_option
@overwrite_option
@json_option
def run(
    model: Path | None,
    inputs: tuple[Path, ...],
    outputs: Path | None,
    function: str,
    seed: int,
    runtime: Path | None,
    device: str,
    threads: int,
    overwrite: bool,
) -> None:
    """Run the program MODEL. Arrays bind by name if all their names are inputs, else in the archive's order.

    \b
    Example:
      mtc run model.mtp --outputs out.npz
    """
    from mtc.analysis.sessions import described, open_session
    from mtc.session import tensors
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    model = model_or_last(model, Kind.PROGRAM)
    if outputs is not None and outputs.suffix == ".npy":
        raise click.BadParameter(f"`{outputs}`: the outputs are written as one .npz", param_hint="'--outputs'")
    if outputs is not None:
        check_output(outputs, Kind.ARRAYS, overwrite=overwrite, inputs=inputs)
    given = tensors.read_all(inputs) if inputs else None
    with open_session(model, threads=threads, runtime=runtime, device=device, progress=console.progress()) as session:
        arrays, origin = tensors.bound(session, given, function=function, seed=seed)
        console.effective(
            "run",
            model=model,
            inputs=inputs or origin,
            outputs=outputs,
            function=function,
            runtime=runtime,
            device=described(session),
            threads=threads,
        )
        results = session.run(*arrays, function=function)
        names = [signature.name for signature in session.outputs(function)]
    if outputs is not None:
        tensors.write(outputs, dict(zip(names, results, strict=True)))
        console.note(f"wrote {outputs}")
    rows = [tensors.summary(name, array) for name, array in zip(names, results, strict=True)]
    for row in rows:
        if row["not_finite"]:
            console.warn(f"{row['not_finite']} of the values of `{row['name']}` are infinite or not a number")
    data = {"inputs": origin, "outputs": rows}
    cells = [(r["name"], r["type"], *(_shown(r[key]) for key in ("min", "mean", "max")), r["first"]) for r in rows]
    console.result(
        data, lambda: console.table(("output", "type", "min", "mean", "max", "first values"), cells, right=(2, 3, 4))
    )


def _shown(number: float | None) -> str:
    return "-" if number is None else str(number)
