"""What tests need to build and run programs for another processor here."""

from __future__ import annotations

from mtc.build.toolchain import toolchain_for
from mtc.devices import open_device
from mtc.diagnostics import MtcError


def missing(device: str) -> str:
    """What this machine lacks to build runtimes for an emulated device and to run them; empty if nothing."""
    try:
        with open_device(device) as opened:
            toolchain_for(opened.target)
    except MtcError as error:
        return str(error)
    return ""
