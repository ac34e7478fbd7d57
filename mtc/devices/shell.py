"""Scripts in a device's shell: all that mtc needs of a device is a POSIX shell that it can send bytes to."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mtc.build.targets import Target
from mtc.diagnostics import DEVICE_FAILED, NO_DEVICE

_SIGN = "mtc-folder: "
# What keeps the folder: prints its name and what the machine is, waits for the end of its input, and then ends what
# still runs and removes the folder. So that happens on the device itself, also if the connection is lost or this
# process killed.
_KEEPER = """\
trap '' HUP INT
folder=$(mktemp -d {parent}/mtc-XXXXXX) || exit 1
echo "{sign}$folder"
echo "$(uname -sm) $(getconf LONG_BIT 2>/dev/null)"
cat >/dev/null
test -f "$folder/pid" && kill -9 "$(cat "$folder/pid")" 2>/dev/null
rm -rf "$folder"
"""
# The process in the background is one that the shell forks: the most memory that a system says of a process is never
# less than what its parent had when it replaced itself by it. The shell kills it on demand: see _KEEPER.
_RUN = """\
{command} </dev/null &
echo $! >pid
wait $!
code=$?
rm -f pid
exit $code
"""


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Machine:
    """What a device says it is: `uname -s`, `uname -m`, and how many bits an address has there (0 if not said)."""

    system: str
    processor: str
    bits: int


class Access(Protocol):
    """How a device's shell is reached: what differs between an emulator, a board and a phone."""

    @property
    def name(self) -> str:
        """As the user gave it."""

    @property
    def parent(self) -> str:
        """A folder that can be written, in the shell's words."""

    @property
    def launcher(self) -> Sequence[str]:
        """What stands before a program that is started there."""

    def keeper(self, script: str) -> list[str]:
        """The command that runs a script for as long as the device is used."""

    def command(self, script: str) -> list[str]:
        """The command that runs a script while that of `keeper` runs."""

    def target(self, machine: Machine) -> Target:
        """What runtimes for it are built for. NO_DEVICE if there are none."""

    def processor(self, machine: Machine, cpuinfo: str) -> str:
        """What computes there, as its /proc/cpuinfo describes it."""

    def problem(self, done: Done) -> tuple[str, str | None] | None:
        """Why the device was not reached, if that is how a script ended, and what helps."""

    def close(self) -> None:
        """Releases what is held on this machine."""


class Folder:
    """A folder of this process's own on a device, and the processes in it. It is gone after `close`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._keeper = subprocess.Popen(
            access.keeper(_KEEPER.format(parent=access.parent, sign=_SIGN)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for this process, which then closes the folder
        )
        assert self._keeper.stdout is not None
        try:
            self.path, self.machine = self._introduced(self._keeper.stdout.readline(), self._keeper.stdout.readline())
        except BaseException:
            self.close()
            raise

    def run(self, script: str, *, stdin: Path | None = None, stdout: Path | None = None) -> Done:
        """Runs a script in the folder, which reads the file `stdin` and whose output goes into the file `stdout`.
        NO_DEVICE or DEVICE_FAILED if the device does not answer."""
        command = self._access.command(f"cd {shlex.quote(self.path)} || exit 1\n{script}")
        with ExitStack() as files:
            result = subprocess.run(
                command,
                stdin=subprocess.DEVNULL if stdin is None else files.enter_context(open(stdin, "rb")),
                stdout=subprocess.PIPE if stdout is None else files.enter_context(open(stdout, "wb")),
                stderr=subprocess.PIPE,
                check=False,
                start_new_session=True,
            )
        out, err = ((text or b"").decode(errors="replace") for text in (result.stdout, result.stderr))
        done = Done(result.returncode, out, err)
        if problem := self._access.problem(done):
            message, remedy = problem
            raise DEVICE_FAILED.error(f"`{self._access.name}`: the connection is lost: {message}", help=remedy)
        return done

    def run_program(self, words: Sequence[str]) -> Done:
        """Runs a program of the folder. Its code is above 128 where a signal ended it."""
        return self.run(_RUN.format(command=shlex.join([*self._access.launcher, *words])))

    def push(self, source: Path, name: str) -> None:
        """Copies a file of this machine. DEVICE_FAILED if it cannot be written there."""
        quoted = shlex.quote(name)
        self._require(self.run(f"cat >{quoted} && chmod 700 {quoted}", stdin=source), f"copy `{source}` there")

    def pull(self, name: str, target: Path) -> None:
        """Copies a file to this machine. DEVICE_FAILED if it cannot be read there."""
        self._require(self.run(f"cat {shlex.quote(name)}", stdout=target), f"read `{name}` there")

    def close(self) -> None:
        """Ends what runs there and removes the folder."""
        if self._keeper.stdin is not None and not self._keeper.stdin.closed:
            self._keeper.stdin.close()
        try:
            self._keeper.wait(10)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        for stream in (self._keeper.stdout, self._keeper.stderr):
            if stream is not None:
                stream.close()
        self._access.close()

    def _require(self, done: Done, what: str) -> None:
        if done.code != 0:
            reason = done.err.strip() or f"the shell exited with {done.code}"
            raise DEVICE_FAILED.error(f"`{self._access.name}`: cannot {what}: {reason}")

    def _introduced(self, path: str, machine: str) -> tuple[str, Machine]:
        """What the keeper says first. NO_DEVICE or DEVICE_FAILED if that is something else."""
        words = machine.split()
        if path.startswith(_SIGN) and len(words) in (2, 3):
            bits = int(words[2]) if words[2:] and words[2].isdecimal() else 0
            return path.removeprefix(_SIGN).strip(), Machine(words[0], words[1], bits)
        name = self._access.name
        if path:
            said = f"`{name}`: its shell prints `{path.strip()}` when it starts"
            raise NO_DEVICE.error(said, help="let it be silent where there is no terminal")
        out, err = self._keeper.communicate()
        done = Done(self._keeper.returncode, out, err)
        if problem := self._access.problem(done):
            message, remedy = problem
            raise NO_DEVICE.error(f"`{name}`: {message}", help=remedy)
        reason = err.strip() or f"the shell exited with {done.code}"
        raise DEVICE_FAILED.error(f"`{name}`: cannot make a folder there: {reason}")
