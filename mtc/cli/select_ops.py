"""`mtc select-ops`: models or programs → the list of kernels they need."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    check_backend_is_for,
    given_backend_option,
    model_or_last,
    output_option,
    overwrite_option,
    wrote,
)
from mtc.support.plural import counted


@click.command(cls=MtcCommand, name="select-ops")
@click.argument("models", metavar="[MODEL]...", type=PATH, nargs=-1)
@output_option("ops.yaml")
@given_backend_option
@click.option("--merge", type=PATH, multiple=True, help="Another ops.yaml whose kernels are added; repeat it for more.")
@overwrite_option
@json_option
def select_ops(
    models: tuple[Path, ...],
    output: Path | None,
    backend: tuple[str, ...] | None,
    merge: tuple[Path, ...],
    overwrite: bool,
) -> None:
    """List the kernels that MODELs need, .mtc or .mtp, as `mtc build-runtime` reads it.

    \b
    Example:
      mtc select-ops model.optimized.mtc -o ops.yaml
    """
    from mtc import stages
    from mtc.delegates.registry import backends
    from mtc.ir.module import Module
    from mtc.stages.kinds import Kind, require
    from mtc.stages.outputs import check_output

    backends(backend or ())
    paths = models or (model_or_last(None, Kind.IR, Kind.PROGRAM),)
    output = output or Path("ops.yaml")
    for path in models:
        require(path, Kind.IR, Kind.PROGRAM)
    check_output(output, Kind.OPS, overwrite=overwrite, inputs=paths)
    loaded = [stages.load_any(path) for path in paths]
    check_backend_is_for(backend, zip(paths, loaded, strict=True))
    # A program has been lowered; models may have been optimized for different backends.
    lists = {stages.chosen_backends(model, backend) for model in loaded if isinstance(model, Module)}
    used = lists.pop() if len(lists) == 1 else "what each model says" if lists else None
    console.effective("select-ops", models=paths, backend=used, merge=merge, output=output)
    found = stages.select_ops_to(output, *loaded, backend=backend, merge=merge)
    wrote(output)
    rows = [(key, len(users), sum(map(len, users.values()))) for key, users in found.kernels.items()]
    data = {"output": str(output), "kernels": {key: dict(users) for key, users in found.kernels.items()}}
    text = console.table(("kernel", "models", "source lines"), rows, right=(1, 2))
    console.report(data, f"{text}\n{counted(len(rows), 'kernel')}")
