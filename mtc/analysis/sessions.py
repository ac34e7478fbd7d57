"""Opens sessions on the host runtime, on a runtime that `mtc build-runtime` made, or on a device."""

from __future__ import annotations

from pathlib import Path

from mtc.build.progress import Progress
from mtc.build.runtime import host_runtime
from mtc.build.runtime_folder import read_record
from mtc.build.targets import host_target
from mtc.devices import DeviceSession
from mtc.diagnostics import CANNOT_READ
from mtc.program import reader
from mtc.session import Runner, Session

HOST = "host"  # the device that is this process


def open_session(
    program: Path,
    *,
    threads: int = 1,
    runtime: Path | None = None,
    device: str = HOST,
    progress: Progress | None = None,
) -> Runner:
    """A session of `program`, all of which is read to see that it is whole. `runtime` is a folder; without one the host
    runtime is built on first use, or one for the `device`, which `open_device` knows."""
    reader.check_content(program)
    if device != HOST:
        return DeviceSession(device, program, threads=threads, runtime=runtime, progress=progress)
    return Session(program, threads=threads, runtime=library_of(runtime, progress))


def library_of(runtime: Path | None, progress: Progress | None = None) -> Path:
    """The shared library of a runtime's folder, or of the host runtime. CANNOT_READ if the folder holds none."""
    if runtime is None:
        return host_runtime(progress)
    read_record(runtime)
    name = host_target().library
    library = (runtime / name).absolute()
    if not library.is_file():
        raise CANNOT_READ.error(f"the runtime `{runtime}` has no `{name}`", help="build it again for this machine")
    return library


def described(session: Runner) -> str | None:
    """The device of a session and its processor; None if it is this process."""
    if not isinstance(session, DeviceSession):
        return None
    return f"{session.device.name} ({session.device.processor})"
