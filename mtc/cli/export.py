"""`mtc export`: a trained model → the IR."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    input_names_option,
    metadata_option,
    output_names_option,
    output_option,
    overwrite_option,
    source_argument,
    wrote,
)
from mtc.support.plural import counted


@click.command(cls=MtcCommand)
@source_argument
@output_option("SRC's name with .mtc, in this folder")
@input_names_option
@output_names_option
@metadata_option
@overwrite_option
@json_option
def export(
    source: str,
    output: Path | None,
    input_names: tuple[str, ...],
    output_names: tuple[str, ...],
    metadata: tuple[tuple[str, str], ...],
    overwrite: bool,
) -> None:
    """Read a trained model into the IR.

    SRC is a model.py that defines `model` and `example_inputs`, or model.py:attr for a model of another name,
    an attribute pkg.mod:attr, or a .pt2 file.

    \b
    Example:
      mtc export model.py --metadata author=me
    """
    from mtc import stages
    from mtc.frontends.source import check_source, file_of, name_of
    from mtc.ir.literals import type_text
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    output = output or Path(f"{name_of(source)}.mtc")
    check_source(source)
    path = file_of(source)
    need = 0 if path is None else path.stat().st_size
    check_output(output, Kind.IR, overwrite=overwrite, inputs=() if path is None else (path,), need=need)
    console.effective(
        "export",
        source=source,
        input_names=input_names,
        output_names=output_names,
        metadata=dict(metadata),
        output=output,
    )
    model = stages.export_to(
        output,
        source,
        input_names=input_names,
        output_names=output_names,
        metadata=dict(metadata),
        warn=console.warn,
    )
    wrote(output, source=source)
    function = model.functions["forward"]
    nodes, size = model.node_count, model.constant_bytes
    inputs = {value.name: type_text(value.type) for value in function.inputs}
    data = {"output": str(output), "nodes": nodes, "constant_bytes": size, "inputs": inputs}
    taken = ", ".join(f"{name}: {type_}" for name, type_ in inputs.items())
    console.report(
        data, f"exported {counted(nodes, 'node')}, {console.size(size)} of constants; inputs: {taken or 'none'}"
    )
