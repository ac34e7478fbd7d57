"""The command line: one file a command, which parses, calls one stage, and reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from mtc.cli import interrupts

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    try:
        interrupts.install()
        _open_streams()
        sys.exit(run_command(args))
    except KeyboardInterrupt:  # while the command line itself was loading
        sys.exit(130)


def _open_streams() -> None:
    """A stream that is closed takes what is written to it; stdout, as stderr, any name that a file may have."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def run_command(args: Sequence[str] | None = None) -> int:
    """Runs a command. The exit code: 0 done, 1 cannot be served, 2 usage, 3 a bug in mtc, 130 interrupted."""
    from mtc.cli.failures import guarded
    from mtc.cli.group import mtc

    words = list(sys.argv[1:] if args is None else args)
    return guarded(lambda: mtc.main(args=words, prog_name="mtc", standalone_mode=False), words)
