"""quantize: floats → integers, with scales from data."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mtc.build.progress import Progress, silent
from mtc.diagnostics import BAD_QUANT_CONFIG, NO_CALIBRATION
from mtc.ir.module import Module
from mtc.ir.types import QI8
from mtc.ir.verifier import verify
from mtc.passes.base import Group, Pass
from mtc.passes.common_subexpressions import ELIMINATE_COMMON_SUBEXPRESSIONS
from mtc.passes.constant_folding import FOLD_CONSTANTS
from mtc.passes.dead_code import ELIMINATE_DEAD_CODE
from mtc.passes.quantization_fusion import FUSE_QUANTIZATION
from mtc.passes.runner import PassOptions, run_passes
from mtc.quant import config as configs
from mtc.quant.calibration import Calibrated, calibrate
from mtc.quant.choice import choose
from mtc.quant.data import Data, Prepare, open_data
from mtc.quant.insertion import Roundings, observed
from mtc.quant.observers import Grid, MakeObserver, maker, observer
from mtc.quant.observers.percentile import Percentile
from mtc.quant.schemes import scheme
from mtc.quant.sqnr import Loss, loss_of
from mtc.session import Session
from mtc.stages.files import save
from mtc.stages.optimize import optimize
from mtc.stages.package import package
from mtc.stages.taps import named
from mtc.support.plural import counted

INTEGERS: tuple[Pass, ...] = (
    Group("make-integers", (ELIMINATE_COMMON_SUBEXPRESSIONS, FUSE_QUANTIZATION)),
    FOLD_CONSTANTS,
    ELIMINATE_COMMON_SUBEXPRESSIONS,
    ELIMINATE_DEAD_CODE,
)
DEFAULT_SCHEME, DEFAULT_OBSERVER = "int8", "min-max"
_COMPARED = 4  # batches on which the loss is measured


@dataclass(frozen=True)
class QuantSettings:
    """What `mtc quantize` is told, apart from the model and the data. A config's words hold where none is given."""

    scheme: str | None = None
    observer: str | None = None
    per_tensor: bool = False
    skip: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    config: Path | None = None
    threads: int = 1
    percentile: float = 99.99  # of the values that do not saturate, for the observer of that name

    def read_config(self) -> configs.QuantConfig:
        return configs.QuantConfig() if self.config is None else configs.read(self.config)

    def checked(self) -> None:
        """UNKNOWN_NAME, CANNOT_READ or BAD_QUANT_CONFIG for what can be known before there is a model."""
        config = self.read_config()
        scheme(self.scheme or config.scheme or DEFAULT_SCHEME)
        self.watch(config)

    def watch(self, config: configs.QuantConfig, grid: Grid = Grid()) -> MakeObserver:
        """What makes the observers."""
        kind = observer(self.observer or config.observer or DEFAULT_OBSERVER)
        if not 50 < self.percentile <= 100:
            raise BAD_QUANT_CONFIG.error(f"`percentile` is {self.percentile}: it is above 50, and 100 at most")
        return maker(kind.name, grid, **({"percent": self.percentile} if kind is Percentile else {}))


@dataclass(frozen=True)
class Quantized:
    """A quantized module, the float one that it was made from, and what it costs: the loss of each output."""

    module: Module
    source: Module
    data: Data
    losses: dict[str, Loss]

    @property
    def summary(self) -> str:
        facts = self.module.meta["quantization"]
        before, after = (counted(module.constant_bytes, "byte") for module in (self.source, self.module))
        losses = "; ".join(f"{label} {loss}" for label, loss in self.losses.items())
        return (
            f"{facts['scheme']} from {counted(facts['batches'], 'batch', 'batches')} of {facts['calibration']}: "
            f"{before} of constants became {after}; {losses}"
        )


def quantize(
    model: Module,
    scheme: str = "int8",
    calibration: Any = None,
    *,
    prepare: Prepare | None = None,
    warn: Callable[[str], None] = warnings.warn,
    progress: Progress = silent,
    **settings: Any,
) -> Module:
    """A module that computes in integers where the scheme says so.

    `calibration` is any iterable of batches: tuples of arrays or tensors, one for each input, or mappings by name; or
    what `mtc quantize --calibration` takes. `settings` are the fields of QuantSettings.
    """
    chosen = QuantSettings(scheme=scheme, **settings)
    return quantized(model, calibration, chosen, prepare=prepare, warn=warn, progress=progress).module


