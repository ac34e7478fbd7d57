"""Runs models on a runtime that was built for them: every kernel is there, and computes what it should."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mtc import stages
from mtc.analysis.limits import Limits
from mtc.analysis.operator_times import is_quantized
from mtc.analysis.sessions import library_of
from mtc.analysis.verify import Difference, compared
from mtc.build.progress import Progress
from mtc.build.targets import Target
from mtc.devices import Device, open_device
from mtc.diagnostics import MISMATCH, MISSING_KERNELS, NO_DEVICE, OTHER_TARGET, MtcError, Report, collected
from mtc.ir.kernel_key import KernelKey
from mtc.ir.module import Module
from mtc.lower import Lowered
from mtc.program import reader
from mtc.program.reader import Program
from mtc.session import Session, tensors

# Where results are rounded to integers or to bf16: one unit of 127, or five of bf16's roundoff (2^-8), and what they do
# further on. And where a library may compute in halves.
_ROUNDED = Limits(max_rel=0.02, min_cosine=0.999)
# Portable kernels compute in f32 and round once: two runtimes differ where sums in another order fall on the other side
# of a step, and by what that does further on. On arm64 and x86_64 that was 3.3 of f16's unit roundoff (2^-11) at most,
# with cosines above 0.999998, for 17 models of torchvision, timm and transformers: ten leave a margin of three.
_ROUNDED_TO_F16 = Limits(max_rel=10 * 2**-11)
# How far from the source model a device may be at most where it rounds otherwise than the host.
_FURTHEST = Limits(max_rel=0.25, min_cosine=0.98)

Ready = Lowered | Program  # what needs no lowering any more


@dataclass(frozen=True)
class Drift:
    """How much further from the source model a device may be than the host runtime is, which rounds otherwise."""

    as_far: float
    cosine_apart: float


# Activations get their scales as they come: both round as often, on either side of a step.
_DRIFT_OF_SCALES = Drift(1.25, 1e-3)
# XNNPACK on Arm rounds to f16 after each product, elsewhere once for a sum: of K products by the square root of K more,
# and K is 9 to 4,608 in networks. For 18 models on arm64 it was up to nine times the host's distance from the source.
_DRIFT_OF_HALF_SUMS = Drift(10, 0.02)
_ARM = ("aarch64", "arm64", "armv7-a")


@dataclass(frozen=True)
class Checked:
    """One function of a model that ran, and what its outputs were compared with."""

    model: str
    function: str
    against: str  # `its sample` or `the host runtime`
    differences: tuple[Difference, ...]


def device_for(target: Target) -> str:
    """The device here that runs programs for a target. NO_DEVICE if there is none."""
    if target.is_host:
        return "host"
    if not target.qemu:
        raise NO_DEVICE.error(f"nothing here runs programs for {target}", help="--device names what does")
    return f"qemu:{target.name.removeprefix('linux-')}"


def read_models(paths: Sequence[Path]) -> dict[Path, Ready]:
    """The models and programs in these files, .mtc as `package` lowers them. MtcError that names all that cannot be
    read."""
    loaded = zip(paths, stages.load_all(paths), strict=True)
    return {path: stages.lowered(model) if isinstance(model, Module) else model for path, model in loaded}


def check_listed(kernels: Collection[str], listed_in: Path, models: Mapping[Path, Ready]) -> None:
    """MISSING_KERNELS that names, for each of `models`, all that a runtime with these kernels, of the list in a file,
    would lack: before it is built."""
    with collected() as report:
        for path, model in models.items():
            if missing := sorted({*stages.select_ops(model).kernels} - {*kernels}):
                adding = ("mtc", "select-ops", str(path), "--merge", str(listed_in), "-o", str(listed_in))
                report(
                    MISSING_KERNELS(
                        f"`{listed_in}` lacks {', '.join(f'`{key}`' for key in missing)}",
                        at=str(path),
                        help=f"`{shlex.join(adding)}` adds them",
                    )
                )


def check_device(device: str, target: Target) -> None:
    """OTHER_TARGET if a device does not run what is built for `target`, NO_DEVICE if it is not there: before that is
    built."""
    with open_device(device) as opened:
        if opened.target.name != target.name:
            raise OTHER_TARGET.error(
                f"the runtime is to be for {target}, and `{device}` is {opened.target}",
                help=f"--target {opened.target} builds for it; without --device, what runs {target} here is taken",
            )


def check_models(
    runtime: Path, device: str, models: Mapping[Path, Ready], *, progress: Progress | None = None
) -> list[Checked]:
    """Runs every function of `models`, which `read_models` read, on a device by the runtime in a folder.

    On their samples, whose outputs the source model computed; without samples, and where a model computes in integers
    or in half precision, the host runtime on the same data, or on seeded random data, says what is right. MtcError that
    names every model that lacks a kernel (MISSING_KERNELS), fails, or gives another result (MISMATCH).
    """
    found: list[Checked] = []
    with TemporaryDirectory() as folder, collected() as report, open_device(device) as opened:
        for index, (path, model) in enumerate(models.items()):
            program = path
            if isinstance(model, Lowered):
                program = Path(folder) / f"{index}.mtp"
                stages.package_to(program, model)
            found += _checked(path, program, runtime, opened, progress, report)
    return found


def _checked(
    path: Path, program: Path, runtime: Path, device: Device, progress: Progress | None, report: Report
) -> list[Checked]:
    keys = reader.read(program).kernels
    try:
        stages.check_runtime(keys, runtime)
        found = _compared(path, program, runtime, keys, device, progress)
    except MtcError as error:
        for diagnostic in error.diagnostics:
            report(replace(diagnostic, at=diagnostic.at or str(path)))
        return []
    for checked in found:
        for row in checked.differences:
            if not row.is_ok:
                place = f"{path}, function `{checked.function}`"
                said = f"output `{row.output}` of the reduced runtime differs from {checked.against}: {row.amount}"
                report(MISMATCH(said, at=place, help="`mtc verify --layers` finds where a program begins to differ"))
    return found


def _compared(
    path: Path, program: Path, runtime: Path, keys: Sequence[str], device: Device, progress: Progress | None
) -> list[Checked]:
    limits, is_rounded = limits_for(keys), any(map(_is_rounded, keys))
    found = []
    with Session(program, runtime=library_of(None, progress)) as session:
        for function in session.functions:
            sample = session.samples(function)
            arrays, _ = tensors.bound(session, None, function=function)
            against = "the host runtime" if sample is None or is_rounded else "its sample"
            session.reset_state()
            want = session.run(*arrays, function=function) if sample is None or is_rounded else sample[1]
            got = device.run(program, runtime, arrays, function=function).outputs
            names = [signature.name for signature in session.outputs(function)]
            rows = compared("", names, got, want, limits)
            if sample is not None and (drift := drift_of(keys, device.target)) is not None:
                there, here = (compared("", names, outputs, sample[1], _ROUNDED) for outputs in (got, want))
                rows = as_near(rows, there, here, drift)
            found.append(Checked(str(path), function, against, tuple(rows)))
    return found


def as_near(
    rows: Sequence[Difference], there: Sequence[Difference], here: Sequence[Difference], drift: Drift
) -> list[Difference]:
    """What a device differs by from the host runtime, accepted too where it is as near to the source model as that is.

    In a deep network two runtimes that round a little differently drift apart as far as each does from the source.
    """
    return [
        replace(
            row,
            is_ok=row.is_ok
            or (
                its.max_rel <= min(drift.as_far * ours.max_rel, _FURTHEST.max_rel)
                and its.cosine >= max(ours.cosine - drift.cosine_apart, _FURTHEST.min_cosine)
            ),
        )
        for row, its, ours in zip(rows, there, here, strict=True)
    ]


def limits_for(kernels: Collection[str]) -> Limits:
    """How far the outputs of two runtimes with these kernels may be apart: by what their dtypes round."""
    rounded = [kernel for kernel in kernels if _is_rounded(kernel)]
    if not rounded:
        return Limits()
    return _ROUNDED_TO_F16 if all(map(_rounds_once_to_f16, rounded)) else _ROUNDED


def _rounds_once_to_f16(kernel: str) -> bool:
    key = KernelKey.parse(kernel)
    return key.library == "portable" and "bf16" not in key.dtypes and not is_quantized(kernel)


def _is_rounded(kernel: str) -> bool:
    """Whether what it computes is further from the source model's than floats of 32 bits are."""
    return is_quantized(kernel) or not {"f16", "bf16"}.isdisjoint(KernelKey.parse(kernel).dtypes)


def drift_of(kernels: Collection[str], target: Target) -> Drift | None:
    """What rounding otherwise than the host does to a runtime for `target` with these kernels; None where the limits
    say all. Portable kernels round alike everywhere."""
    of_libraries = [kernel for kernel in kernels if KernelKey.parse(kernel).library != "portable"]
    if target.processor in _ARM and any(KernelKey.parse(kernel).dtypes[:1] == ("f16",) for kernel in of_libraries):
        return _DRIFT_OF_HALF_SUMS
    return _DRIFT_OF_SCALES if any(map(_rounds_activations, of_libraries)) else None


def _rounds_activations(kernel: str) -> bool:
    """Whether it takes floats and integer weights, and makes integers of the floats by their own range."""
    return is_quantized(kernel) and not KernelKey.parse(kernel).dtypes[0].startswith("q")
