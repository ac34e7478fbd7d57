"""`mtc inspect`: a model card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mtc.cli import completing, console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    check_backend_is_for,
    given_backend_option,
    model_argument,
    model_or_last,
    overwrite_option,
)


@click.command(cls=MtcCommand)
@model_argument
@given_backend_option
@click.option(
    "--why-not",
    metavar="BACKEND",
    help="Rank by FLOPs what kept nodes off BACKEND.",
    shell_complete=completing.backends,
)
@click.option("--html", type=PATH, help="Write one self-contained page, with the graph.")
@overwrite_option
@json_option
def inspect(
    model: Path | None, backend: tuple[str, ...] | None, why_not: str | None, html: Path | None, overwrite: bool
) -> None:
    """Show the model card of MODEL, .mtc or .mtp: interface, operators, FLOPs, memory plan, placement. Of a folder of
    `mtc build-runtime`, what its bytes are for.

    \b
    Example:
      mtc inspect model.optimized.mtc --why-not xnnpack
    """
    from mtc import stages
    from mtc.analysis import html_card
    from mtc.analysis.model_card import model_card
    from mtc.analysis.off_backend import off_backend
    from mtc.delegates.registry import backends
    from mtc.ir.module import Module
    from mtc.stages.kinds import Kind, kind_of_input
    from mtc.stages.outputs import check_output

    if model is not None and kind_of_input(model) is Kind.RUNTIME:
        _show_bill(model, has_options=bool(backend or why_not or html))
        return
    backends(backend or ())
    if why_not is not None:
        backends(why_not)
    kinds = (Kind.IR,) if why_not else (Kind.IR, Kind.PROGRAM)
    model = model_or_last(model, *kinds)
    if html is not None:
        check_output(html, Kind.CARD, overwrite=overwrite)
    found = stages.load_any(model)
    check_backend_is_for(backend, [(model, found)])
    if html is not None or why_not is None:
        placed = stages.lowered(found, backend) if isinstance(found, Module) else found
        card = model_card(model.name, found, placed)
    if html is not None:
        html_card.write(html, card, placed)
        console.note(f"wrote {html}")
    if why_not is not None:
        assert isinstance(found, Module)
        rows = off_backend(found, why_not, backend)
        cells = [(f"{r.flops:,}", r.op, r.count, r.backend, r.reason, (r.at or ("",))[0]) for r in rows]
        header = ("FLOPs", "operator", "nodes", "runs on", "why not", "first of its lines")
        text = console.table(header, cells, right=(0, 2)) if cells else f"nothing kept an operator off {why_not}"
        console.result([row.to_json() for row in rows], text)
        return
    console.result(card, lambda: _text(card))


def _show_bill(runtime: Path, *, has_options: bool) -> None:
    from mtc.build.runtime_folder import changed_products, read_bill
    from mtc.build.size_text import to_json, to_text

    if has_options:
        raise click.UsageError(
            f"--backend, --why-not and --html are for models; {runtime}/share/mtc/size.html is the page of this runtime"
        )
    bill = read_bill(runtime)
    for name in changed_products(runtime):
        console.warn(f"`{runtime}/{name}` is not the file that was built; what follows is said of that one")
    console.result(json.loads(to_json(bill)), lambda: to_text(bill))


def _text(card: dict[str, Any]) -> str:
    lines = [f"{card['file']}: {card['kind']}" + (f", from {card['source']}" if card["source"] else "")]
    for name, function in card["functions"].items():
        lines.append(f"\n@{name}")
        lines += [f"  input   {key}: {value}" for key, value in function["inputs"].items()]
        lines += [f"  output  {key}: {value}" for key, value in function["outputs"].items()]
        memory = card["memory"][name]
        plan = f"arena {console.size(memory['arena'])}" if memory["arena"] else "arena planned at run time"
        busiest = f", {console.size(memory['peak'])} at the busiest step" if "peak" in memory else ""
        lines.append(f"  memory  {plan}{busiest}" + ("" if memory["is_planned"] else "; grows with the inputs"))
    lines += [f"  state   {key}: {value}" for key, value in card["state"].items()]
    weights = f"{card['parameters']:,} parameters, {console.size(card['constant_bytes'])}"
    lines.append(f"\n{weights}; {console.flops(card['flops'])} a run")
    lines += [f"{key}: {value}" for key, value in card["metadata"].items()]
    if facts := card["quantization"]:
        lines.append("quantization: " + ", ".join(f"{key} {value}" for key, value in facts.items()))
    header = ["operator", "backend", "nodes", "FLOPs"]
    rows = [
        [row["op"], row["backend"], row["count"], f"{100 * row['flops'] / (card['flops'] or 1):.1f}%"]
        for row in card["placement"]
    ]
    if any(row["reason"] for row in card["placement"]):  # a program does not say
        header.append("why not on the first choice")
        rows = [[*cells, row["reason"]] for cells, row in zip(rows, card["placement"], strict=True)]
    return "\n".join([*lines, "", console.table(header, rows, right=(2, 3))])
