"""Arguments and options that several commands share, and how they are checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mtc.cli import completing, console
from mtc.support.suggest import nearest

if TYPE_CHECKING:
    from mtc.quant.data import Prepare
    from mtc.stages.kinds import Kind

_Function = TypeVar("_Function", bound=Callable[..., Any])

PATH = click.Path(path_type=Path, readable=False)  # what reads it says why it cannot, with the code of that


class MayNameFile(click.types.StringParamType):
    """A word that names a file or something else: `file_in` says which file."""

    def __init__(self, file_in: Callable[[str], Path | None]) -> None:
        self.file_in = file_in


def files_named(context: click.Context) -> list[Path]:
    """The files that a command is about, whether or not they are there: those that its arguments name; if they name
    none, such as those of `build-runtime --ops ops.yaml`, what it is to read of its options."""
    options = (option for option in context.command.params if isinstance(option, click.Option))
    arguments = (argument for argument in context.command.params if isinstance(argument, click.Argument))
    read = (option for option in options if option.name != "output")
    return _files_of(arguments, context) or _files_of(read, context)


def _files_of(parameters: Iterable[click.Parameter], context: click.Context) -> list[Path]:
    found: list[Path] = []
    for parameter in parameters:
        given = context.params.get(parameter.name or "")
        for value in given if isinstance(given, tuple) else (given,):
            if isinstance(value, str) and isinstance(parameter.type, MayNameFile):
                value = parameter.type.file_in(value)
            if isinstance(value, Path):
                found.append(value)
    return found


def _source_file(word: str) -> Path | None:
    from mtc.frontends.source import file_of

    return file_of(word)


source_argument = click.argument(
    "source", metavar="SRC", type=MayNameFile(_source_file), shell_complete=completing.sources
)
model_argument = click.argument("model", type=PATH, required=False)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace the output even if mtc did not write it.")
threads_option = click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Threads.")
inputs_option = click.option(
    "--inputs",
    type=PATH,
    multiple=True,
    help=".npz, or a .npy for each input in turn. Default: the bundled sample, else seeded random data.",
)
runtime_option = click.option(
    "--runtime",
    type=PATH,
    help="A folder of `mtc build-runtime` to run on. Default: the host runtime, or one for --device.",
)
device_option = click.option(
    "--device",
    default="host",
    show_default=True,
    metavar="DEVICE",
    help="What runs it: host, qemu:ARCH[:CPU], ssh:HOST or adb:SERIAL.",
)
verify_each_option = click.option(
    "--verify-each", is_flag=True, help="Run the samples around each pass; name the first that changes a result."
)
disable_pass_option = click.option(
    "--disable-pass",
    metavar="PASS",
    multiple=True,
    help="Leave PASS out; repeat it for more.",
    shell_complete=completing.passes,
)
no_fallback_option = click.option(
    "--no-fallback", is_flag=True, help="Fail if an operator would fall back from the first backend."
)
offline_option = click.option("--offline", is_flag=True, help="Never fetch; `mtc fetch` before fills the cache.")


def output_option(default: str) -> Callable[[_Function], _Function]:
    return click.option("-o", "--output", type=PATH, help=f"Where to write. Default: {default}.")


class Words(click.ParamType):  # type: ignore[type-arg]
    """A list by commas: `xnnpack,portable`."""

    name = "a,b,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, (tuple, list)):
            return tuple(value)
        words = tuple(word.strip() for word in value.split(","))
        if not all(words):
            self.fail(f"`{value}` has an empty word", param, ctx)
        return words


_UNITS = {"": 1, "b": 1, "kb": 1000, "kib": 1 << 10, "mb": 1000**2, "mib": 1 << 20, "gb": 1000**3, "gib": 1 << 30}


class Bytes(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes with its unit: `600KB` is 600,000 bytes, `600KiB` 614,400, `614400` itself."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)", str(value).strip())
        if parts is None or parts[2].lower() not in _UNITS:
            self.fail(f"`{value}` is no number of bytes, such as 600KB, 1.5MiB or 614400", param, ctx)
        return int(Decimal(parts[1]) * _UNITS[parts[2].lower()])


class OneOf(click.Choice[str]):
    """One of a few words; for another one the message suggests the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            best = nearest(str(value), self.choices)
            hint = f"; did you mean `{best}`?" if best else ""
            self.fail(f"`{value}` is none of {', '.join(self.choices)}{hint}", param, ctx)
        return super().convert(value, param, ctx)


class Entry(click.ParamType):  # type: ignore[type-arg]
    """`key=value`."""

    name = "KEY=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return (str(value[0]), str(value[1]))
        key, equals, text = value.partition("=")
        if not key or not equals:
            self.fail(f"`{value}` is not KEY=VALUE", param, ctx)
        return key.strip(), text


def entries_option(*names: str, **attributes: Any) -> Callable[[_Function], _Function]:
    """An option that takes `key=value`, once for each key: two values for one would leave one of them out."""

    def distinct(ctx: click.Context, param: click.Parameter, given: tuple[tuple[str, str], ...]) -> object:
        keys = [key for key, _ in given]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise click.BadParameter(f"{', '.join(f'`{key}`' for key in sorted(twice))} is given twice", ctx, param)
        return given

    return click.option(*names, type=Entry(), multiple=True, callback=distinct, **attributes)


