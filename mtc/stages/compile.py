"""compile: every stage, into one folder. A stage whose inputs, settings and tool are as before is not run again."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mtc import __version__
from mtc.build.progress import Progress, silent
from mtc.build.runtime import RECORD
from mtc.build.runtime_sources import stamp
from mtc.build.targets import host_target, target
from mtc.build.toolchain import toolchain_for, toolchain_stamp
from mtc.delegates.registry import backends
from mtc.frontends.source import is_attribute, name_of
from mtc.partition import refuse_fallback
from mtc.passes.registry import check_names
from mtc.stages.build_runtime import build_runtime
from mtc.stages.export import export
from mtc.stages.files import load, save
from mtc.stages.optimize import optimize
from mtc.stages.outputs import COMPILE_STATE, Kind, check_output
from mtc.stages.package import lowered, package
from mtc.stages.pass_options import pass_options
from mtc.stages.select_ops import select_ops
from mtc.support.atomic import write_text
from mtc.support.hashing import file_sha256
from mtc.support.opened_files import opened_files, user_files

_NEEDED_BYTES = 256 << 20


@dataclass(frozen=True)
class Settings:
    """What `mtc compile` is told; the fields are the flags of its stages."""

    source: str
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    backend: tuple[str, ...] = ("xnnpack",)
    disable_pass: tuple[str, ...] = ()
    verify_each: bool = False
    no_fallback: bool = False
    target: str = ""

    def resolved(self) -> Settings:
        """With the target named. MtcError for names that do not exist and for a target that cannot be built here."""
        backends(self.backend)
        check_names(self.disable_pass)
        chosen = target(self.target) if self.target else host_target()
        toolchain_for(chosen)
        return Settings(**(asdict(self) | {"target": chosen.name}))


@dataclass(frozen=True)
class Step:
    """One stage of a compilation."""

    stage: str
    command: tuple[str, ...]  # what runs it alone
    inputs: tuple[Path, ...]
    output: Path
    settings: dict[str, Any]
    run: Callable[[], None]

    @property
    def line(self) -> str:
        return shlex.join(("mtc", self.stage, *self.command))


# told(step, was_reused)
Told = Callable[[Step, bool], None]


@dataclass(frozen=True)
class Compiled:
    """The files of a compilation."""

    folder: Path
    model: Path
    optimized: Path
    ops: Path
    program: Path
    runtime: Path


def files_of(folder: Path, settings: Settings) -> Compiled:
    """Where everything goes."""
    at = folder / name_of(settings.source)
    model, optimized, program = (Path(f"{at}{suffix}") for suffix in (".mtc", ".optimized.mtc", ".mtp"))
    return Compiled(folder, model, optimized, folder / "ops.yaml", program, folder / f"runtime-{settings.target}")


def compile_model(
    settings: Settings,
    folder: Path,
    *,
    told: Told = lambda step, was_reused: None,
    warn: Callable[[str], None] = lambda text: None,
    progress: Progress = silent,
    offline: bool = False,
    overwrite: bool = False,
    fresh: bool = False,
) -> Compiled:
    """Runs the stages that are not up to date. `fresh` runs all of them."""
    check_output(folder, Kind.COMPILED, overwrite=overwrite, need=_NEEDED_BYTES)
    state = {} if fresh else _read_state(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_state(folder, state)
    for step in steps(settings, folder, warn=warn, progress=progress, offline=offline):
        entry = state.get(step.stage)
        if entry is not None and _is_current(step, entry):
            told(step, True)
            continue
        told(step, False)
        state.pop(step.stage, None)
        _write_state(folder, state)  # an interrupted stage must not look finished
        with opened_files() as opened:
            step.run()
        reads = user_files(opened) if step.stage == "export" else list(step.inputs)
        state[step.stage] = _entry(step, [path for path in reads if path.is_file()])
        _write_state(folder, state)
    return files_of(folder, settings)


def steps(
    settings: Settings,
    folder: Path,
    *,
    warn: Callable[[str], None] = lambda text: None,
    progress: Progress = silent,
    offline: bool = False,
) -> list[Step]:
    """The stages in order, each with the command that runs it alone."""
    at = files_of(folder, settings)
    source = () if is_attribute(settings.source) else (Path(settings.source),)
    names = {"input-names": settings.input_names, "output-names": settings.output_names}

    def run_export() -> None:
        given = {"input_names": settings.input_names, "output_names": settings.output_names}
        save(export(settings.source, metadata=settings.metadata, warn=warn, **given), at.model)

    def run_optimize() -> None:
        options = pass_options(settings.disable_pass, verify_each=settings.verify_each)
        model = optimize(load(at.model), settings.backend, options=options)
        if settings.no_fallback:
            refuse_fallback(lowered(model).placements)
        save(model, at.optimized)

    def run_build() -> None:
        build_runtime(at.ops, at.runtime, target_name=settings.target, progress=progress, offline=offline)

    labels = [word for key, value in settings.metadata.items() for word in ("--metadata", f"{key}={value}")]
    named = [word for flag, value in names.items() if value for word in (f"--{flag}", ",".join(value))]
    disabled = [word for name in settings.disable_pass for word in ("--disable-pass", name)]
    switches = [f"--{n.replace('_', '-')}" for n in ("verify_each", "no_fallback") if getattr(settings, n)]
    chosen = ("--backend", ",".join(settings.backend), *disabled, *switches)
    model, optimized, ops, program, runtime = map(str, (at.model, at.optimized, at.ops, at.program, at.runtime))
    kept = asdict(settings)
    return [
        Step(
            "export",
            (settings.source, *named, *labels, "-o", model),
            source,
            at.model,
            {key: kept[key] for key in ("source", "input_names", "output_names", "metadata")},
            run_export,
        ),
        Step(
            "optimize",
            (model, *chosen, "-o", optimized),
            (at.model,),
            at.optimized,
            {key: kept[key] for key in ("backend", "disable_pass", "verify_each", "no_fallback")},
            run_optimize,
        ),
        Step(
            "select-ops",
            (optimized, "-o", ops),
            (at.optimized,),
            at.ops,
            {},
            lambda: select_ops(load(at.optimized)).save(at.ops),
        ),
        Step(
            "package",
            (optimized, "-o", program),
            (at.optimized,),
            at.program,
            {},
            lambda: _discard(package(load(at.optimized), at.program)),
        ),
        Step(
            "build-runtime",
            ("--ops", ops, "--target", settings.target, "-o", runtime),
            (at.ops,),
            at.runtime,
            {"target": settings.target, "toolchain": toolchain_stamp(target(settings.target)), "sources": stamp()},
            run_build,
        ),
    ]


def _discard(_: object) -> None:
    """A step's function returns nothing."""


