"""A session on a device: what runs a program in this process, for one that runs elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mtc.build.progress import Progress
from mtc.build.runtime import cached_runtime
from mtc.devices.device import Device, DeviceRun
from mtc.devices.opening import open_device
from mtc.session.program_file import ProgramFile
from mtc.session.signature import bound


class DeviceSession(ProgramFile):
    """Runs one program on the device that `name` names, by the runtime in the folder `runtime`; without one by a
    runtime with the program's kernels for the device's target, from the cache, built if it is not there.

    Each run is a process of its own, which finds the program's initial state.
    """

    def __init__(
        self,
        name: str,
        program: Path,
        *,
        threads: int = 1,
        runtime: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(program)
        self._path, self._threads = program, threads
        self.device: Device = open_device(name)
        try:
            self._runtime = runtime or cached_runtime(self.kernels, self.device.target, progress=progress)
        except BaseException:
            self.device.close()
            raise

    def run(self, *inputs: Any, function: str = "forward") -> list[np.ndarray]:
        return self.measure(*inputs, function=function).outputs

    def measure(self, *inputs: Any, function: str = "forward", runs: int = 0, profile: bool = False) -> DeviceRun:
        """A run, and `runs` more, with what they cost."""
        arrays = bound(inputs, self.inputs(function))
        found = self.device.run(
            self._path, self._runtime, arrays, function=function, threads=self._threads, runs=runs, profile=profile
        )
        return found

    def reset_state(self) -> None:
        """Nothing: see above."""

    def close(self) -> None:
        self.device.close()

    def __enter__(self) -> DeviceSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
