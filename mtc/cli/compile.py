"""`mtc compile`: all stages, into one folder."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mtc.cli import console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    disable_pass_option,
    image_preparation,
    input_names_option,
    metadata_option,
    new_backend_option,
    no_fallback_option,
    offline_option,
    output_names_option,
    output_option,
    overwrite_option,
    quantization_options,
    remember,
    source_argument,
    target_option,
    verify_each_option,
)
from mtc.support.plural import counted

_TEXTS = ("scheme", "calibration", "observer", "round", "config")  # empty where they are not given


@click.command(cls=MtcCommand)
@source_argument
@output_option("SRC's name with -compiled")
@input_names_option
@output_names_option
@metadata_option
@new_backend_option
@disable_pass_option
@verify_each_option
@no_fallback_option
@quantization_options
@target_option()
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print the stages' commands and which would run, with --save-recipe the recipe; write nothing.",
)
@click.option("--fresh", is_flag=True, help="Run every stage, even if it is up to date.")
@click.option("--save-recipe", type=PATH, help="Write all settings as a recipe.")
@offline_option
@overwrite_option
@json_option
def compile(
    source: str,
    output: Path | None,
    metadata: tuple[tuple[str, str], ...],
    target: str | None,
    recipe: Path | None,
    dry_run: bool,
    fresh: bool,
    save_recipe: Path | None,
    offline: bool,
    overwrite: bool,
    **flags: object,
) -> None:
    """Take SRC through all stages into one folder, and print the command that runs each stage alone.

    A stage is reused if its inputs, settings and mtc itself are the same as before.

    \b
    Example:
      mtc compile model.py --backend xnnpack --target linux-x86_64 --dry-run
    """
    from mtc import recipe as recipes
    from mtc.analysis.placement import placed_ops
    from mtc.frontends.source import check_source, name_of
    from mtc.stages.compile import compile_model, planned_reuse
    from mtc.stages.compile_steps import Listener, Settings, Step
    from mtc.stages.kinds import Kind
    from mtc.stages.outputs import check_output

    given = {name: str(value or "") for name, value in flags.items() if name in _TEXTS}
    settings = Settings(
        source=source,
        metadata=dict(metadata),
        target=target or "",
        recipe=str(recipe or ""),
        prepare=image_preparation(recipe),
        **flags | given,  # type: ignore[arg-type]
    ).resolved()
    output = output or Path(f"{name_of(source)}-compiled")
    if save_recipe is not None:
        check_output(save_recipe, Kind.RECIPE, overwrite=overwrite)
        if not dry_run:
            recipes.save(settings, save_recipe)
            console.note(f"wrote {save_recipe}")
    if dry_run:
        check_source(source)
        check_output(output, Kind.COMPILED, overwrite=overwrite)
        lines = [f"mkdir -p {shlex.quote(str(output))}"] if not output.is_dir() else []
        planned = planned_reuse(settings, output, fresh=fresh)
        # Commands that a shell can run, whatever is reused.
        marked = [step.line + (f"  # {console.REUSED}" if was_reused else "") for step, was_reused in planned]
        commands = [*lines, *(step.line for step, _ in planned)]
        stages = [{"command": step.line, "was_reused": was_reused} for step, was_reused in planned]
        console.result({"commands": commands, "stages": stages}, "\n".join([*lines, *marked]))
        running = sum(not was_reused for _, was_reused in planned)
        console.note(f"{counted(running, 'stage')} would run, {len(planned) - running} would be reused")
        if save_recipe is not None:
            console.note(f"would write {save_recipe}:\n{recipes.text_of(settings, save_recipe)}")
        return
    done: list[dict[str, object]] = []

    def told(step: Step, was_reused: bool) -> None:
        done.append({"command": step.line, "was_reused": was_reused})
        console.step(step.line, was_reused)

    made = compile_model(
        settings,
        output,
        listener=Listener(told, lambda text: console.note(f"  {text}"), console.warn, console.progress()),
        offline=offline,
        overwrite=overwrite,
        fresh=fresh,
    )
    files = made.files
    remember(files.optimized, stage="optimize")
    remember(files.program)
    rows = placed_ops(made.lowered)
    data = {"folder": str(files.folder), "program": str(files.program), "runtime": str(files.runtime), "stages": done}
    ready = f"{files.program} and {files.runtime} are ready: `{shlex.join(('mtc', 'run', str(files.program)))}`"
    console.report(
        data | {"placement": [row.to_json() for row in rows]}, lambda: f"{tables.placement(rows)}\n\n{ready}"
    )
