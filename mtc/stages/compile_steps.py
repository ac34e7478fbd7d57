"""The stages of a compilation: what each reads, writes and is told, and the command that runs it alone."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import stamp
from mtc.build.targets import host_target, target
from mtc.build.toolchain import toolchain_for, toolchain_stamp
from mtc.delegates.registry import backends
from mtc.frontends.source import file_of, name_of
from mtc.lower import Lowered
from mtc.passes.registry import check_names
from mtc.quant.data import Prepare, check_place
from mtc.quant.plan import check_runnable
from mtc.quant.settings import QuantSettings
from mtc.stages.build_runtime import build_runtime
from mtc.stages.export import export_to
from mtc.stages.files import load
from mtc.stages.kinds import Kind
from mtc.stages.optimize import optimize_to
from mtc.stages.package import lowered, package_to
from mtc.stages.pass_options import pass_options
from mtc.stages.quantize import quantize_to
from mtc.stages.select_ops import select_ops_to
from mtc.support.plural import counted

# Stage -> its flags that a compilation, a recipe and `--set` take. The settings' fields have the same names.
FLAGS: dict[str, tuple[str, ...]] = {
    "export": ("input-names", "output-names", "metadata"),
    "optimize": ("backend", "disable-pass", "verify-each", "no-fallback"),
    "quantize": (
        "scheme",
        "calibration",
        "recipe",
        "observer",
        "equalize",
        "smooth",
        "correct-bias",
        "round",
        "block",
        "per-tensor",
        "skip",
        "only",
        "config",
    ),
    "build-runtime": ("target",),
}
_SWITCHES = ("correct-bias",)  # on or off; None is neither
_REPEATED = ("disable-pass", "skip", "only")  # a flag for each value, where the others take a list


@dataclass(frozen=True)
class Settings:
    """What `mtc compile` is told: the source, and the flags of its stages."""

    source: str
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    backend: tuple[str, ...] = ("xnnpack",)
    disable_pass: tuple[str, ...] = ()
    verify_each: bool = False
    no_fallback: bool = False
    # A model is quantized if there is a scheme, data or a config.
    scheme: str = ""
    calibration: str = ""
    recipe: str = ""
    observer: str = ""
    equalize: bool = False
    smooth: float | None = None
    correct_bias: bool | None = None
    round: str = ""
    block: int | None = None
    per_tensor: bool = False
    skip: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    config: str = ""
    target: str = ""
    # Of images, as the recipe says; never a part of the settings that are written.
    prepare: Prepare | None = field(default=None, compare=False, repr=False)

    def resolved(self) -> Settings:
        """With the target named. MtcError for names that do not exist and for a target that cannot be built here."""
        backends(self.backend)
        check_names(self.disable_pass)
        if self.is_quantized:
            told = self.quantization().resolved()
            told.check_data(bool(self.calibration))
            check_place(self.calibration, self.prepare is not None)
            check_runnable(told.scheme, backends(self.backend))
        chosen = target(self.target) if self.target else host_target()
        toolchain_for(chosen)
        return replace(self, target=chosen.name)

    @property
    def is_quantized(self) -> bool:
        return any(self.flags("quantize").values())

    def quantization(self) -> QuantSettings:
        """What the stage `quantize` is told."""
        return QuantSettings(
            scheme=self.scheme or None,
            observer=self.observer or None,
            per_tensor=self.per_tensor,
            skip=self.skip,
            only=self.only,
            config=Path(self.config) if self.config else None,
            block=self.block,
            equalize=self.equalize,
            smooth=self.smooth,
            correct_bias=self.correct_bias,
            round=self.round or None,
        )

    @property
    def quantization_files(self) -> list[Path]:
        """What quantization reads beside the model, as far as the flags name it. Of a folder all files: one that is
        added later changes the data as one that is edited does."""
        named = (self.calibration.partition(":")[0], self.config, self.recipe)
        paths = [Path(name) for name in named if name]
        files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        return [file for file in files if file.is_file()]

    def flags(self, stage: str) -> dict[str, Any]:
        """The values of a stage's flags, by the name they have on the command line."""
        return {flag: getattr(self, flag.replace("-", "_")) for flag in FLAGS.get(stage, ())}


