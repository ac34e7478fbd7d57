"""Builds runtimes: the one that `mtc build-runtime` writes, and the host runtime that mtc itself uses.

Every build is kept in the cache under a hash of all that went into it. A list built before is copied; another list
for the same target and toolchain compiles only what differs, in the build folder that its predecessors left.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mtc.build import cmake, size_report
from mtc.build.preflight import check_build, check_cache
from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import content_hash, runtime_sources, stamp
from mtc.build.size_report import SizeReport
from mtc.build.sources import source_folder
from mtc.build.sources_lock import source
from mtc.build.targets import Target, host_target
from mtc.build.third_party import BASE_LIBRARIES, libraries_of, sources_of, third_party, third_party_key
from mtc.build.toolchain import Toolchain, toolchain_for, toolchain_stamp
from mtc.diagnostics import UNKNOWN_NAME, WOULD_REPLACE, writing
from mtc.support.atomic import atomic_folder, write_text
from mtc.support.cache import cache_dir, cache_root
from mtc.support.file_lock import file_lock
from mtc.support.plural import counted
from mtc.support.suggest import did_you_mean

Mode = Literal["size", "speed"]
SANITIZERS = ("address", "leak", "thread", "undefined")
# Below a runtime's folder: what it says of itself, its shared library, its command-line program.
RECORD, LIBRARY, PROGRAM = Path("share", "mtc", "runtime.json"), Path("lib", "libmtc.so"), Path("bin", "mtc_run")


@dataclass(frozen=True)
class RuntimeBuild:
    """A built runtime: include/, lib/, bin/ and share/ below `folder`."""

    folder: Path
    target: str
    toolchain: str
    mode: Mode
    kernels: tuple[str, ...]
    key: str  # hash of all that went into it
    was_cached: bool
    seconds: float
    sizes: tuple[SizeReport, ...]  # of the shared library and of mtc_run

    @property
    def library(self) -> Path:
        return self.folder / LIBRARY

    @property
    def summary(self) -> str:
        how = "taken from the cache" if self.was_cached else f"built in {self.seconds:.0f} s"
        return f"{counted(len(self.kernels), 'kernel')} for {self.target}, {how}"

    @property
    def static_library(self) -> Path:
        return self.folder / "lib" / "libmtc.a"

    @property
    def program(self) -> Path:
        return self.folder / PROGRAM


def build(
    keys: Collection[str],
    target: Target,
    output: Path,
    *,
    mode: Mode = "size",
    sanitize: str = "",
    progress: Progress | None = None,
    offline: bool = False,
    overwrite: bool = False,
) -> RuntimeBuild:
    """Builds the runtime that holds exactly the kernels `keys` and puts it at `output`, whole or not at all.

    `sanitize` is a list as -fsanitize takes it, such as "address,undefined". Raises MtcError: MTC105 if something
    else stands at `output` and not `overwrite`, MTC106 if it cannot be written, MTC301 and MTC401 for unknown names,
    MTC701 to MTC704 if it cannot be built.
    """
    started = time.monotonic()
    if not overwrite:
        _check_output(output)
    kept, was_cached = _cached(keys, target, mode, check_sanitizers(sanitize), progress or silent, offline)
    with writing(output), atomic_folder(output) as work:
        shutil.copytree(kept, work, symlinks=True, dirs_exist_ok=True)
    return _described(output, was_cached, time.monotonic() - started)


def host_runtime(progress: Progress | None = None) -> Path:
    """The shared library with every kernel of this machine, built on first use. `mtc_run` is `../bin/mtc_run`."""
    return host_runtime_folder(progress) / LIBRARY


def host_runtime_folder(progress: Progress | None = None) -> Path:
    """The folder of the host runtime. Once built it is found in milliseconds, by the state of the source files; a
    process looks once."""
    folder = _host_runtimes.get(cache_root())
    if folder is None or not (folder / RECORD).is_file():
        folder = _host_runtimes[cache_root()] = _find_host_runtime(progress)
    return folder


_host_runtimes: dict[Path, Path] = {}  # by the cache that it is in


def _find_host_runtime(progress: Progress | None) -> Path:
    target = host_target()
    state = hashlib.sha256(f"{stamp()}\0{toolchain_stamp(target)}".encode()).hexdigest()[:24]
    pointer = cache_root() / "host" / state
    try:
        folder = cache_root() / "runtimes" / pointer.read_text(encoding="utf-8").strip()
        if (folder / RECORD).is_file():
            return folder
    except OSError:
        pass
    from mtc.delegates.registry import kernel_keys  # reads every op and backend, which only a build needs

    folder, _ = _cached(kernel_keys(), target, "speed", "", progress or silent, offline=False)
    write_text(cache_dir("host") / state, folder.name + "\n")
    return folder


def _cached(
    keys: Collection[str], target: Target, mode: Mode, sanitize: str, progress: Progress, offline: bool
) -> tuple[Path, bool]:
    """The runtime's folder in the cache, and whether it was there."""
    from mtc.build import kernel_table  # see host_runtime_folder

    kernels = sorted(set(keys))
    toolchain = toolchain_for(target)
    libraries = libraries_of(kernels)
    check_cache()
    work = _build_folder(target, toolchain, mode, sanitize, libraries)
    selection = work / "selection"

    def waiting() -> None:
        progress("waiting for another mtc that builds a runtime", 0, 0)

    with file_lock(cache_dir("locks") / work.name, waiting=waiting):
        selection.mkdir(parents=True, exist_ok=True)
        kernel_table.write(kernels, selection)
        key = _key(selection, target, toolchain, mode, sanitize, libraries)
        folder = cache_dir("runtimes") / key
        if folder.is_dir():
            return folder, True
        check_build(libraries, target, toolchain, offline=offline)
        settings = definitions(
            selection, target, toolchain, mode, sanitize, libraries, offline=offline, progress=progress
        )
        objects = work / "objects"
        cmake.configure(runtime_sources(), objects, settings, what="the runtime", progress=progress)
        cmake.build(objects, what="the runtime", progress=progress)
        with atomic_folder(folder) as made:
            cmake.install(objects, made, what="the runtime")
            _document(made, objects, kernels, target, toolchain, mode, sanitize, key, libraries)
    return folder, False


