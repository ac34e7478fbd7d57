"""compile: every stage, into one folder. A stage whose inputs, settings and tool are as before is not run again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc.build.build_kind import BuildKind
from mtc.build.preflight import check_build, has_runtimes
from mtc.build.targets import target
from mtc.build.third_party import KERNEL_LIBRARIES
from mtc.frontends.source import check_source
from mtc.lower import Lowered
from mtc.stages.compile_steps import Files, Listener, Settings, Step, steps
from mtc.stages.kinds import Kind
from mtc.stages.outputs import check_output
from mtc.stages.reuse import entry_of, is_current, read_state, source_files, write_state
from mtc.support.hashing import FileHashes
from mtc.support.opened_files import opened_files

_NEEDED_BYTES = 256 << 20
_RUN_PYTHON = ("export", "quantize")  # a user's, which may read any file


@dataclass(frozen=True)
class Compiled:
    """What came of a compilation: its files, and the model that the program holds."""

    files: Files
    lowered: Lowered


def compile_model(
    settings: Settings,
    folder: Path,
    *,
    listener: Listener = Listener(),
    offline: bool = False,
    overwrite: bool = False,
    fresh: bool = False,
) -> Compiled:
    """Runs the stages that are not up to date; `fresh` runs all of them."""
    check_source(settings.source)
    check_output(folder, Kind.COMPILED, overwrite=overwrite, need=_NEEDED_BYTES)
    files = Files.of(folder, settings)
    planned, lower = steps(settings, files, listener=listener, offline=offline, overwrite=overwrite)
    for step in planned:
        if folder.exists():  # someone else's file may stand in it
            check_output(step.output, step.kind, overwrite=overwrite)
    state = {} if fresh else read_state(folder)
    hashes = FileHashes()
    if not is_current(planned[-1], state.get("build-runtime"), hashes) and not has_runtimes():
        # Known now, and not after the minutes that an export may take.
        check_build(
            BuildKind.of(target(settings.target), KERNEL_LIBRARIES.keys() & set(settings.backend)), offline=offline
        )
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    write_state(folder, state)
    try:
        _run(planned, folder, state, hashes, listener)
    except BaseException:
        if is_new and not state:  # nothing came of it
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return Compiled(files, lower())


def planned_reuse(settings: Settings, folder: Path, *, fresh: bool = False) -> list[tuple[Step, bool]]:
    """The stages, and whether `compile_model` would reuse what each has made. Behind a stage that runs it is not known
    yet whether what it writes will be as before: there it says no."""
    state = {} if fresh else read_state(folder)
    hashes = FileHashes()
    changing: set[Path] = set()
    found = []
    planned, _ = steps(settings, Files.of(folder, settings))
    for step in planned:
        is_reused = changing.isdisjoint(step.inputs) and is_current(step, state.get(step.stage), hashes)
        if not is_reused:
            changing.add(step.output)
        found.append((step, is_reused))
    return found


def _run(planned: Sequence[Step], folder: Path, state: dict[str, Any], hashes: FileHashes, listener: Listener) -> None:
    for step in planned:
        if is_current(step, state.get(step.stage), hashes):
            listener.told(step, True)
            continue
        listener.told(step, False)
        state.pop(step.stage, None)
        write_state(folder, state)  # an interrupted stage must not look finished
        with opened_files() as opened:
            listener.did(step.run())
        reads = source_files(opened, folder) if step.stage in _RUN_PYTHON else list(step.inputs)
        state[step.stage] = entry_of(step, [path for path in reads if path.is_file()], hashes)
        write_state(folder, state)
