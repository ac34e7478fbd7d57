"""quantize: floats → integers, with scales from data."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc import ops
from mtc.build.progress import Progress, silent
from mtc.delegates.library import KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.delegates.registry import backends
from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME, NO_CALIBRATION
from mtc.ir.module import Module, Node
from mtc.ir.types import BF16, F16, QI8, DType
from mtc.ir.verifier import verify
from mtc.passes.runner import PassOptions, run_passes
from mtc.quant import config as configs
from mtc.quant.calibration import Known
from mtc.quant.choice import has_integer_kernel
from mtc.quant.data import NO_DATA_REMEDY, Data, Prepare, open_data
from mtc.quant.norms import norms_as_convolutions
from mtc.quant.observers import Grid
from mtc.quant.schemes import SCHEMES, Scheme, scheme
from mtc.quant.settings import QuantSettings
from mtc.quant.sqnr import Loss, loss_of
from mtc.quant.static import round_statically
from mtc.quant.stored import STORED_ONLY, StoredWeights
from mtc.session import Session
from mtc.stages.files import save
from mtc.stages.optimize import INTEGERS, optimize
from mtc.stages.package import chosen_backends, package
from mtc.stages.rescaling import rescale
from mtc.stages.tapped_runs import tapped_runs
from mtc.stages.taps import named
from mtc.support.plural import counted

_COMPARED = 4  # batches on which the loss is measured


def prepared(
    model: Module,
    calibration: Any,
    settings: QuantSettings,
    *,
    prepare: Prepare | None = None,
    progress: Progress = silent,
) -> Module:
    """What is quantized, and can be several times, with other operators left in floats: the canonical model, whose
    values have names, its channels scaled as the settings say."""
    module = named(model if model.form == "canonical" else optimize(model))
    config = settings.read_config()
    improvements = settings.improvements(config)
    if improvements.rescale:
        needed_by = settings.scheme_of(config).name if improvements.need_data else None
        rescale(
            module, improvements, calibration_data(needed_by, calibration, module, prepare), settings.threads, progress
        )
    return module


@dataclass(frozen=True)
class Quantized:
    """A quantized module, the float one that it was made from, and what it costs: the loss of each output."""

    module: Module
    source: Module
    data: Data
    losses: dict[str, Loss]

    @property
    def is_rounded(self) -> bool:
        """Whether anything in it holds less than in the float model."""
        return _rounded(self.module) != _rounded(self.source)

    @property
    def summary(self) -> str:
        facts = self.module.meta["quantization"]
        before, after = (counted(module.constant_bytes, "byte") for module in (self.source, self.module))
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
    known: Known | None = None,
    alone: str | None = None,
) -> Quantized:
    """What `quantize` returns, with what it cost. NO_CALIBRATION, BAD_CALIBRATION, BAD_QUANT_CONFIG or UNKNOWN_NAME
    before anything slow. `known` is what an earlier calibration has found; what is missing is added. `alone` names a
    value of the model: only the operator that computes it is quantized, if the settings quantize it.
    """
    is_plain = known is None and alone is None  # no search, which tries what rounds nothing, too
    config = settings.read_config()
    how = settings.scheme_of(config)
    improvements = settings.improvements(config)
    improvements.check(how)
    _check_is_float(model)
    rules = settings.chosen_rules
    if alone is not None:
        rules = configs.rules_alone(alone, model, rules, how.name)
    module = named(model if model.form == "canonical" else optimize(model))
    source = named(module)
    configs.check_rules(rules, module)

    def scheme_for(node: Node) -> str:
        name = configs.scheme_of(node, rules, how.name)
        stores = node.op in STORED_ONLY and name != configs.FLOAT and scheme(name).is_static
        return STORED_ONLY[node.op] if stores else name

    def chosen(module: Module) -> dict[Node, str]:
        return {node: scheme_for(node) for node in module.nodes()}

    schemes = chosen(module)
    static = _static_scheme(how, {configs.scheme_of(node, rules, how.name) for node in module.nodes()})
    libraries = backends(chosen_backends(module))
    dtype = static.activations if static is not None and static.activations is not None else QI8

    def becomes_integer(node: Node) -> bool:
        is_static = static is not None and scheme_for(node) == static.name
        return is_static and (node.op is ops.batch_norm or has_integer_kernel(node.op, dtype, libraries))

    data = calibration_data(how.name if static or improvements.need_data else None, calibration, module, prepare)
    if static is not None:
        check_runnable(static, libraries)
        if norms_as_convolutions(module, becomes_integer):
            module = named(module)
            schemes = chosen(module)
    rescale(module, improvements, data, settings.threads, progress)
    runs = tapped_runs(module, data, settings.threads, progress)
    facts: dict[str, Any] = {"scheme": how.name, **improvements.facts()}
    if improvements.need_data:
        facts["calibration"] = data.origin
    for name in sorted(set(schemes.values()) - {configs.FLOAT, static.name if static is not None else ""}):
        stored = how if name == how.name else scheme(name)
        wanted = {node for node, chosen in schemes.items() if chosen == name}
        StoredWeights(stored, libraries).insert(module, wanted.__contains__, runs, improvements)
    if static is not None:
        watch = settings.watch(config, Grid(dtype))
        wanted = {node for node in schemes if becomes_integer(node)}
        known = Known() if known is None else known
        is_new = known.batches is None
        batches = round_statically(module, static, wanted, runs, watch, known, improvements)
        if batches == 0:
            raise NO_CALIBRATION.error(f"{data.origin} holds no batch", help=NO_DATA_REMEDY)
        if is_new and batches == 1:
            warn("one batch of calibration data: scales fit that one, and others may saturate")
        if is_new and data.is_random:
            warn("scales are from random data: the program's speed can be measured, its answers cannot be used")
        facts |= {"calibration": data.origin, "observer": watch().name}
        if batches is not None:
            facts["batches"] = batches
    run_passes(module, INTEGERS, options)
    verify(module)
    module.meta["quantization"] = facts
    module.meta["stages"] = [*module.meta.get("stages", []), "quantize"]
    result = Quantized(module, source, data, _losses(source, module, data, settings.threads))
    if is_plain and not result.is_rounded:
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


def _rounded(module: Module) -> Counter[DType]:
    """How many values of each type hold less than f32 does."""
    types = (value.type.dtype for node in module.nodes() for value in node.outputs)
    return Counter(dtype for dtype in types if dtype.is_quantized or dtype in (F16, BF16))


def check_runnable(chosen: Scheme, libraries: Sequence[KernelLibrary]) -> None:
    """BAD_SCHEME if none of the libraries multiplies a static scheme's integers: portable kernels would have to."""
    dtype = chosen.activations
    if dtype is None:
        return
    asked = [library for library in libraries if library is not PORTABLE]
    if not asked or any(has_integer_kernel(op, dtype, asked) for op in (ops.conv2d, ops.linear)):
        return
    others = [other.name for other in SCHEMES.values() if other.activations not in (None, dtype)]
    raise BAD_SCHEME.error(
        f"{' and '.join(library.name for library in asked)} cannot run `{chosen.name}`",
        help=f"--scheme {' or '.join(others)}, or optimize the model for another backend too",
    )


