"""The command line: one file a command, which parses, calls one stage, and reports."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    try:
        _end_tidily()
        sys.exit(run(args))
    except KeyboardInterrupt:  # while the command line itself was loading
        sys.exit(130)


def _end_tidily() -> None:
    """Whatever ends this process lets it remove what is half done and end what it has started; and a stream that is
    closed takes what is written to it."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it, which must stay
            signal.signal(number, signal.default_int_handler)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


def run(args: Sequence[str] | None = None) -> int:
    """Runs a command. The exit code: 0 done, 1 cannot be served, 2 usage, 3 a bug in mtc, 130 interrupted."""
    from mtc.cli.failures import guarded
    from mtc.cli.group import mtc

    words = list(sys.argv[1:] if args is None else args)
    return guarded(lambda: mtc.main(args=words, prog_name="mtc", standalone_mode=False), words)