def _is_current(step: Step, entry: dict[str, Any]) -> bool:
    try:
        return (
            entry["key"] == _key(step)
            and entry["output"] == _output_digest(step.output)
            and all(file_sha256(Path(path)) == sha for path, sha in entry["reads"].items())
            and all(str(path.absolute()) in entry["reads"] for path in step.inputs)
        )
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def _entry(step: Step, reads: Sequence[Path]) -> dict[str, Any]:
    paths = {*(path.absolute() for path in step.inputs), *(path.absolute() for path in reads)}
    return {
        "key": _key(step),
        "output": _output_digest(step.output),
        "reads": {str(path): file_sha256(path) for path in sorted(paths)},
    }


def _key(step: Step) -> str:
    text = json.dumps([step.stage, step.settings, str(step.output), __version__, _tool_stamp()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _tool_stamp() -> str:
    """Changes when mtc's own code does, between releases too."""
    package = Path(__file__).resolve().parent.parent
    state = hashlib.sha256()
    for folder, _, names in sorted(os.walk(package)):
        for name in sorted(names):
            if name.endswith(".py"):
                status = os.stat(os.path.join(folder, name))
                state.update(f"{folder}/{name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _output_digest(path: Path) -> str:
    return file_sha256(path / RECORD if path.is_dir() else path)


def _read_state(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / COMPILE_STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write_state(folder: Path, state: dict[str, Any]) -> None:
    write_text(folder / COMPILE_STATE, json.dumps(state, indent=1, sort_keys=True) + "\n")
