"""What a failure looks like on the terminal, and which exit code it has."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mtc.cli import console, interrupts, sarif
from mtc.cli.sarif import Finding
from mtc.diagnostics import CANNOT_READ, CANNOT_WRITE, INTERNAL, UNKNOWN_NAME, Diagnostic, MtcError, writing
from mtc.support.atomic import write_text
from mtc.support.cache import cache_root, is_cache_full

DONE, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}
_CANNOT_READ = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EIO, errno.ENAMETOOLONG, errno.ELOOP}


def guarded(command: Callable[[], Any], arguments: Sequence[str]) -> int:
    """Runs `command`, shows whatever it raises, and returns the exit code. `arguments` are what it was called with."""
    console.reset()
    interrupts.forget()
    return _keep_findings(_shown(command, arguments), arguments)


def _shown(command: Callable[[], Any], arguments: Sequence[str]) -> int:
    try:
        result = _told_apart(command)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        _show_usage(error, is_json="--json" in arguments)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        console.clear()
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except MtcError as error:
        _show(error.diagnostics, error.summary)
        return USAGE if all(diagnostic.code is UNKNOWN_NAME for diagnostic in error.diagnostics) else FAILED
    except BrokenPipeError:  # `mtc ... | head`: the reader has seen enough
        _drop_stdout()
        return FAILED
    except OSError as error:
        if error.errno in _CANNOT_WRITE | _CANNOT_READ:
            code = CANNOT_WRITE if error.errno in _CANNOT_WRITE else CANNOT_READ
            at, remedy = error.filename or "the output", None
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                remedy = "free some disk space"
                if is_cache_full():
                    at, remedy = error.filename or cache_root(), f"{remedy}; MTC_CACHE_DIR moves the cache elsewhere"
            _show((code(f"{error.strerror}: `{at}`", help=remedy),))
            return FAILED
        return _bug(error, arguments)
    except Exception as error:
        return _bug(error, arguments)


def _told_apart(command: Callable[[], Any]) -> Any:
    """Calls it. Whatever came of an interrupt is one again."""
    try:
        return command()
    except Exception as error:
        if interrupts.were_received():
            raise KeyboardInterrupt from error
        raise


def _show_json(document: dict[str, Any]) -> bool:
    """False if stdout cannot be written: then stderr says what went wrong."""
    try:
        console.json_document(document)
        sys.stdout.flush()
    except OSError:
        _drop_stdout()
        return False
    return True


def _drop_stdout() -> None:
    """What is still to be written to stdout, at the latest when the process ends, goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _keep_findings(code: int, arguments: Sequence[str]) -> int:
    """Writes the file of --sarif, however the command ended. The exit code: a file that is not there is a failure."""
    path = console.settings.sarif
    if path is None:
        return code
    settings = console.settings
    log = sarif.document(console.findings, settings.command, settings.files or sarif.files_among(arguments), code)
    try:
        with writing(path):
            write_text(path, console.json_text(log) + "\n")
    except MtcError as error:
        _show(error.diagnostics)
        return code or FAILED
    return code


def _show(diagnostics: tuple[Diagnostic, ...], summary: str | None = None) -> None:
    console.findings += [Finding.of(diagnostic, "error") for diagnostic in diagnostics]
    console.clear()
    if console.settings.is_json and _show_json({"errors": [diagnostic.to_json() for diagnostic in diagnostics]}):
        return
    if summary:
        click.echo(summary, err=True)
    for diagnostic in diagnostics:
        first, *rest = str(diagnostic).split("\n")
        click.echo(console.styled("error", fg="red", bold=True, err=True) + f": {first}", err=True)
        for line in rest:
            click.echo(line, err=True)
    codes = dict.fromkeys(diagnostic.code.id for diagnostic in diagnostics)
    if not console.settings.is_quiet:
        click.echo("`mtc explain " + " ".join(codes) + "` says more.", err=True)


def _show_usage(error: click.ClickException, is_json: bool) -> None:
    console.findings.append(Finding("usage", "error", error.format_message()))
    console.clear()
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path} -h" if context else "mtc -h"
    document: dict[str, Any] = {
        "code": "usage",
        "title": "usage",
        "message": error.format_message(),
        "operator": None,
        "at": None,
        "notes": [],
    }
    # Whether or not parsing came as far as to that option.
    if is_json and _show_json({"errors": [document | {"help": f"`{hint}` shows the options"}]}):
        return
    error.show(file=sys.stderr)


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    path = _keep_traceback(error, arguments)
    _show(
        (
            INTERNAL(
                f"mtc has a bug: {type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
                notes=(f"the traceback is in {path}",) if path else (),
                help="report it with that file",
            ),
        )
    )
    return BUG


def _keep_traceback(error: Exception, arguments: Sequence[str]) -> Path | None:
    lines = [f"mtc {' '.join(arguments)}\n", f"Python {sys.version}\n", *traceback.format_exception(error)]
    name = time.strftime("mtc-bug-%Y%m%d-%H%M%S-") + f"{os.getpid()}.txt"
    for folder in (tempfile.gettempdir(), "."):
        path = Path(folder, name)
        try:
            path.write_text("".join(lines), encoding="utf-8", errors="replace")
        except OSError:
            continue
        return path
    return None
