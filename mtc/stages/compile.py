"""compile: every stage, into one folder. A stage whose inputs, settings and tool are as before is not run again."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mtc.build.preflight import check_build, has_runtimes
from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import stamp
from mtc.build.targets import host_target, target
from mtc.build.third_party import KERNEL_LIBRARIES
from mtc.build.toolchain import toolchain_for, toolchain_stamp
from mtc.delegates.registry import backends
from mtc.frontends.source import check_source, file_of, name_of
from mtc.lower import Lowered
from mtc.passes.registry import check_names
from mtc.stages.build_runtime import build_runtime
from mtc.stages.export import export_to
from mtc.stages.files import load
from mtc.stages.optimize import optimize_to
from mtc.stages.outputs import Kind, check_output
from mtc.stages.package import lowered, package_to
from mtc.stages.pass_options import pass_options
from mtc.stages.reuse import entry_of, is_current, read_state, source_files, write_state
from mtc.stages.select_ops import select_ops_to
from mtc.support.hashing import FileHashes
from mtc.support.opened_files import opened_files
from mtc.support.plural import counted

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
    kind: Kind
    settings: dict[str, Any]
    run: Callable[[], str]  # returns a line on what it did

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

    @cached_property
    def lowered(self) -> Lowered:
        """What the program of the optimized model holds, as that file now stands."""
        return lowered(load(self.optimized))


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
    did: Callable[[str], None] = lambda text: None,
    warn: Callable[[str], None] = lambda text: None,
    progress: Progress = silent,
    offline: bool = False,
    overwrite: bool = False,
    fresh: bool = False,
) -> Compiled:
    """Runs the stages that are not up to date. `fresh` runs all of them. `told` hears of each stage before it runs,
    `did` afterwards what it did."""
    check_source(settings.source)
    check_output(folder, Kind.COMPILED, overwrite=overwrite, need=_NEEDED_BYTES)
    at = files_of(folder, settings)
    planned = steps(settings, at, warn=warn, progress=progress, offline=offline)
    for step in planned:
        if folder.exists():  # someone else's file may stand in it
            check_output(step.output, step.kind, overwrite=overwrite)
    state = {} if fresh else read_state(folder)
    hashes = FileHashes()
    if not is_current(planned[-1], state.get("build-runtime"), hashes) and not has_runtimes():
        # Known now, and not after the minutes that an export may take.
        chosen = target(settings.target)
        check_build(KERNEL_LIBRARIES & set(settings.backend), chosen, toolchain_for(chosen), offline=offline)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    write_state(folder, state)
    try:
        _run(planned, folder, state, hashes, told, did)
    except BaseException:
        if is_new and not state:  # nothing came of it
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return at


def planned_reuse(settings: Settings, folder: Path, *, fresh: bool = False) -> list[tuple[Step, bool]]:
    """The stages, and whether `compile_model` would reuse what each has made. Behind a stage that runs it is not known
    yet whether what it writes will be as before: there it says no."""
    state = {} if fresh else read_state(folder)
    hashes = FileHashes()
    changing: set[Path] = set()
    found = []
    for step in steps(settings, files_of(folder, settings)):
        is_reused = changing.isdisjoint(step.inputs) and is_current(step, state.get(step.stage), hashes)
        if not is_reused:
            changing.add(step.output)
        found.append((step, is_reused))
    return found


def _run(
    planned: Sequence[Step],
    folder: Path,
    state: dict[str, Any],
    hashes: FileHashes,
    told: Told,
    did: Callable[[str], None],
) -> None:
    for step in planned:
        if is_current(step, state.get(step.stage), hashes):
            told(step, True)
            continue
        told(step, False)
        state.pop(step.stage, None)
        write_state(folder, state)  # an interrupted stage must not look finished
        with opened_files() as opened:
            did(step.run())
        reads = source_files(opened, folder) if step.stage == "export" else list(step.inputs)
        state[step.stage] = entry_of(step, [path for path in reads if path.is_file()], hashes)
        write_state(folder, state)


def steps(
    settings: Settings,
    at: Compiled,
    *,
    warn: Callable[[str], None] = lambda text: None,
    progress: Progress = silent,
    offline: bool = False,
) -> list[Step]:
    """The stages in order, each with the command that runs it alone."""
    path = file_of(settings.source)
    source = () if path is None else (path,)
    names = {"input-names": settings.input_names, "output-names": settings.output_names}

    def run_export() -> str:
        given = {"input_names": settings.input_names, "output_names": settings.output_names}
        model = export_to(at.model, settings.source, metadata=settings.metadata, warn=warn, **given)
        return f"exported {counted(model.node_count, 'node')}, {counted(model.constant_bytes, 'byte')} of constants"

    def run_optimize() -> str:
        options = pass_options(settings.disable_pass, verify_each=settings.verify_each)
        source, fails = load(at.model), settings.no_fallback
        return optimize_to(at.optimized, source, settings.backend, options=options, no_fallback=fails).summary

    def run_select() -> str:
        found = select_ops_to(at.ops, at.lowered)
        return f"listed {counted(len(found.kernels), 'kernel')}"

    def run_package() -> str:
        package_to(at.program, at.lowered)
        return f"wrote a program of {counted(at.program.stat().st_size, 'byte')}"

    def run_build() -> str:
        built = build_runtime(at.ops, at.runtime, target_name=settings.target, progress=progress, offline=offline)
        return built.summary

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
            Kind.IR,
            {key: kept[key] for key in ("source", "input_names", "output_names", "metadata")},
            run_export,
        ),
        Step(
            "optimize",
            (model, *chosen, "-o", optimized),
            (at.model,),
            at.optimized,
            Kind.IR,
            {key: kept[key] for key in ("backend", "disable_pass", "verify_each", "no_fallback")},
            run_optimize,
        ),
        Step(
            "select-ops",
            (optimized, "-o", ops),
            (at.optimized,),
            at.ops,
            Kind.OPS,
            {},
            run_select,
        ),
        Step(
            "package",
            (optimized, "-o", program),
            (at.optimized,),
            at.program,
            Kind.PROGRAM,
            {},
            run_package,
        ),
        Step(
            "build-runtime",
            ("--ops", ops, "--target", settings.target, "-o", runtime),
            (at.ops,),
            at.runtime,
            Kind.RUNTIME,
            {"target": settings.target, "toolchain": toolchain_stamp(target(settings.target)), "sources": stamp()},
            run_build,
        ),
    ]
