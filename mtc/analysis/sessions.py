"""Opens sessions on the host runtime, on a runtime that `mtc build-runtime` made, or on a device."""

from __future__ import annotations

from pathlib import Path

from mtc.build.progress import Progress
from mtc.build.runtime import host_runtime
from mtc.build.runtime_folder import built_file, check_target
from mtc.build.targets import host_target
from mtc.devices import DeviceSession
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
    """The shared library of a runtime's folder, or of the host runtime. CANNOT_READ if the folder holds none, or a part
    of one; OTHER_TARGET if it is for another system."""
    if runtime is None:
        return host_runtime(progress)
    target = host_target()
    check_target(runtime, target.name, "this machine")
    return built_file(runtime, target.library).absolute()


def described(session: Runner) -> str | None:
    """The device of a session and its processor; None if it is this process."""
    if not isinstance(session, DeviceSession):
        return None
    return f"{session.device.name} ({session.device.processor})"