def quantized(
    model: Module,
    calibration: Any,
    settings: QuantSettings,
    *,
    prepare: Prepare | None = None,
    warn: Callable[[str], None] = warnings.warn,
    progress: Progress = silent,
    options: PassOptions = PassOptions(),
) -> Quantized:
    """What `quantize` returns, with what it cost. NO_CALIBRATION, BAD_CALIBRATION, BAD_QUANT_CONFIG or UNKNOWN_NAME
    before anything slow."""
    config = settings.read_config()
    how = scheme(settings.scheme or config.scheme or DEFAULT_SCHEME)
    how = replace(how, per_channel=how.per_channel and not settings.per_tensor)
    watch = settings.watch(config, Grid(how.activations or QI8))
    rules = configs.rules_of(settings.only, settings.skip, config, how.name)
    if calibration is None:
        raise NO_CALIBRATION.error(f"`{how.name}` needs calibration data", help=_REMEDY)
    module = named(model if model.form == "canonical" else optimize(model))
    source = named(module)
    configs.check_rules(rules, module)
    function = module.functions["forward"]
    data = open_data(calibration, function, prepare)
    if data.count == 0:
        raise NO_CALIBRATION.error(f"{data.origin} holds no batch", help=_REMEDY)
    choice = choose(function, lambda node: configs.scheme_of(node, rules, how.name) != configs.FLOAT)
    values = observed(choice)
    found = _ranges(module, [value.name for value in values], data, watch, settings.threads, progress)
    if found.batches == 0:
        raise NO_CALIBRATION.error(f"{data.origin} holds no batch", help=_REMEDY)
    if found.batches == 1:
        warn("one batch of calibration data: scales fit that one, and others may saturate")
    if data.is_random:
        warn("scales are from random data: the program's speed can be measured, its answers cannot be used")
    ranges = {value: found.ranges[value.name] for value in values}
    Roundings(how, ranges).insert(module, function, choice)
    run_passes(module, INTEGERS, options)
    verify(module)
    module.meta["quantization"] = {
        "scheme": how.name,
        "calibration": data.origin,
        "batches": found.batches,
        "observer": watch().name,
    }
    module.meta["stages"] = [*module.meta.get("stages", []), "quantize"]
    return Quantized(module, source, data, _losses(source, module, data, settings.threads))


_REMEDY = "give --calibration DATA.npz, a folder of them, or `random` to measure speed only"


def quantize_to(output: Path, model: Module, calibration: Any, settings: QuantSettings, **more: Any) -> Quantized:
    """Writes what `quantized` makes of `model`."""
    result = quantized(model, calibration, settings, **more)
    save(result.module, output)
    return result


def _ranges(
    module: Module, names: list[str], data: Data, watch: MakeObserver, threads: int, progress: Progress
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
                session.reset_state()
                results = session.run(*arrays)
                tapped = dict(zip(inner, results[len(function.outputs) :], strict=True))
                return [np.asarray(arrays[inputs[name]]) if name in inputs else tapped[name] for name in names]

            def told() -> Any:
                for number, batch in enumerate(data.batches()):
                    progress("calibrating", number, data.count or 0)
                    yield batch

            return calibrate(run, names, told(), watch)


def _losses(source: Module, quantized: Module, data: Data, threads: int) -> dict[str, Loss]:
    """How far the outputs are from the float model's, on some of the data."""
    with tempfile.TemporaryDirectory(prefix="mtc-quantize-") as folder:
        paths = [Path(folder, name) for name in ("float.mtp", "quantized.mtp")]
        for module, path in zip((source, quantized), paths, strict=True):
            package(module, path)
        with Session(paths[0], threads=threads) as a, Session(paths[1], threads=threads) as b:
            pairs = []
            for batch, _ in zip(data.batches(), range(_COMPARED), strict=False):
                a.reset_state()
                b.reset_state()
                pairs.append((a.run(*batch), b.run(*batch)))
    labels = source.functions["forward"].output_labels
    return {
        label: loss_of([(want[index], got[index]) for want, got in pairs])
        for index, label in enumerate(labels)
        if pairs and pairs[0][0][index].dtype.kind == "f"
    }
