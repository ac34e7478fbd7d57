"""quantize: floats → integers, with scales from data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from mtc.ir.module import Module
from mtc.ir.verifier import verify
from mtc.passes.base import Group, Pass
from mtc.passes.common_subexpressions import ELIMINATE_COMMON_SUBEXPRESSIONS
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.quantization_fusion import FUSE_QUANTIZATION
from mtc.passes.runner import PassOptions, run_passes
from mtc.quant.calibration import Calibrated, calibrate
from mtc.quant.choice import choose
from mtc.quant.insertion import Roundings, observed
from mtc.quant.observers import observer
from mtc.quant.schemes import scheme
from mtc.session import Session
from mtc.stages.optimize import optimize
from mtc.stages.package import package
from mtc.stages.taps import named

INTEGERS: tuple[Pass, ...] = (
    Group("make-integers", (ELIMINATE_COMMON_SUBEXPRESSIONS, FUSE_QUANTIZATION)),
    FOLD_CONSTANTS,
    ELIMINATE_COMMON_SUBEXPRESSIONS,
    ELIMINATE_DEAD_CODE,
)


def quantize(
    model: Module,
    scheme_name: str = "int8",
    calibration: Iterable[Sequence[np.ndarray]] = (),
    *,
    observer_name: str = "min-max",
    threads: int = 1,
    options: PassOptions = PassOptions(),
) -> Module:
    """A module that computes in integers where the scheme says so. `calibration` yields tuples of arrays, one for each
    input."""
    how = scheme(scheme_name)
    module = named(model if model.form == "canonical" else optimize(model))
    function = module.functions["forward"]
    choice = choose(function)
    values = observed(choice)
    found = _ranges(module, [value.name for value in values], calibration, observer_name, threads)
    ranges = {value: found.ranges[value.name] for value in values}
    Roundings(how, ranges).insert(module, function, choice)
    run_passes(module, INTEGERS, options)
    verify(module)
    module.meta["quantization"] = {"scheme": how.name, "observer": observer_name, "batches": found.batches}
    module.meta["stages"] = [*module.meta.get("stages", []), "quantize"]
    return module


def _ranges(
    module: Module, names: list[str], batches: Iterable[Sequence[np.ndarray]], observer_name: str, threads: int
) -> Calibrated:
    """What the values `names` are on the data, on the host runtime."""
    function = module.functions["forward"]
    inputs = {value.name: index for index, value in enumerate(function.inputs)}
    inner = [name for name in names if name not in inputs]
    with tempfile.TemporaryDirectory(prefix="mtc-calibration-") as folder:
        path = Path(folder, "taps.mtp")
        package(module, path, taps=inner)
        with Session(path, threads=threads) as session:

            def run(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
                results = session.run(*arrays)
                tapped = dict(zip(inner, results[len(function.outputs) :], strict=True))
                return [np.asarray(arrays[inputs[name]]) if name in inputs else tapped[name] for name in names]

            return calibrate(run, names, batches, observer(observer_name))
