"""The `mtc` command: a table of commands whose modules are imported only when they run, so that help is instant."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mtc import __version__
from mtc.cli import console
from mtc.cli.parameters import files_named
from mtc.support.suggest import nearest

# Section -> command -> the line that `mtc --help` shows. The command `build-runtime` stands in build_runtime.py.
COMMANDS: dict[str, dict[str, str]] = {
    "Stages": {
        "export": "Read a trained model into the IR.",
        "optimize": "Rewrite a model into canonical form and show where it will run.",
        "quantize": "Make a model compute in integers, and say what that costs.",
        "select-ops": "List the kernels that models need.",
        "fit": "Rewrite a model onto the kernels of a runtime that ships already.",
        "package": "Write the program that runtimes load.",
        "build-runtime": "Build a native runtime that holds exactly the listed kernels.",
        "compile": "All stages, into one folder.",
        "recipe": "Run or list recipes: stages, inputs and the expected answer in one file.",
    },
    "Run and measure": {
        "run": "Run a program.",
        "bench": "Measure a program: load, latency, memory, each operator.",
        "verify": "Compare a program with the model it was made from.",
        "check": "Say everything that would stop or slow a model; write nothing.",
        "inspect": "Show a model card, or what a runtime's bytes are for.",
        "diff": "Compare two models, programs, operator lists or runtimes.",
    },
    "This machine": {
        "doctor": "What this machine can build, and how to fix what it cannot.",
        "backends": "List the backends.",
        "targets": "List the systems that runtimes can be built for.",
        "ops": "List the operators.",
        "cache": "Show or clear what mtc keeps.",
        "fetch": "Fetch third-party sources, so that later builds work offline.",
        "explain": "Explain a diagnostic's code.",
        "completion": "Print a shell's completion script.",
    },
}
_Function = TypeVar("_Function", bound=Callable[..., Any])
_NAMES = [name for section in COMMANDS.values() for name in section]
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class MtcCommand(click.Command):
    """A command with -h, -q, -v and --sarif."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = _HELP | (kwargs.get("context_settings") or {})
        super().__init__(*args, **kwargs)
        self.params += [*_verbosity(), _sarif()]

    def invoke(self, ctx: click.Context) -> Any:
        with console.only_results_on_stdout():
            if console.settings.sarif is not None:
                console.settings.files = files_named(ctx)
            return super().invoke(ctx)


def _setting(field: str, names: tuple[str, ...], text: str) -> click.Option:
    def keep(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            setattr(console.settings, field, True)

    return click.Option([*names, field], is_flag=True, is_eager=True, expose_value=False, callback=keep, help=text)


def _verbosity() -> list[click.Option]:
    return [
        _setting("is_quiet", ("-q", "--quiet"), "Print results, warnings and errors only."),
        _setting("is_verbose", ("-v", "--verbose"), "Print more on what is done."),
    ]


def _sarif() -> click.Option:
    """Every command may fail, and each says so to a service in the same way."""

    def keep(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
        if value is not None:
            from mtc.stages.kinds import Kind
            from mtc.stages.outputs import check_output

            check_output(value, Kind.SARIF)
            console.settings.sarif, console.settings.command = value, context.command_path.partition(" ")[2]

    text = "Write errors and warnings to FILE as SARIF 2.1.0, too."
    path = click.Path(path_type=Path, readable=False)
    return click.Option(
        ["--sarif"], type=path, metavar="FILE", is_eager=True, expose_value=False, callback=keep, help=text
    )


def json_option(command: _Function) -> _Function:
    """Adds --json to a function that becomes a command."""
    option = _setting("is_json", ("--json",), "Print the result, and errors, as JSON on stdout.")
    params = getattr(command, "__click_params__", [])
    command.__click_params__ = [option, *params]  # type: ignore[attr-defined]
    return command


class LazyGroup(click.Group):
    """Finds commands by the table above. -q and -v may stand before a command, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _verbosity()

    def list_commands(self, ctx: click.Context) -> list[str]:
        return _NAMES

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _NAMES:
            return None
        module = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"mtc.cli.{module}"), module)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _NAMES:
            best = nearest(name, _NAMES)
            raise click.UsageError(
                f"no command is called `{name}`" + (f"; did you mean `{best}`?" if best else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


@click.group(cls=LazyGroup, name="mtc", context_settings=_HELP)
@click.version_option(__version__, prog_name="mtc", message="%(prog)s %(version)s")
def mtc() -> None:
    """From a trained model to the smallest, fastest native program that runs exactly that model.

    \b
    mtc export model.py
    mtc optimize --backend xnnpack
    mtc build-runtime --ops ops.yaml --target linux-x86_64
    """
