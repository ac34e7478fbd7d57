"""Phones that `adb` reaches."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from mtc.build.targets import TARGETS, Target
from mtc.devices.processors import described
from mtc.devices.shell import Done, Machine
from mtc.diagnostics import NO_DEVICE, UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

_BY_ABI = {target.abi: target for target in TARGETS.values() if target.abi}
_REMEDIES = {
    "unauthorized": "unlock the phone and allow USB debugging for this computer",
    "offline": "unplug it and plug it in again, or `adb reconnect`",
    "no permissions": "its USB device may not be opened: `apt-get install android-sdk-platform-tools-common`",
}
_HOW = "turn on USB debugging in the phone's developer options and plug it in, or `adb connect ADDRESS`"
# What adb says of its own on stderr, not the phone's shell.
_OWN = ("error: ", "adb: ")


class Adb:
    """The phone that `adb devices` lists as `serial`; "" is the only one there is."""

    parent = '"${TMPDIR:-/data/local/tmp}"'  # of all phones the folder where programs may be started
    launcher: Sequence[str] = ()

    def __init__(self, name: str, serial: str) -> None:
        """NO_DEVICE if adb is missing or the phone not there, not allowed or not ready; UNKNOWN_NAME if there are
        several and it is none of them."""
        self.name = name
        if shutil.which("adb") is None:
            raise NO_DEVICE.error(f"`{name}`: `adb` is not on this machine", help="apt-get install adb")
        states = _states(name)
        if not serial and len(states) > 1:
            raise UNKNOWN_NAME.error(f"`{name}`: there are several phones", help=f"name one: {_listed(states)}")
        if not states:
            raise NO_DEVICE.error(f"`{name}`: adb finds no phone", help=_HOW)
        self._serial = serial or next(iter(states))
        if self._serial not in states:
            raise UNKNOWN_NAME.error(f"`{name}`: adb finds no such phone", help=did_you_mean(serial, states))
        if (state := states[self._serial]) != "device":
            remedy = next((text for sign, text in _REMEDIES.items() if state.startswith(sign)), _HOW)
            raise NO_DEVICE.error(f"`{name}`: adb says that it is {state}", help=remedy)
        self._abi = _called(name, "-s", self._serial, "shell", "getprop ro.product.cpu.abi").strip()
        self._model = _called(name, "-s", self._serial, "shell", "getprop ro.product.model").strip()

    def keeper(self, script: str) -> list[str]:
        # Without a terminal bytes stay as they are; from Android 7 on the exit code comes back as well.
        return ["adb", "-s", self._serial, "shell", "-T", script]

    command = keeper

    def target(self, machine: Machine) -> Target:
        if self._abi not in _BY_ABI:
            raise NO_DEVICE.error(
                f"`{self.name}`: mtc builds nothing for its processor, `{self._abi}`",
                help=f"it does for {', '.join(_BY_ABI)}",
            )
        return _BY_ABI[self._abi]

    def processor(self, machine: Machine, cpuinfo: str) -> str:
        return f"{self._model or 'a phone'}: {described(cpuinfo, machine.processor)}"

    def problem(self, done: Done) -> tuple[str, str | None] | None:
        """Its exit code is the script's, or 1 for adb's own failures, and then nothing but its words is on stderr."""
        said = done.err.strip()
        is_own = done.code == 1 and said.startswith(_OWN)
        return (said.splitlines()[0], _HOW) if is_own else None

    def close(self) -> None:
        pass


def _states(name: str) -> dict[str, str]:
    """What `adb devices` lists: `device` for a phone that is ready."""
    rows = [line.split("\t") for line in _called(name, "devices").splitlines() if "\t" in line]
    return {serial: state.strip() for serial, state in rows}


def _listed(states: dict[str, str]) -> str:
    return ", ".join(f"`adb:{serial}` ({state})" for serial, state in states.items())


def _called(name: str, *arguments: str) -> str:
    done = subprocess.run(["adb", *arguments], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise NO_DEVICE.error(f"`{name}`: {said[-1] if said else 'adb failed'}", help=_HOW)
    return done.stdout
