"""quantize: floats → integers, with scales from data."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mtc.build.progress import Progress, silent
from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.registry import backends
from mtc.diagnostics import BAD_SCHEME
from mtc.ir.clone import clone
from mtc.ir.module import Module
from mtc.ir.types import BF16, F16, DType
from mtc.ir.verifier import verify
from mtc.passes.runner import run_passes
from mtc.quant.calibration import Arrays, Known, Run
from mtc.quant.config import Rule, check_rules
from mtc.quant.data import Data, Prepare, data_for
from mtc.quant.norms import norms_as_convolutions
from mtc.quant.observers import Grid
from mtc.quant.plan import Plan, check_runnable
from mtc.quant.settings import QuantSettings, Resolved
from mtc.quant.sqnr import Loss, loss_of
from mtc.quant.static import round_statically
from mtc.quant.stored import StoredWeights
from mtc.session import Session
from mtc.stages.files import save
from mtc.stages.optimize import INTEGERS, optimize
from mtc.stages.package import chosen_backends, package
from mtc.stages.rescaling import rescale
from mtc.stages.tapped_runs import tapped_runs
from mtc.stages.taps import named
from mtc.support.plural import counted

_COMPARED = 4  # batches on which the loss is measured


@dataclass(frozen=True)
class Prepared:
    """A float model that can be rounded several times, each time by other rules.

    `source` is the canonical model as it was given, `module` the same function for which the settings did what they
    say: norms are convolutions, channels are scaled. The values of both have names.
    """

    source: Module
    module: Module
    settings: Resolved
    libraries: Sequence[KernelLibrary]
    data: Data

    def plan(self, rules: Sequence[Rule]) -> Plan:
        return Plan.of(self.module, replace(self.settings, rules=tuple(rules)), self.libraries)

    @cached_property
    def wanted(self) -> list[tuple[Arrays, Arrays]]:
        """The first batches, which another reading of the data may give in another order, with the float model's
        outputs."""
        with running(self.source, self.settings.threads) as run:
            return [(batch, run(batch)) for batch in islice(self.data.batches(), _COMPARED)]


@dataclass(frozen=True)
class Quantized:
    """A quantized module, what it was made from, and what it costs: the loss of each output."""

    module: Module
    prepared: Prepared
    losses: dict[str, Loss]

    @property
    def is_rounded(self) -> bool:
        """Whether anything in it holds less than in the float model."""
        return _rounded_types(self.module) != _rounded_types(self.prepared.source)

    @property
    def summary(self) -> str:
        facts = self.module.meta["quantization"]
        before, after = (counted(module.constant_bytes, "byte") for module in (self.prepared.source, self.module))
        losses = "; ".join(f"{label} {loss}" for label, loss in self.losses.items())
        data = (
            f" from {counted(facts['batches'], 'batch', 'batches')} of {facts['calibration']}"
            if "batches" in facts
            else ""
        )
        return f"{facts['scheme']}{data}: {before} of constants became {after}; {losses}"


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
    return rounded(
        prepared(model, calibration, chosen, prepare=prepare, progress=progress), warn=warn, progress=progress
    ).module


def quantize_to(
    output: Path,
    model: Module,
    calibration: Any,
    settings: QuantSettings,
    *,
    prepare: Prepare | None = None,
    warn: Callable[[str], None] = warnings.warn,
    progress: Progress = silent,
) -> Quantized:
    """Writes what `quantize` makes of `model`."""
    ready = prepared(model, calibration, settings, prepare=prepare, progress=progress)
    result = rounded(ready, warn=warn, progress=progress)
    save(result.module, output)
    return result


def prepared(
    model: Module,
    calibration: Any,
    settings: QuantSettings,
    *,
    prepare: Prepare | None = None,
    progress: Progress = silent,
) -> Prepared:
    """What is to be rounded. NO_CALIBRATION, BAD_CALIBRATION, BAD_SCHEME, BAD_QUANT_CONFIG or UNKNOWN_NAME before
    anything slow."""
    told = settings.resolved()
    _check_is_float(model)
    source = named(model if model.form == "canonical" else optimize(model))
    check_rules(told.rules, source)
    libraries = backends(chosen_backends(source))
    plan = Plan.of(source, told, libraries)
    needs_data = plan.static is not None or told.improvements.need_data
    data = data_for(calibration, source, told.scheme.name if needs_data else None, prepare)
    if plan.static is not None:
        check_runnable(plan.static, libraries)
    module = clone(source)
    if plan.static is not None and norms_as_convolutions(module, plan.may_become_integer):
        module = named(module)
    rescale(module, told.improvements, data, told.threads, progress)
    return Prepared(source, module, told, libraries, data)


def rounded(
    ready: Prepared,
    rules: Sequence[Rule] | None = None,
    *,
    known: Known | None = None,
    warn: Callable[[str], None] = warnings.warn,
    progress: Progress = silent,
) -> Quantized:
    """The model in the types that its settings say, or by other `rules` than theirs. `known` is what was found before;
    what is missing is added."""
    told, data = ready.settings, ready.data
    plan = ready.plan(told.rules if rules is None else rules)
    known = Known() if known is None else known
    module = clone(ready.module)
    runs = tapped_runs(module, data, told.threads, progress)
    facts: dict[str, Any] = {"scheme": told.scheme.name, **told.improvements.facts()}
    if told.improvements.need_data:
        facts["calibration"] = data.origin
    for scheme, nodes in plan.stored(module):
        stored = StoredWeights(scheme, ready.libraries)
        stored.insert(module, nodes.__contains__, runs, known, told.improvements)
    if plan.static is not None:
        watch = told.watch(Grid(plan.activations))
        integers = {node for node in module.nodes() if plan.may_become_integer(node)}
        is_new = known.batches is None
        batches = round_statically(module, plan.static, integers, runs, watch, known, told.improvements)
        if batches == 0:
            raise data.no_batch()
        if is_new and batches == 1:
            warn("one batch of calibration data: scales fit that one, and others may saturate")
        if is_new and all(library is PORTABLE for library in ready.libraries):
            warn("portable kernels of integers are exact, and slower than those of floats: --backend xnnpack is fast")
        if is_new and data.is_random:
            warn("scales are from random data: the program's speed can be measured, its answers cannot be used")
        facts |= {"calibration": data.origin, "observer": told.observer}
        if batches is not None:
            facts["batches"] = batches
    run_passes(module, INTEGERS)
    verify(module)
    module.meta["quantization"] = facts
    module.meta["stages"] = [*module.meta.get("stages", []), "quantize"]
    result = Quantized(module, ready, _losses(ready, module))
    if rules is None and not result.is_rounded:  # no search, which tries what rounds nothing, too
        warn("nothing was quantized: the model has nothing that the scheme rounds, or it is left in floats")
    return result


def _check_is_float(model: Module) -> None:
    """BAD_SCHEME for what a run before has quantized: its record, of random data say, would be lost."""
    if facts := model.meta.get("quantization"):
        said = ", ".join(f"{key} {value}" for key, value in facts.items())
        raise BAD_SCHEME.error(
            f"the model is quantized already: {said}",
            help="quantize the float model that it was made of; a q.yaml gives its layers different schemes",
        )


def _rounded_types(module: Module) -> Counter[DType]:
    """How many values of each type hold less than f32 does."""
    types = (value.type.dtype for node in module.nodes() for value in node.outputs)
    return Counter(dtype for dtype in types if dtype.is_quantized or dtype in (F16, BF16))


def _losses(ready: Prepared, module: Module) -> dict[str, Loss]:
    """How far the outputs are from the float model's."""
    with running(module, ready.settings.threads) as run:
        pairs = [(want, run(batch)) for batch, want in ready.wanted]
    labels = ready.source.functions["forward"].output_labels
    return {
        label: loss_of((want[index], got[index]) for want, got in pairs)
        for index, label in enumerate(labels)
        if pairs and pairs[0][0][index].dtype.kind == "f"
    }


@contextmanager
def running(module: Module, threads: int = 1) -> Iterator[Run]:
    """Runs a module's program on batches, of which each finds states as they are at first."""
    with TemporaryDirectory(prefix="mtc-quantize-") as folder:
        path = Path(folder, "model.mtp")
        package(module, path)
        with Session(path, threads=threads) as session:

            def run(batch: Arrays) -> Arrays:
                session.reset_state()
                return session.run(*batch)

            yield run
