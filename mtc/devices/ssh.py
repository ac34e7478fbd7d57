"""Boards and servers that `ssh` reaches, through one connection that all scripts share."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from pathlib import Path

from mtc.build.targets import TARGETS, Target
from mtc.devices.processors import described
from mtc.devices.shell import Done, Machine
from mtc.diagnostics import NO_DEVICE, UNKNOWN_NAME

# By what `uname -sm` says.
_TARGETS = {
    ("Linux", "x86_64"): "linux-x86_64",
    ("Linux", "aarch64"): "linux-arm64",
    ("Linux", "armv8l"): "linux-armv7",
    ("Linux", "armv7l"): "linux-armv7",
}
_OPTIONS = (
    *("-T", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ClearAllForwardings=yes"),
    # A cable that is pulled out is noticed after 15 seconds.
    *("-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
)
# Folders below which a socket may lie: ssh reads its path without quotes, and a socket's path has 103 bytes at most, of
# which mtc's names and what ssh appends while it begins to listen take 36.
_SOCKETS = re.compile(r"[\w/.+-]{1,67}", re.ASCII)
_FAILED = 255  # ssh's exit code when it is ssh that failed, and not the script
_REMEDIES = {
    "host key": "call `ssh {host}` once, and see whether the key that it shows is that device's",
    "host identification has changed": "see whether it is still that device; `ssh-keygen -R` forgets the old key",
    "permission denied": "mtc asks for no password: `ssh-copy-id {host}` puts a key there",
    "could not resolve": "look at the name; `~/.ssh/config` can give it an address",
}


class Ssh:
    """`host` is what `ssh` takes, a name of its configuration among it, or that and a port behind a colon."""

    parent = '"${TMPDIR:-/tmp}"'
    launcher = ()

    def __init__(self, name: str, host: str) -> None:
        """NO_DEVICE if there is no ssh here."""
        found = re.fullmatch(r"([^:]+):(\d+)", host)
        self.name = name
        self._host = found[1] if found else host
        port = ("-p", found[2]) if found else ()
        if not self._host or self._host.startswith("-"):
            raise UNKNOWN_NAME.error(f"`{name}` names no device", help="`ssh:HOST` takes a name that `ssh HOST` takes")
        if shutil.which("ssh") is None:
            raise NO_DEVICE.error(f"`{name}`: `ssh` is not on this machine", help="apt-get install openssh-client")
        folder = tempfile.gettempdir()
        self._sockets = tempfile.mkdtemp(prefix="mtc-ssh-", dir=folder if _SOCKETS.fullmatch(folder) else "/tmp")
        self._ssh = ("ssh", *_OPTIONS, *port, "-o", f"ControlPath={Path(self._sockets, 's')}")

    def keeper(self, script: str) -> list[str]:
        return self._called("yes", script)

    def command(self, script: str) -> list[str]:
        return self._called("no", script)

    def _called(self, is_master: str, script: str) -> list[str]:
        # The login shell there may be another one than sh.
        return [*self._ssh, "-o", f"ControlMaster={is_master}", "--", self._host, f"exec sh -c {shlex.quote(script)}"]

    def target(self, machine: Machine) -> Target:
        known = _TARGETS.get((machine.system, machine.processor))
        if known is None:
            raise NO_DEVICE.error(
                f"`{self.name}` is {machine.system} on {machine.processor}: mtc runs no programs there",
                help=f"it does on {', '.join(dict.fromkeys(_TARGETS.values()))}",
            )
        # A kernel of 64 bits may run a system of 32, as on many small boards.
        return TARGETS["linux-armv7" if known == "linux-arm64" and machine.bits == 32 else known]

    def processor(self, machine: Machine, cpuinfo: str) -> str:
        return described(cpuinfo, machine.processor)

    def problem(self, done: Done) -> tuple[str, str | None] | None:
        if done.code != _FAILED:
            return None
        said = [line.strip() for line in done.err.splitlines() if line.strip(" @\r")]
        remedies = (text for sign, text in _REMEDIES.items() if sign in done.err.lower())
        remedy = next(remedies, None)
        return (said[-1] if said else "ssh failed"), remedy and remedy.format(host=self._host)

    def close(self) -> None:
        shutil.rmtree(self._sockets, ignore_errors=True)