@dataclass(frozen=True)
class Files:
    """Where a compilation's files go."""

    folder: Path
    model: Path
    optimized: Path
    quantized: Path | None
    ops: Path
    program: Path
    runtime: Path

    @staticmethod
    def of(folder: Path, settings: Settings) -> Files:
        at = folder / name_of(settings.source)
        model, optimized, program = (Path(f"{at}{suffix}") for suffix in (".mtc", ".optimized.mtc", ".mtp"))
        quantized = Path(f"{at}.quantized.mtc") if settings.is_quantized else None
        runtime = folder / f"runtime-{settings.target}"
        return Files(folder, model, optimized, quantized, folder / "ops.yaml", program, runtime)

    @property
    def final(self) -> Path:
        """What the program is made of."""
        return self.quantized or self.optimized


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


@dataclass(frozen=True)
class Listener:
    """Who hears what a compilation does."""

    told: Callable[[Step, bool], None] = lambda step, was_reused: None  # before a stage
    did: Callable[[str], None] = lambda text: None  # after it
    warn: Callable[[str], None] = lambda text: None
    progress: Progress = silent


def steps(
    settings: Settings,
    files: Files,
    *,
    listener: Listener = Listener(),
    offline: bool = False,
    overwrite: bool = False,
) -> tuple[list[Step], Callable[[], Lowered]]:
    """The stages in order, and what gives the lowered model once it is optimized."""

    @cache
    def lower() -> Lowered:
        return lowered(load(files.final))

    def step(stage: str, reads: tuple[Path | str, ...], output: Path, kind: Kind, run: Callable[[], str]) -> Step:
        told = settings.flags(stage)
        named = reads[:1] if stage == "quantize" else reads  # its data is a flag
        command = (*map(str, named), *_words(told), "-o", str(output))
        paths = tuple(path for path in reads if isinstance(path, Path))
        return Step(stage, command, paths, output, kind, told, run)

    def run_export() -> str:
        given = {"input_names": settings.input_names, "output_names": settings.output_names}
        model = export_to(files.model, settings.source, metadata=settings.metadata, warn=listener.warn, **given)
        return f"exported {counted(model.node_count, 'node')}, {counted(model.constant_bytes, 'byte')} of constants"

    def run_optimize() -> str:
        options = pass_options(settings.disable_pass, verify_each=settings.verify_each)
        source, fails = load(files.model), settings.no_fallback
        return optimize_to(files.optimized, source, settings.backend, options=options, no_fallback=fails).summary

    def run_quantize() -> str:
        assert files.quantized is not None
        made = quantize_to(
            files.quantized,
            load(files.optimized),
            settings.calibration or None,
            settings.quantization(),
            prepare=settings.prepare,
            warn=listener.warn,
            progress=listener.progress,
        )
        return made.summary

    def run_select() -> str:
        found = select_ops_to(files.ops, lower())
        return f"listed {counted(len(found.kernels), 'kernel')}"

    def run_package() -> str:
        package_to(files.program, lower())
        return f"wrote a program of {counted(files.program.stat().st_size, 'byte')}"

    def run_build() -> str:
        built = build_runtime(
            files.ops,
            files.runtime,
            target_name=settings.target,
            progress=listener.progress,
            offline=offline,
            overwrite=overwrite,
        )
        return built.summary

    path = file_of(settings.source)
    export = step("export", (settings.source,), files.model, Kind.IR, run_export)
    build = step("build-runtime", ("--ops", files.ops), files.runtime, Kind.RUNTIME, run_build)
    reads = (files.optimized, *settings.quantization_files)
    built_by = {"toolchain": toolchain_stamp(target(settings.target)), "sources": stamp()}
    return [
        replace(
            export, inputs=() if path is None else (path,), settings={"source": settings.source, **export.settings}
        ),
        step("optimize", (files.model,), files.optimized, Kind.IR, run_optimize),
        *([step("quantize", reads, files.quantized, Kind.IR, run_quantize)] if files.quantized is not None else []),
        step("select-ops", (files.final,), files.ops, Kind.OPS, run_select),
        step("package", (files.final,), files.program, Kind.PROGRAM, run_package),
        replace(build, settings={**build.settings, **built_by}),
    ], lower


def _words(flags: dict[str, Any]) -> Iterator[str]:
    """Flags as a command line has them; those that are not set are left out."""
    for flag, value in flags.items():
        if value is True:
            yield f"--{flag}"
        elif value is False and flag in _SWITCHES:
            yield f"--no-{flag}"
        elif value:
            for text in _texts(flag, value):
                yield from (f"--{flag}", text)


def _texts(flag: str, value: dict[str, str] | tuple[str, ...] | str | float) -> Sequence[str]:
    """What stands behind a flag, each time that it is given."""
    if isinstance(value, dict):
        return [f"{key}={text}" for key, text in value.items()]
    if isinstance(value, (str, int, float)):
        return [str(value)]
    return value if flag in _REPEATED else [",".join(value)]
