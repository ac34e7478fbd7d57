"""What commands print: results on stdout, everything else on stderr; colours and progress only where a person looks."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from mtc.cli.sarif import Finding

REUSED = "up to date: same inputs, settings and mtc"
_SECONDS_BEFORE_PROGRESS = 1.0


@dataclass
class Settings:
    """What the options -q, -v and --json say."""

    is_quiet: bool = False
    is_verbose: bool = False
    is_json: bool = False
    sarif: Path | None = None
    command: str = ""  # the one that --sarif was given to
    files: Sequence[Path] = ()  # that its arguments name, there or not; empty if they could not be read


settings = Settings()
findings: list[Finding] = []  # errors and warnings, for --sarif
_results: list[TextIO] = []  # where results go while stdout leads to stderr


@contextmanager
def only_results_on_stdout() -> Iterator[None]:
    """Within, what others print, a user's model.py or a library, goes to stderr: a script may read stdout."""
    _results.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.pop()


def _stdout() -> TextIO:
    return _results[-1] if _results else sys.stdout


def reset() -> None:
    """As at the start of a process: several commands may run in one."""
    settings.is_quiet = settings.is_verbose = settings.is_json = False
    settings.sarif = None
    settings.files = ()
    findings.clear()


def styled(text: str, *, err: bool = False, **style: Any) -> str:
    """`text` in colour if its stream is a terminal and NO_COLOR is not set (https://no-color.org)."""
    stream = sys.stderr if err else _stdout()
    if os.environ.get("NO_COLOR") or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, **style)


def note(text: str) -> None:
    """A line on what is being done, for people: not with -q."""
    if not settings.is_quiet:
        clear()
        click.echo(text, err=True)


def detail(text: str) -> None:
    """A line that only -v shows."""
    if settings.is_verbose:
        clear()
        click.echo(text, err=True)


def warn(text: object) -> None:
    """A warning, also with -q."""
    findings.append(Finding("warning", "warning", str(text)))
    clear()
    click.echo(styled("warning", fg="yellow", bold=True, err=True) + f": {text}", err=True)


def step(line: str, was_reused: bool) -> None:
    """A stage of a compilation, by the command that runs it alone, before it runs."""
    note(line + (f"   ({REUSED})" if was_reused else ""))


def effective(command: str, **values: object) -> None:
    """The settings that a stage works with, defaults included."""
    words = [
        f"{name.replace('_', '-')}={_worded(value)}"
        for name, value in values.items()
        if not (value is None or value is False or value in ((), {}, ""))
    ]
    note(styled(f"mtc {command}", bold=True, err=True) + ("  " + "  ".join(words) if words else ""))


def result(data: Mapping[str, Any] | Sequence[Any], text: str | Callable[[], str]) -> None:
    """A command's result: `data` with --json, else `text`, which -q leaves out only for stages (see `report`)."""
    if settings.is_json:
        json_document(data)
    else:
        click.echo(text if isinstance(text, str) else text(), file=_stdout())


def report(data: Mapping[str, Any], text: str | Callable[[], str]) -> None:
    """What a stage did; the result itself is a file, so -q silences it."""
    if settings.is_json or not settings.is_quiet:
        result(data, text)


def json_text(data: Any) -> str:
    """Strict JSON: NaN and infinity, which JSON has not, are null."""
    return json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)


def json_document(data: Any) -> None:
    click.echo(json_text(data), file=_stdout())


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """Columns by spaces. `right` are the columns of numbers."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    return "\n".join([styled(line(header), bold=True), *map(line, cells)])


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} GB"


def flops(count: float) -> str:
    """Floating-point operations for people."""
    for unit in ("FLOP", "kFLOP", "MFLOP"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} GFLOP"


class Bar:
    """A progress bar, from the first second on, if stderr is a terminal. On others a line for each step that begins
    later than that, so that a log shows what takes its time; with -v for each step."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.bar: Any = None
        self.task: Any = None
        self.what = ""
        self.shown = ("", 0)  # what the task on the terminal says, and its end

    def __call__(self, what: str, done: int, total: int) -> None:
        is_early = time.monotonic() - self.started < _SECONDS_BEFORE_PROGRESS
        if what != self.what:
            self.what = what
            if not sys.stderr.isatty():
                (detail if is_early else note)(what)
        if settings.is_quiet or not sys.stderr.isatty() or is_early:
            return
        if self.bar is None:
            self._open()
        if self.shown != (what, total):  # a task that knew its end cannot forget it: it would stay at 100%
            if self.task is not None:
                self.bar.remove_task(self.task)
            self.task, self.shown = self.bar.add_task(what, total=total or None), (what, total)
        self.bar.update(self.task, completed=done)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task, self.shown = None, ("", 0)
        self.bar.start()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


_bars: list[Bar] = []


def progress() -> Bar:
    """What long work reports to. The bar goes when the next line is printed."""
    bar = Bar()
    _bars.append(bar)
    return bar


def clear() -> None:
    """Takes progress bars off the terminal."""
    while _bars:
        _bars.pop().close()


def _worded(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={held}" for key, held in value.items())
    return "yes" if value is True else str(value)


def _plain(data: Any) -> Any:
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(value) for value in data]
    return data if isinstance(data, (str, int, float, bool, type(None))) else str(data)
