"""Whether Ctrl-C was pressed, also where what it raised was lost: native libraries that are interrupted while they load
raise an ImportError of their own, and PyTorch takes whatever comes for a failure of the model."""

from __future__ import annotations

import signal
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_received: list[int] = []


def install() -> None:
    """Whatever ends this process from outside raises KeyboardInterrupt, so that what is half done is removed and what
    was started is ended. A signal that is ignored, as nohup does, stays so."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _note)


def forget() -> None:
    """As at the start of a process: several commands may run in one."""
    _received.clear()


def were_received() -> bool:
    return bool(_received)


def _note(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
