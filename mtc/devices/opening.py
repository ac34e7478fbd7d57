"""Which device a text names: `host`, `qemu:ARCH`, `qemu:ARCH:CPU`, `ssh:HOST`."""

from __future__ import annotations

from collections.abc import Callable

from mtc.devices import local
from mtc.devices.device import Device
from mtc.devices.shell import Access
from mtc.devices.ssh import Ssh
from mtc.diagnostics import UNKNOWN_NAME
from mtc.support.suggest import did_you_mean


def open_device(name: str) -> Device:
    """The device called `name`. UNKNOWN_NAME for what names none, NO_DEVICE if it is not there."""
    kind, _, rest = name.partition(":")
    if kind not in KINDS:
        raise UNKNOWN_NAME.error(f"`{name}` names no device", help=did_you_mean(kind, KINDS))
    return Device(KINDS[kind](name, rest))


def _host(name: str, rest: str) -> Access:
    if rest:
        raise UNKNOWN_NAME.error(f"`{name}` names no device", help="this machine is `host`")
    return local.host(name)


def _qemu(name: str, rest: str) -> Access:
    architecture, _, cpu = rest.partition(":")
    return local.emulator(name, architecture, cpu)


KINDS: dict[str, Callable[[str, str], Access]] = {"host": _host, "qemu": _qemu, "ssh": Ssh}