def _static_scheme(how: Scheme, used: set[str]) -> Scheme | None:
    """The one among those that are used. BAD_QUANT_CONFIG if there are several: a value has one type."""
    found = [how if name == how.name else scheme(name) for name in sorted(used - {configs.FLOAT})]
    static = [scheme for scheme in found if scheme.is_static]
    if len(static) > 1:
        raise BAD_QUANT_CONFIG.error(
            f"`{static[0].name}` and `{static[1].name}` in one model", help="choose one of them"
        )
    return static[0] if static else None


def calibration_data(needed_by: str | None, calibration: Any, module: Module, prepare: Prepare | None) -> Data:
    """The calibration data; where none is needed and none is given, what the model was exported with, so that the loss
    can be told."""
    function = module.functions["forward"]
    if calibration is None:
        if needed_by is not None:
            raise NO_CALIBRATION.error(f"`{needed_by}` needs calibration data", help=NO_DATA_REMEDY)
        samples = module.samples.get("forward", [])
        return Data("the model's sample", lambda: iter([c.array() for c in sample.inputs] for sample in samples))
    data = open_data(calibration, function, prepare)
    if data.count == 0:
        raise NO_CALIBRATION.error(f"{data.origin} holds no batch", help=NO_DATA_REMEDY)
    return data


def quantize_to(output: Path, model: Module, calibration: Any, settings: QuantSettings, **more: Any) -> Quantized:
    """Writes what `quantized` makes of `model`."""
    result = quantized(model, calibration, settings, **more)
    save(result.module, output)
    return result


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
