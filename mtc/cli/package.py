"""`mtc package`: the IR → a program that runtimes load; and built runtimes → a package that apps install."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mtc.cli import completing, console, tables
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import (
    PATH,
    check_backend_is_for,
    given_backend_option,
    model_or_last,
    no_fallback_option,
    output_option,
    overwrite_option,
    stem,
    wrote,
)


@click.command(cls=MtcCommand)
@click.argument("models", metavar="[MODEL]...", type=PATH, nargs=-1)
@output_option("MODEL.mtp, or what --format calls its files")
@given_backend_option
@click.option(
    "--runtime",
    "runtimes",
    type=PATH,
    multiple=True,
    help="A folder of `mtc build-runtime`: check that it can run the program. With --format, what the package holds; "
    "repeat it for more targets.",
)
@click.option(
    "--format",
    "format_name",
    help="Make an app package of the runtimes: what docs/packages.md lists.",
    shell_complete=completing.package_formats,
)
@click.option("--with-model", is_flag=True, help="Put MODELs into the app package, too.")
@click.option("--name", help="Of the app package. Default: mtc-runtime, or mtc-models for a c-array.")
@click.option("--version", help="Of the app package. Default: mtc's own.")
@no_fallback_option
@overwrite_option
@json_option
def package(
    models: tuple[Path, ...],
    output: Path | None,
    backend: tuple[str, ...] | None,
    runtimes: tuple[Path, ...],
    format_name: str | None,
    with_model: bool,
    name: str | None,
    version: str | None,
    no_fallback: bool,
    overwrite: bool,
) -> None:
    """Write the program of MODEL, as runtimes load it; with --format, a package of built runtimes that apps install.

    \b
    Examples:
      mtc package model.optimized.mtc -o model.mtp
      mtc package --runtime runtime-linux-x86_64 --format tar
    """
    if format_name is not None:
        if no_fallback:
            raise click.UsageError("--no-fallback is for a program: leave --format out, or this")
        _bundle(models, output, backend, runtimes, format_name, with_model, name, version, overwrite)
        return
    for option, given in (("--with-model", with_model), ("--name", name), ("--version", version)):
        if given:
            raise click.UsageError(f"{option} is for an app package: name its --format, too")
    if len(models) > 1:
        raise click.UsageError("a program is made of one MODEL; only an app package, --format, holds several")
    _program(models[0] if models else None, output, backend, runtimes, no_fallback, overwrite)


def _program(
    model: Path | None,
    output: Path | None,
    backend: tuple[str, ...] | None,
    runtimes: Sequence[Path],
    no_fallback: bool,
    overwrite: bool,
) -> None:
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
        runtime=runtimes,
        no_fallback=no_fallback,
        output=output,
    )
    lowered = stages.lowered(module, backend)
    stages.package_to(output, lowered, runtimes=runtimes, no_fallback=no_fallback)
    wrote(output)
    rows = placed_ops(lowered)
    data = {"output": str(output), "bytes": output.stat().st_size, "kernels": list(lowered.keys)}
    console.report(data | {"placement": [row.to_json() for row in rows]}, lambda: tables.placement(rows))


def _bundle(
    models: Sequence[Path],
    output: Path | None,
    backend: tuple[str, ...] | None,
    runtimes: Sequence[Path],
    format_name: str,
    with_model: bool,
    name: str | None,
    version: str | None,
    overwrite: bool,
) -> None:
    from mtc import stages
    from mtc.build.runtime_folder import changed_products
    from mtc.bundles.bundle import Program
    from mtc.delegates.registry import backends
    from mtc.stages.kinds import Kind, require
    from mtc.stages.outputs import check_output

    chosen = stages.bundle_format(format_name)
    backends(backend or ())
    if models and not (with_model or chosen.is_of_programs):
        raise click.UsageError("MODEL goes into an app package with --with-model only: give that, or leave MODEL out")
    if not models and (with_model or chosen.is_of_programs):
        models = (model_or_last(None, Kind.PROGRAM, Kind.IR),)
    for model in models:
        require(model, Kind.PROGRAM, Kind.IR)
    if backend is not None:
        check_backend_is_for(backend, [(model, stages.load_any(model)) for model in models])
    bundle = stages.bundle_of(
        chosen, runtimes, [Program(stem(model), model) for model in models], name=name, version=version
    )
    output = output or Path(chosen.file_name(bundle))
    need = sum(model.stat().st_size for model in models)
    check_output(output, Kind.BUNDLE, overwrite=overwrite, inputs=models, need=need)
    console.effective(
        "package",
        model=models,
        backend=backend,
        runtime=runtimes,
        format=chosen.name,
        name=bundle.name,
        version=bundle.version,
        output=output,
    )
    for runtime in runtimes:
        for changed in changed_products(runtime):
            console.warn(f"`{runtime}/{changed}` is not the file that was built: the package has it as it is")
    stages.bundle_to(output, chosen, bundle, backend=backend)
    wrote(output)
    data = {
        "output": str(output),
        "bytes": output.stat().st_size,
        "format": chosen.name,
        "name": bundle.name,
        "version": bundle.version,
        "targets": bundle.targets,
        "models": [program.name for program in bundle.programs],
    }
    held = ", ".join([*bundle.targets, *(program.entry.name for program in bundle.programs)])
    console.report(data, f"{bundle.name} {bundle.version}: {held}")