class Percent(click.ParamType):  # type: ignore[type-arg]
    """`5%` or `0.05`."""

    name = "PERCENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"`{value}` is not a percentage such as 5%", param, ctx)
        if not 0 <= number < 1000:
            self.fail(f"`{value}` is not a percentage of 0 or more", param, ctx)
        return number


class Backends(Words):
    """Names of backends, each once: the second of two equal ones would be no other choice."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        words = super().convert(value, param, ctx)
        if twice := next((word for word in words if words.count(word) > 1), None):
            self.fail(f"`{twice}` is named twice", param, ctx)
        return words


def backend_option(help: str = "", **attributes: Any) -> Callable[[_Function], _Function]:
    """The backends to run on; `help` says what holds without it."""
    text = f"What `mtc backends` lists, first choice first. {help}".rstrip()
    return click.option("--backend", type=Backends(), help=text, shell_complete=completing.backends, **attributes)


def target_option(help: str = "Default: this machine.") -> Callable[[_Function], _Function]:
    return click.option("--target", help=f"What `mtc targets` lists. {help}", shell_complete=completing.targets)


new_backend_option = backend_option(default="xnnpack", show_default=True)
given_backend_option = backend_option("Default: what the model says, or xnnpack.")
input_names_option = click.option("--input-names", type=Words(), default=(), help="Names for the inputs, in order.")
output_names_option = click.option("--output-names", type=Words(), default=(), help="Names for the outputs, in order.")
metadata_option = entries_option("--metadata", help="Kept in the program: labels, author, license, …; repeat it.")


def quantization_options(command: _Function) -> _Function:
    """How a model is quantized, for the stage and for `mtc compile`."""
    options = (
        click.option("--scheme", help="How. Default: int8.", shell_complete=completing.schemes),
        click.option(
            "--observer", help="What finds the ranges. Default: min-max.", shell_complete=completing.observers
        ),
        click.option("--equalize", is_flag=True, help="Scale channels so that weights have one range in all of them."),
        click.option(
            "--smooth",
            type=float,
            metavar="ALPHA",
            help="Move this part of activations' ranges into weights (SmoothQuant), above 0, 1 at most.",
        ),
        click.option(
            "--correct-bias/--no-correct-bias",
            default=None,
            help="Let biases take back how rounded weights shift results. Default: in int8 and uint8.",
        ),
        click.option("--round", type=click.Choice(("nearest", "adaptive")), help="Of weights. Default: nearest."),
        click.option("--block", type=int, help="Elements that share a scale in weight-int4: 32, 64, 128. Default: 32."),
        click.option("--per-tensor", is_flag=True, help="One scale for all output channels of weights."),
        click.option(
            "--skip", metavar="PATTERN", multiple=True, help="A module or operator that stays in floats; repeat it."
        ),
        click.option(
            "--only", metavar="PATTERN", multiple=True, help="A module or operator that is quantized, and no other."
        ),
        click.option("--config", type=PATH, help="A q.yaml with rules for modules and operators."),
        click.option(
            "--calibration",
            metavar="DATA",
            help=".npz, a folder of them or of images, `model.py:attribute`, or `random`.",
            shell_complete=completing.sources,
        ),
        click.option("--recipe", type=PATH, help="A recipe whose `inputs` say how images are prepared."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def image_preparation(recipe: Path | None) -> Prepare | None:
    """What --recipe says of images."""
    if recipe is None:
        return None
    from mtc.recipe import inputs, reader

    return inputs.image_preparation(reader.load(reader.find(str(recipe))))


def model_or_last(model: Path | None, *kinds: Kind, not_by: str = "") -> Path:
    """MODEL, or the file of these kinds that the last stage in this folder wrote, which is then named on stderr."""
    from mtc.stages.kinds import require
    from mtc.stages.last_written import LastWritten

    if model is None:
        model = LastWritten(Path.cwd()).find(*kinds, not_by=not_by)
        console.note(f"using {model}, which the last stage here wrote")
    require(model, *kinds)
    return model


def check_backend_is_for(backend: tuple[str, ...] | None, models: Iterable[tuple[Path, object]]) -> None:
    """A usage error if --backend was given, which names every one of the loaded `models` that is a program."""
    from mtc.program.reader import Program

    lowered = [f"`{path}`" for path, model in models if isinstance(model, Program)]
    if backend is not None and lowered:
        what = "is a program" if len(lowered) == 1 else "are programs"
        raise click.UsageError(f"--backend is for a .mtc: {', '.join(lowered)} {what} and lowered already")


def remember(path: Path, **facts: str) -> None:
    """Makes an output the next command's MODEL."""
    from mtc.stages.last_written import LastWritten

    LastWritten(Path.cwd()).record(path, **facts)


def wrote(path: Path, **facts: str) -> None:
    """Remembers an output for the next command and names it."""
    remember(path, **facts)
    size = f" ({console.size(path.stat().st_size)})" if path.is_file() else ""
    console.note(f"wrote {path}{size}")


def stem(model: Path) -> str:
    """`model` for model.mtc, model.optimized.mtc, model.int8.mtc, model.fitted.mtc and model.mtp."""
    from mtc.quant.schemes import SCHEMES

    name = model.name
    for suffix in ("mtc", "mtp", "fitted", *SCHEMES, "quantized", "optimized"):
        name = name.removesuffix(f".{suffix}")
    return name or model.name
