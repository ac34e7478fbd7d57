"""Runs CMake and Ninja: finds them, reads their progress, and turns a failure into the lines that matter."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from mtc.build.progress import Progress, silent
from mtc.diagnostics import BUILD_FAILED, NO_COMPILER, MtcError

_STEP = re.compile(r"^\[(\d+)/(\d+)\] ")
_SHOWN_LINES = 25
_GRACE_SECONDS = 5
_OBJECTS_OF_ZIG = ".zig-cache"  # in a build folder: zig keeps a second copy of every object, which Ninja makes useless


def configure(source: Path, build: Path, definitions: Sequence[str], *, what: str, progress: Progress = silent) -> None:
    """Runs CMake's configure step. `definitions` are `-DNAME=VALUE`. Raises MtcError (MTC702, MTC703).

    What stands in `build` is used, unless CMake fails with it: an interrupted build may have left it there, cut off or
    of another copy of the sources.
    """
    build.mkdir(parents=True, exist_ok=True)
    progress(f"configuring {what}", 0, 0)
    command = [
        program("cmake"),
        *("-S", str(source), "-B", str(build), "-G", "Ninja"),
        f"-DCMAKE_MAKE_PROGRAM={program('ninja')}",
        *definitions,
    ]
    earlier = build / "CMakeCache.txt"
    is_first = not earlier.exists()
    try:
        _run(command, build / "configure.log", what, _cmake_error_lines, lambda line: None)
    except MtcError:
        if is_first:
            raise
        earlier.unlink(missing_ok=True)
        shutil.rmtree(build / "CMakeFiles", ignore_errors=True)
        _run(command, build / "configure.log", what, _cmake_error_lines, lambda line: None)


def build(folder: Path, targets: Sequence[str] = (), *, what: str, progress: Progress = silent) -> None:
    """Builds what is not up to date, MTC_JOBS files at a time if that is set. Raises MtcError (MTC703)."""
    command = [program("ninja"), "-C", str(folder)]
    if (jobs := os.environ.get("MTC_JOBS", "")) not in ("", "0"):
        command += ["-j", jobs]
    command += targets

    def on_line(line: str) -> None:
        if step := _STEP.match(line):
            progress(f"building {what}", int(step[1]), int(step[2]))

    try:
        _run(command, folder / "build.log", what, _ninja_error_lines, on_line)
    finally:
        shutil.rmtree(folder / _OBJECTS_OF_ZIG, ignore_errors=True)


def install(folder: Path, prefix: Path, *, what: str) -> None:
    """Runs the install rules into `prefix`. Raises MtcError (MTC703)."""
    command = [program("cmake"), "--install", str(folder), "--prefix", str(prefix)]
    _run(command, folder / "install.log", what, _cmake_error_lines, lambda line: None)


def program(name: str) -> str:
    """The path of `cmake` or `ninja`: from the Python package of that name, else on PATH. Raises MtcError (MTC702)."""
    for folder in (*_folders_in_package(name), None):
        if (path := shutil.which(name, path=folder)) is not None:
            return path
    raise NO_COMPILER.error(f"`{name}` was not found", help=f"run `pip install {name}`")


def _folders_in_package(name: str) -> list[str]:
    """Where the Python package `name` put the program: inside itself, or with the scripts of its environment, which
    need not be on PATH. The first are real programs; the second may be a script that starts Python to start them."""
    try:
        files = importlib.metadata.files(name) or ()
    except importlib.metadata.PackageNotFoundError:
        return []
    found = [file for file in files if file.stem == name and file.parent.name in ("bin", "Scripts")]
    return [
        os.path.realpath(Path(str(file.locate())).parent) for file in sorted(found, key=lambda file: ".." in file.parts)
    ]


def _run(
    command: list[str],
    log: Path,
    what: str,
    error_lines: Callable[[Sequence[str]], Sequence[str]],
    on_line: Callable[[str], None],
) -> None:
    """Runs `command`, keeps all it says in `log`. Its children die with it, whatever ends this function."""
    kept: deque[str] = deque(maxlen=5000)
    with open(log, "w", encoding="utf-8", errors="replace") as file:
        file.write(" ".join(command) + "\n")
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_environment() | {"ZIG_LOCAL_CACHE_DIR": str(log.parent / _OBJECTS_OF_ZIG)},
            start_new_session=os.name == "posix",  # its own process group, so that all of it can be ended
        )
        try:
            for line in process.stdout or ():
                file.write(line)
                line = line.rstrip("\n")
                kept.append(line)
                on_line(line)
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status != 0:
        raise BUILD_FAILED.error(
            f"building {what} failed",
            notes=(*error_lines(kept), f"the full log is {log}"),
            help=_remedy(kept),
        )


_DROPPED_VARIABLES = frozenset(
    {"CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CMAKE_GENERATOR", "CMAKE_INSTALL_MODE", "DESTDIR", "NINJA_STATUS"}
)


def _environment() -> dict[str, str]:
    """Messages in English without colours, since they are read; and no flags of the user's that change results."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED_VARIABLES}
    return kept | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "CLICOLOR_FORCE": "0", "NINJA_STATUS": "[%f/%t] "}


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the process and all that it started."""

    def send(number: int) -> None:
        try:
            if os.name == "posix":
                os.killpg(process.pid, number)
            else:
                process.kill()
        except ProcessLookupError:
            pass

    send(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    if os.name == "posix":
        send(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ninja_error_lines(lines: Sequence[str]) -> Sequence[str]:
    """What the first failed command said, without its command line."""
    lines = list(lines)
    start = next((i for i, line in enumerate(lines) if line.startswith("FAILED:")), None)
    if start is None:
        return lines[-_SHOWN_LINES:]
    end = next((i for i in range(start + 1, len(lines)) if _STEP.match(lines[i])), len(lines))
    said = [lines[start], *lines[start + 2 : end]]  # the line after FAILED: is the command
    important = [i for i, line in enumerate(said) if re.search(r"\berror\b|undefined reference", line)]
    first = max(important[0] - 2, 1) if important else 1
    return [said[0], *said[first : first + _SHOWN_LINES]]


def _cmake_error_lines(lines: Sequence[str]) -> Sequence[str]:
    """CMake's first error and what follows."""
    lines = [line for line in lines if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith("CMake Error")), None)
    return lines[-_SHOWN_LINES:] if start is None else lines[start : start + _SHOWN_LINES]


def _remedy(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    if "No space left on device" in text:
        return "free some disk space; MTC_CACHE_DIR moves the cache elsewhere"
    if re.search(r"Killed signal|out of memory|Cannot allocate memory", text):
        return "the compiler ran out of memory; set MTC_JOBS=1 to compile one file at a time"
    return "CC and CXX choose another compiler; if the sources are mtc's own, please report it with the log"
