"""Builds runtimes: the one that `mtc build-runtime` writes, and the host runtime that mtc itself uses.

Every build is kept in the cache under a hash of all that went into it. A list built before is copied; another list
for the same target and toolchain compiles only what differs, in the build folder that its predecessors left.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from mtc.build import cmake
from mtc.build.build_kind import BuildKind, Mode
from mtc.build.preflight import check_build, check_cache
from mtc.build.progress import Progress, silent
from mtc.build.runtime_folder import (
    RECORD,
    RuntimeBuild,
    check_replaceable,
    described,
    document,
    hand_over,
    read_bill,
)
from mtc.build.runtime_sources import runtime_sources, stamp
from mtc.build.size_budget import check_size
from mtc.build.size_report import Users
from mtc.build.targets import Target, host_target
from mtc.build.third_party import libraries_of
from mtc.build.toolchain import toolchain_stamp
from mtc.diagnostics import writing
from mtc.support.atomic import atomic_folder, write_text
from mtc.support.cache import cache_dir, cache_root
from mtc.support.file_lock import file_lock


def build(
    keys: Collection[str],
    target: Target,
    output: Path,
    *,
    mode: Mode = "size",
    sanitize: str = "",
    toolchain: str = "",
    progress: Progress | None = None,
    offline: bool = False,
    overwrite: bool = False,
    needed_by: Mapping[str, Users] | None = None,
    max_bytes: int | None = None,
    accept: Callable[[Path], None] = lambda built: None,
) -> RuntimeBuild:
    """Builds the runtime that holds exactly the kernels `keys` and puts it at `output`, whole or not at all.

    `needed_by` says who needs each kernel, for the size report. TOO_LARGE if it has more than `max_bytes`. `accept`
    looks at the folder of what was built and raises if it is not to be put there.
    `sanitize` is a list as -fsanitize takes it, such as "address,undefined"; `toolchain` names one of
    `mtc.build.toolchain.SEARCH`, by default the first that is there. Raises MtcError: MTC105 if something
    else stands at `output` and not `overwrite`, MTC106 if it cannot be written, MTC301 and MTC401 for unknown names,
    MTC701 to MTC704 if it cannot be built.
    """
    started = time.monotonic()
    if not overwrite:
        check_replaceable(output)
    kind = BuildKind.of(target, libraries_of(keys), mode, sanitize, toolchain)
    kept, was_cached = _cached(keys, kind, progress or silent, offline)
    seconds = time.monotonic() - started  # what `accept` does is none of it
    if max_bytes is not None:
        check_size(replace(read_bill(kept), needed_by=needed_by or {}), max_bytes)
    accept(kept)
    with writing(output), atomic_folder(output) as work:
        shutil.copytree(kept, work, symlinks=True, dirs_exist_ok=True)
        hand_over(work, needed_by or {})
    return described(output, was_cached, seconds)


def cached_runtime(
    keys: Collection[str], target: Target, *, progress: Progress | None = None, offline: bool = False
) -> Path:
    """The folder, in the cache, of a runtime that holds exactly the kernels `keys`; built if it is not there. Raises
    MtcError as `build` does."""
    folder, _ = _cached(keys, BuildKind.of(target, libraries_of(keys)), progress or silent, offline)
    return folder


def host_runtime(progress: Progress | None = None) -> Path:
    """The shared library with every kernel of this machine, built on first use. `mtc_run` is `../bin/mtc_run`."""
    return host_runtime_folder(progress) / host_target().library


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

    keys = kernel_keys()
    folder, _ = _cached(keys, BuildKind.of(target, libraries_of(keys), "speed"), progress or silent, offline=False)
    write_text(cache_dir("host") / state, folder.name + "\n")
    return folder


def _cached(keys: Collection[str], kind: BuildKind, progress: Progress, offline: bool) -> tuple[Path, bool]:
    """The runtime's folder in the cache, and whether it was there."""
    from mtc.build import kernel_table  # see host_runtime_folder

    kernels = sorted(set(keys))
    check_cache()
    work = kind.folder()
    selection = work / "selection"

    def waiting() -> None:
        progress("waiting for another mtc that builds a runtime", 0, 0)

    with file_lock(cache_dir("locks") / work.name, waiting=waiting):
        selection.mkdir(parents=True, exist_ok=True)
        key = kind.key(kernel_table.write(kernels, selection))
        folder = cache_dir("runtimes") / key
        if folder.is_dir():
            return folder, True
        check_build(kind, offline=offline)
        objects = work / "objects"
        settings = kind.definitions(selection, offline=offline, progress=progress)
        cmake.configure(runtime_sources(), objects, settings, what="the runtime", progress=progress)
        cmake.build(objects, what="the runtime", progress=progress)
        with atomic_folder(folder) as made:
            cmake.install(objects, made, what="the runtime")
            document(made, objects, kernels, kind, key)
    return folder, False
