"""Runs programs on a runtime for another processor, in qemu's user mode."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mtc.build.targets import Target
from mtc.diagnostics import CANNOT_RUN_TARGET, RUN_FAILED


class Emulated:
    """The runtime in a folder, which was built for `target`. CANNOT_RUN_TARGET if nothing here runs its programs."""

    def __init__(self, runtime: Path, target: Target) -> None:
        self.program = runtime / target.program
        self.command = [_emulator(target), "-L", f"/usr/{target.gnu_triple}"]

    def run(self, program: Path, arrays: Sequence[np.ndarray], function: str = "forward") -> list[np.ndarray]:
        """The outputs of one run. RUN_FAILED with what `mtc_run` said."""
        with TemporaryDirectory() as folder:
            work = Path(folder)
            command = [*self.command, str(self.program), str(program), "--function", function]
            command += ["--outputs", str(work / "outputs")]
            for index, array in enumerate(arrays):
                np.save(work / f"{index}.npy", array)
            if arrays:
                command += ["--inputs", *(str(work / f"{index}.npy") for index in range(len(arrays)))]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            if done.returncode:
                said = done.stderr.strip().rpartition("mtc_run: ")[2] or f"exit status {done.returncode}"
                raise RUN_FAILED.error(f"`{program.name}` failed on the reduced runtime: {said}")
            count = len(list((work / "outputs").glob("output_*.npy")))
            return [np.load(work / "outputs" / f"output_{index}.npy") for index in range(count)]


def _emulator(target: Target) -> str:
    for name in (f"qemu-{target.qemu}-static", f"qemu-{target.qemu}") if target.qemu else ():
        if (found := shutil.which(name)) is not None and Path("/usr", target.gnu_triple).is_dir():
            return found
    needs = f"apt-get install qemu-user-static g++-{target.gnu_triple}" if target.qemu else "check it on such a machine"
    raise CANNOT_RUN_TARGET.error(f"nothing here runs programs for {target}", help=needs)
