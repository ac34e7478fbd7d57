"""Opens sessions on the host runtime, or on a runtime that `mtc build-runtime` made."""

from __future__ import annotations

from pathlib import Path

from mtc.build.progress import Progress
from mtc.build.runtime import host_runtime
from mtc.build.runtime_folder import read_record
from mtc.build.targets import host_target
from mtc.diagnostics import CANNOT_READ
from mtc.program import reader
from mtc.session import Session


def open_session(
    program: Path,
    *,
    threads: int = 1,
    profile: bool = False,
    runtime: Path | None = None,
    progress: Progress | None = None,
) -> Session:
    """A session of `program`, all of which is read to see that it is whole. `runtime` is a folder; without one the host
    runtime is built on first use."""
    reader.check_content(program)
    return Session(program, threads=threads, profile=profile, runtime=library_of(runtime, progress))


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
