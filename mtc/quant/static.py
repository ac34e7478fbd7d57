"""Static quantization: what the roundings of a scheme are, from data to what is written into the module."""

from __future__ import annotations

from collections.abc import Collection

from mtc.ir.module import Module, Node
from mtc.quant.calibration import Runs, calibrate
from mtc.quant.choice import choose
from mtc.quant.constants import constants_of, weight_scales
from mtc.quant.insertion import Roundings
from mtc.quant.observers import MakeObserver, Range
from mtc.quant.scales import observed, scales_of
from mtc.quant.schemes import Scheme


def round_statically(
    module: Module,
    scheme: Scheme,
    wanted: Collection[Node],
    runs: Runs,
    watch: MakeObserver,
    known: dict[str, Range] | None = None,
) -> int | None:
    """Writes the roundings of the nodes that are wanted into `@forward`, and returns over how many batches their scales
    were found; None if all ranges were `known`, by the values' names. Those that were not are added."""
    assert scheme.activations is not None
    known = {} if known is None else known
    choice = choose(module.functions["forward"], lambda node: node in wanted)
    values, batches = observed(choice), None
    if missing := [value for value in values if value.name not in known]:
        found = calibrate(runs, missing, watch)
        known.update({value.name: range for value, range in found.ranges.items()})
        if not (batches := found.batches):
            return 0
    weights = weight_scales(choice, scheme)
    scales = scales_of(choice, {value: known[value.name] for value in values}, scheme.activations, weights)
    constants = constants_of(choice, scheme, scales, weights)
    Roundings(scheme.activations, scales, constants).insert(module, module.functions["forward"], choice)
    return batches
