"""Another processor in qemu's user mode, on which a runtime's `mtc_run` runs programs as on a machine of that kind."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtc.build.targets import TARGETS, Target
from mtc.build.toolchain import toolchain_for
from mtc.diagnostics import MtcError

ARM64 = TARGETS["linux-arm64"]


def missing(target: Target) -> str:
    """What this machine lacks to build and run programs for `target`; empty if nothing."""
    if target.is_host:
        return f"this machine is {target} itself"
    if _qemu(target) is None:
        return f"qemu-{target.processor} is missing: apt-get install qemu-user-static"
    if not _libraries(target).is_dir():
        return f"{_libraries(target)} is missing: apt-get install g++-{target.gnu_triple}"
    try:
        toolchain_for(target)
    except MtcError as error:
        return str(error)
    return ""


def _qemu(target: Target) -> str | None:
    return shutil.which(f"qemu-{target.processor}-static") or shutil.which(f"qemu-{target.processor}")


def _libraries(target: Target) -> Path:
    """Where Debian's cross compilers have the system's libraries, which a program loads when it starts."""
    return Path("/usr", target.gnu_triple)


@dataclass(frozen=True)
class Emulator:
    """Runs the programs of `runtime`, which was built for `target`. `cpu` is what qemu calls the processor."""

    target: Target
    runtime: Path
    cpu: str

    def run(self, program: Path, inputs: Sequence[np.ndarray], folder: Path) -> list[np.ndarray]:
        """The outputs of one run; files are written into `folder`."""
        qemu = _qemu(self.target)
        assert qemu is not None
        outputs = folder / self.cpu
        command = [qemu, "-cpu", self.cpu, "-L", _libraries(self.target), self.runtime / "bin/mtc_run", program]
        command += ["--outputs", outputs, "--threads", "2"]
        for index, array in enumerate(inputs):
            np.save(folder / f"{index}.npy", array)
        if inputs:
            command += ["--inputs", *(folder / f"{index}.npy" for index in range(len(inputs)))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"mtc_run exited with {done.returncode}: {done.stderr or done.stdout}"
        return [np.load(outputs / f"output_{index}.npy") for index in range(len([*outputs.iterdir()]))]
