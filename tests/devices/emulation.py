"""What tests need to build and run programs for another processor here."""

from __future__ import annotations

from mtc.build.toolchain import toolchain_for
from mtc.devices import open_device
from mtc.diagnostics import MtcError

# What instructions XNNPACK, QNNPACK and mtc look for: all that qemu knows; dot products and half precision, as phones
# since 2018 have them; neither. armv7 has half precision only where the processor also runs arm64's programs.
DEVICES = (
    "qemu:arm64:max",
    "qemu:arm64:neoverse-n1",
    "qemu:arm64:cortex-a53",
    "qemu:armv7:max",
    "qemu:armv7:cortex-a7",
)


def missing(device: str) -> str:
    """What this machine lacks to build runtimes for an emulated device and to run them; empty if nothing."""
    try:
        with open_device(device) as opened:
            toolchain_for(opened.target)
    except MtcError as error:
        return str(error)
    return ""