def definitions(
    selection: Path,
    target: Target,
    toolchain: Toolchain,
    mode: Mode,
    sanitize: str,
    libraries: Collection[str],
    *,
    offline: bool = False,
    progress: Progress = silent,
) -> list[str]:
    """What `runtime/CMakeLists.txt` must be told; the libraries it names are built first if they are not there."""
    prefix = third_party(target, toolchain, libraries, offline=offline, progress=progress)
    return [
        *_options(toolchain, mode, sanitize, libraries),
        f"-DMTC_SELECTION={selection}",
        f"-DMTC_THIRD_PARTY={prefix}",
        f"-DMTC_FLATBUFFERS={source_folder('flatbuffers', offline=offline, progress=progress)}",
    ]


def _options(toolchain: Toolchain, mode: str, sanitize: str, libraries: Collection[str]) -> list[str]:
    """Those of the definitions that are no paths."""
    return [
        *toolchain.cmake_args,
        f"-DMTC_WITH_XNNPACK={'ON' if 'xnnpack' in libraries else 'OFF'}",
        f"-DMTC_MODE={mode}",
        f"-DMTC_SANITIZE={sanitize}",
    ]


def _build_folder(target: Target, toolchain: Toolchain, mode: str, sanitize: str, libraries: Collection[str]) -> Path:
    """One for each way to compile, so that another list of kernels compiles only what differs."""
    parts = [toolchain.identity, str(runtime_sources()), *sorted(libraries)]
    kind = "-".join(filter(None, [target.name, mode, sanitize.replace(",", "+")]))
    return cache_dir("build") / f"runtime-{kind}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def _key(
    selection: Path, target: Target, toolchain: Toolchain, mode: str, sanitize: str, libraries: Collection[str]
) -> str:
    """Changes with everything that goes into a runtime."""
    state = hashlib.sha256()
    for name in ("selected_kernels.h", "kernel_table.cpp", "kernels.cmake"):
        state.update((selection / name).read_bytes() + b"\0")
    linked = third_party_key(target, toolchain, libraries)
    options = _options(toolchain, mode, sanitize, libraries)
    state.update("\0".join([content_hash(), target.name, toolchain.identity, linked, *options]).encode())
    return state.hexdigest()[:24]


def _document(
    folder: Path,
    objects: Path,
    kernels: list[str],
    target: Target,
    toolchain: Toolchain,
    mode: str,
    sanitize: str,
    key: str,
    libraries: Collection[str],
) -> None:
    """Writes share/mtc: what this runtime is, what its bytes are for, and the licences of what is linked."""
    share = folder / RECORD.parent
    share.mkdir(parents=True, exist_ok=True)
    record = {
        "key": key,
        "target": target.name,
        "toolchain": str(toolchain),
        "mode": mode,
        "sanitize": sanitize,
        "libraries": {name: source(name).version for name in sorted((*BASE_LIBRARIES, *libraries))},
        "kernels": kernels,
    }
    reports = size_report.reports_of(folder, objects)
    write_text(share / "size.json", size_report.to_json(reports))
    write_text(share / "size.txt", size_report.to_text(reports))
    licenses = share / "licenses"
    licenses.mkdir(exist_ok=True)
    for name in sources_of(libraries):
        shutil.copyfile(source_folder(name) / "LICENSE", licenses / f"{name}.txt")
    record["files"] = sorted({*_files(folder), str(RECORD)})
    write_text(folder / RECORD, json.dumps(record, indent=2) + "\n")


def _described(folder: Path, was_cached: bool, seconds: float) -> RuntimeBuild:
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return RuntimeBuild(
        folder=folder,
        target=record["target"],
        toolchain=record["toolchain"],
        mode=record["mode"],
        kernels=tuple(record["kernels"]),
        key=record["key"],
        was_cached=was_cached,
        seconds=seconds,
        sizes=size_report.from_json((folder / RECORD.parent / "size.json").read_text(encoding="utf-8")),
    )


def _check_output(output: Path) -> None:
    """A runtime may replace a runtime or an empty folder, and nothing else; not what was put beside its files."""
    if not output.exists():
        return
    if (output / RECORD).is_file():
        own = json.loads((output / RECORD).read_text(encoding="utf-8")).get("files")
        others = set() if own is None else _files(output) - set(own)
        if not others:
            return
        raise WOULD_REPLACE.error(
            f"`{output}` holds {counted(len(others), 'file')} that mtc did not write, such as `{min(others)}`",
            help="move them, choose another folder with -o, or pass --overwrite",
        )
    if output.is_dir() and not any(output.iterdir()):
        return
    raise WOULD_REPLACE.error(
        f"`{output}` exists and is not a runtime that mtc built", help="choose another folder with -o, or remove it"
    )


def _files(folder: Path) -> set[str]:
    """Everything in the folder but folders, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def check_sanitizers(text: str) -> str:
    """A list of sanitizers in one order. Raises MtcError (MTC301) if one does not exist."""
    names = sorted({name.strip() for name in text.split(",") if name.strip()})
    for name in names:
        if name not in SANITIZERS:
            raise UNKNOWN_NAME.error(f"no sanitizer is called `{name}`", help=did_you_mean(name, SANITIZERS))
    return ",".join(names)
