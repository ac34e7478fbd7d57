"""What `mtc fit` promises, tried: the fitted model computes the same; what kernels to add would cost in bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from mtc.build import runtime
from mtc.build.progress import Progress
from mtc.build.targets import host_target, target
from mtc.diagnostics import MISMATCH
from mtc.ir.module import Module
from mtc.passes.checking import Results, largest_excess
from mtc.quant.sqnr import loss_of
from mtc.session import Session, tensors
from mtc.stages.package import package

# In dB. Where integers are computed by way of floats, halves may be rounded to the other side: one unit, now and then.
_LEAST_SQNR = 40.0


def check_same(model: Module, fitted: Module, progress: Progress | None = None) -> float:
    """Runs both on the samples, or on seeded random data, on the host runtime. Returns the largest difference in units
    of what rounding explains. MISMATCH if it is more; where integers are computed, 40 dB are near enough, too."""
    with TemporaryDirectory() as folder:
        runs = []
        for name, each in (("model", model), ("fitted", fitted)):
            program = Path(folder) / f"{name}.mtp"
            package(each, program)
            runs.append(_run(program, progress))
    want, got = runs
    excess, where = largest_excess(fitted, got, want)
    if excess > 1 and not (any(node.is_quantized for node in model.nodes()) and _is_near(got, want)):
        raise MISMATCH.error(
            f"the fitted model gives another {where}",
            notes=(f"the difference is {excess:.3g} times what rounding explains",),
            help="nothing was written; please report it with the model, if you may",
        )
    return excess


def _is_near(got: Results, want: Results) -> bool:
    return loss_of((want[name], got[name]) for name in want).sqnr >= _LEAST_SQNR


def _run(program: Path, progress: Progress | None) -> Results:
    """The outputs of every function, each run once, by their names."""
    found: Results = {}
    with Session(program, runtime=runtime.host_runtime(progress)) as session:
        for function in session.functions:
            arrays, _ = tensors.bound(session, None, function=function)
            session.reset_state()
            names = [signature.name for signature in session.outputs(function)]
            results = session.run(*arrays, function=function)
            found |= {f"`{name}` of `@{function}`": array for name, array in zip(names, results, strict=True)}
    return found


def added_bytes(
    kernels: Collection[str],
    addition: Iterable[str],
    target_name: str | None = None,
    *,
    progress: Progress | None = None,
    offline: bool = False,
) -> dict[str, int]:
    """By how much each binary of a runtime grows with an addition. Both are built, for a target or this machine."""
    chosen = host_target() if target_name is None else target(target_name)
    totals = []
    with TemporaryDirectory() as folder:
        for name, keys in (("before", {*kernels}), ("after", {*kernels, *addition})):
            built = runtime.build(keys, chosen, Path(folder) / name, progress=progress, offline=offline)
            totals.append({report.file: report.total for report in built.bill.files})
    before, after = totals
    return {file: total - before[file] for file, total in after.items()}
