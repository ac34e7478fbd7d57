"""This machine, and processors that qemu's user mode emulates on it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtc.build.targets import TARGETS, Target, host_target
from mtc.devices.processors import described
from mtc.devices.shell import Done, Machine
from mtc.diagnostics import NO_DEVICE, UNKNOWN_NAME
from mtc.support.suggest import did_you_mean

# What qemu can run programs of, by the name of the processor in a target's.
EMULATED = {target.name.partition("-")[2]: target for target in TARGETS.values() if target.qemu}


@dataclass(frozen=True)
class Local:
    """A shell of this machine. Programs are started by the words of `launcher`, if there are any."""

    name: str
    built_for: Target
    launcher: Sequence[str] = ()

    @property
    def parent(self) -> str:
        return shlex.quote(tempfile.gettempdir())

    def keeper(self, script: str) -> list[str]:
        return ["sh", "-c", script]

    command = keeper

    def target(self, machine: Machine) -> Target:
        return self.built_for

    def processor(self, machine: Machine, cpuinfo: str) -> str:
        if not self.launcher:
            return described(cpuinfo, machine.processor)
        cpu = self.launcher[self.launcher.index("-cpu") + 1] if "-cpu" in self.launcher else "its default processor"
        return f"{cpu} of {Path(self.launcher[0]).name}, on {described(cpuinfo, machine.processor)}"

    def problem(self, done: Done) -> tuple[str, str | None] | None:
        return None

    def close(self) -> None:
        pass


def host(name: str) -> Local:
    """This machine, whose runtimes run in processes of their own."""
    return Local(name, host_target())


def emulator(name: str, architecture: str, cpu: str) -> Local:
    """qemu for an architecture such as `arm64`, as the processor `cpu`, which qemu names; "" is qemu's default.

    UNKNOWN_NAME for an architecture or a processor that it does not emulate, NO_DEVICE if qemu or the system's
    libraries are missing.
    """
    if architecture not in EMULATED:
        raise UNKNOWN_NAME.error(
            f"`{name}`: qemu is asked for no processor called `{architecture}`",
            help=did_you_mean(architecture, EMULATED),
        )
    target = EMULATED[architecture]
    names = (f"qemu-{target.qemu}-static", f"qemu-{target.qemu}")
    qemu = next(filter(None, map(shutil.which, names)), None)
    if qemu is None:
        raise NO_DEVICE.error(f"`{name}`: `{names[1]}` is not on this machine", help="apt-get install qemu-user-static")
    model = cpu.partition(",")[0]  # behind it qemu takes features, as in `max,sve=off`
    if cpu and (known := _processors(qemu)) and model not in known:
        raise UNKNOWN_NAME.error(f"`{name}`: qemu has no processor called `{model}`", help=did_you_mean(model, known))
    launcher = [qemu, *(["-cpu", cpu] if cpu else [])]
    if not target.is_host:
        # Where Debian's cross compilers have the system's libraries, which a program loads when it starts.
        libraries = Path("/usr", target.gnu_triple)
        if not libraries.is_dir():
            raise NO_DEVICE.error(
                f"`{name}`: the system libraries of {target} are not at {libraries}",
                help=f"apt-get install g++-{target.gnu_triple.replace('_', '-')}",
            )
        launcher += ["-L", str(libraries)]
    return Local(name, target, launcher)


def _processors(qemu: str) -> set[str]:
    """What qemu can be: its list has a name in each row, for x86 behind the architecture's. Empty if it has none."""
    said = subprocess.run([qemu, "-cpu", "help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    rows = said.stdout.partition("\n\n")[0].splitlines()[1:]
    return {row.removeprefix("x86 ").split()[0] for row in rows if row.split()}
