"""A device that runs programs by the `mtc_run` of a runtime that was built for it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtc.build.runtime_folder import built_file, check_target
from mtc.build.targets import Target
from mtc.devices import report
from mtc.devices.report import Timings
from mtc.devices.shell import Access, Done, Folder
from mtc.diagnostics import CANNOT_READ, DEVICE_FAILED
from mtc.session import Event, Memory

_TRACE, _OUTPUTS = "trace.json", "outputs"


@dataclass(frozen=True)
class DeviceRun:
    """What came back: the first run's outputs, what it cost, and with `profile` the last run's instructions."""

    outputs: list[np.ndarray]
    timings: Timings
    memory: Memory
    peak_memory: int  # bytes that the whole process had at most
    profile: list[Event]


class Device:
    """Runs programs; used in a `with` block, whose end removes from the device what was copied there."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._folder = Folder(access)
        self._names: dict[tuple[Path, int, int], str] = {}  # of files there, by what they are here
        try:
            self.name, self.folder = access.name, self._folder.path  # the folder there that is this device's own
            self.target: Target = access.target(self._folder.machine)
            cpuinfo = self._folder.run("cat /proc/cpuinfo 2>/dev/null").out
            self.processor = access.processor(self._folder.machine, cpuinfo)
        except BaseException:
            self._folder.close()
            raise

    def run(
        self,
        program: Path,
        runtime: Path,
        inputs: Sequence[np.ndarray] | None = None,
        *,
        function: str = "forward",
        threads: int = 1,
        runs: int = 0,
        profile: bool = False,
        max_memory: int = 0,
    ) -> DeviceRun:
        """Runs `program` once, and `runs` times more, by the runtime in the folder `runtime`.

        `inputs` are in the program's order; without them its samples are taken, else random numbers. Each run finds
        the program's initial state. MtcError: what the runtime refuses, as of a session; OTHER_TARGET for a runtime
        of another target; DEVICE_FAILED if the program crashes or its files cannot be copied.
        """
        words = [f"./{self._pushed(self._program_of(runtime))}", self._pushed(program)]
        words += ["--outputs", _OUTPUTS, "--function", function, "--threads", str(threads), "--runs", str(runs)]
        words += ["--profile", _TRACE] if profile else []
        words += ["--max-memory", str(max_memory)] if max_memory else []
        with tempfile.TemporaryDirectory(prefix="mtc-device-") as here:
            names = []
            for index, array in enumerate(inputs or ()):
                names.append(f"input_{index}.npy")
                np.save(Path(here, names[-1]), array)
                self._folder.push(Path(here, names[-1]), names[-1])
            done = self._folder.run_program([*words, "--inputs", *names] if names else words)
            if done.code != 0:
                self._refuse(done)
            return self._collected(done.out, Path(here), profile)

    def close(self) -> None:
        """Removes from the device what was copied there, and ends what runs there."""
        self._folder.close()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _program_of(self, runtime: Path) -> Path:
        """The runtime's `mtc_run`. OTHER_TARGET if the device cannot run it."""
        check_target(runtime, self.target.name, f"`{self.name}`")
        return built_file(runtime, self.target.program)

    def _pushed(self, path: Path) -> str:
        """The name of a file's copy on the device; a file that did not change is copied once."""
        try:
            status = path.stat()
        except OSError as error:
            raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error
        key = (path.resolve(), status.st_size, status.st_mtime_ns)
        if key not in self._names:
            name = f"file_{len(self._names)}"
            self._folder.push(path, name)
            self._names[key] = name
        return self._names[key]

    def _collected(self, said: str, here: Path, profile: bool) -> DeviceRun:
        for index in range(count := report.output_count(said)):
            self._folder.pull(f"{_OUTPUTS}/{_output(index)}", here / _output(index))
        if profile:
            self._folder.pull(_TRACE, here / _TRACE)
        try:
            outputs = [report.array(here / _output(index)) for index in range(count)]
            memory, peak = report.memory(said)
            events = report.events(here / _TRACE) if profile else []
            return DeviceRun(outputs, report.timings(said), memory, peak, events)
        except ValueError as error:
            raise DEVICE_FAILED.error(
                f"`{self.name}`: `mtc_run` of another version of mtc says what this one cannot read",
                help="build the runtime again",
            ) from error

    def _refuse(self, done: Done) -> None:
        """Raises what ended `mtc_run` early."""
        if done.code > 128:
            raise DEVICE_FAILED.error(
                f"`{self.name}`: the program was ended by {_signal_name(done.code - 128)}",
                notes=tuple(done.err.strip().splitlines()[-3:]),
            )
        raise report.error_of(done.err) or DEVICE_FAILED.error(
            f"`{self.name}`: `mtc_run` exited with {done.code}", notes=tuple(done.err.strip().splitlines()[-3:])
        )


def _output(index: int) -> str:
    """What `mtc_run` calls an output's file."""
    return f"output_{index}.npy"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
