"""`mtc select-ops`: models or programs → the list of kernels they need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtc.cli import console
from mtc.cli.failures import FAILED
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

if TYPE_CHECKING:
    from mtc.selection.comparing import Changes
    from mtc.selection.ops_list import Users


@click.command(cls=MtcCommand, name="select-ops")
@click.argument("models", metavar="[MODEL|FOLDER]...", type=PATH, nargs=-1)
@output_option("ops.yaml")
@given_backend_option
@click.option(
    "--op",
    "named",
    metavar="OP[.VARIANT][@LIBRARY][:DTYPES]",
    multiple=True,
    help="A kernel by hand, such as add:f32. Without a library, those of --backend and of portable. Repeat it.",
)
@click.option(
    "--merge",
    type=PATH,
    multiple=True,
    help="Another ops.yaml whose kernels are added; repeat it for more. Several need no MODEL.",
)
@click.option("--compare", type=PATH, help="An earlier ops.yaml: show which kernels came and went, and who needs them.")
@click.option("--exit-code", is_flag=True, help="With --compare: exit with 1 if the kernels differ.")
@overwrite_option
@json_option
def select_ops(
    models: tuple[Path, ...],
    output: Path | None,
    backend: tuple[str, ...] | None,
    named: tuple[str, ...],
    merge: tuple[Path, ...],
    compare: Path | None,
    exit_code: bool,
    overwrite: bool,
) -> int:
    """List the kernels that MODELs need, .mtc or .mtp, as `mtc build-runtime` reads it.

    Of a FOLDER all models in it, at any depth.

    \b
    Example:
      mtc select-ops model.optimized.mtc -o ops.yaml
    """
    from mtc import stages
    from mtc.delegates.registry import backends
    from mtc.ir.module import Module
    from mtc.selection import comparing, ops_list
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    if exit_code and compare is None:
        raise click.UsageError("--exit-code says whether the kernels differ from those of --compare: name a list")
    backends(backend or ())
    is_without_model = bool(named) or len(merge) > 1
    given = models or (() if is_without_model else (model_or_last(None, Kind.IR, Kind.PROGRAM),))
    output = output or Path("ops.yaml")
    paths = tuple(stages.models_in(given))
    check_output(output, Kind.OPS, overwrite=overwrite, inputs=paths)
    before = None if compare is None else ops_list.load(compare)
    loaded = stages.load_all(paths)
    check_backend_is_for(backend, zip(paths, loaded, strict=True))
    # A program has been lowered; models may have been optimized for different backends.
    lists = {stages.chosen_backends(model, backend) for model in loaded if isinstance(model, Module)}
    used = lists.pop() if len(lists) == 1 else "what each model says" if lists else None
    console.effective("select-ops", models=paths, op=named, backend=used, merge=merge, compare=compare, output=output)
    found = stages.select_ops_to(output, *loaded, backend=backend, files=paths, merge=merge, named=named)
    wrote(output)
    rows = [(key, len(users), sum(map(len, users.values()))) for key, users in found.kernels.items()]
    data: dict[str, Any] = {"output": str(output), "kernels": _plain(found.kernels)}
    text = f"{console.table(('kernel', 'models', 'source lines'), rows, right=(1, 2))}\n{counted(len(rows), 'kernel')}"
    changes = None if before is None else comparing.compare(before, found)
    if changes is not None:
        data |= {"added": _plain(changes.added), "dropped": _plain(changes.dropped)}
        text += f"\n\n{_changed(changes, str(compare))}"
    console.report(data, text)
    return FAILED if changes and exit_code else 0


def _plain(kernels: Mapping[str, Users]) -> dict[str, dict[str, list[str]]]:
    """A list's kernels as JSON has them."""
    return {key: {model: list(lines) for model, lines in users.items()} for key, users in kernels.items()}


def _changed(changes: Changes, old: str) -> str:
    """Each kernel that came or went, and who needs it, or needed it."""
    lines = []
    for sign, kernels in (("+", changes.added), ("-", changes.dropped)):
        for key, users in kernels.items():
            lines.append(f"{sign} {key}")
            lines += [f"    {model}{': ' if at else ''}{'; '.join(at)}" for model, at in users.items()]
    counts = f"{counted(len(changes.added), 'kernel')} added, {len(changes.dropped):,} dropped"
    return "\n".join([*lines, f"{counts} since {old}" if changes else f"the same kernels as {old}"])
