"""Static quantization: what the roundings of a scheme are, from data to what is written into the module."""

from __future__ import annotations

from collections.abc import Collection

from mtc.ir.module import Module, Node
from mtc.ir.types import QI8
from mtc.quant.adaptive_rounding import round_adaptively
from mtc.quant.bias_correction import correct_biases, remember, watch_means
from mtc.quant.calibration import Known, Runs, calibrate
from mtc.quant.choice import choose, is_product
from mtc.quant.constants import constants_of, weight_scales
from mtc.quant.improvements import ADAPTIVE, Improvements
from mtc.quant.insertion import Roundings
from mtc.quant.observers import MakeObserver
from mtc.quant.patches import RoundedWeight
from mtc.quant.scales import observed, scales_of
from mtc.quant.schemes import Scheme


def round_statically(
    module: Module,
    scheme: Scheme,
    wanted: Collection[Node],
    runs: Runs,
    watch: MakeObserver,
    known: Known,
    improvements: Improvements = Improvements(),
) -> int | None:
    """Writes the roundings of the nodes that are wanted into `@forward`, and returns over how many batches their scales
    were found; None if there is nothing to be seen. What was not `known` is added."""
    assert scheme.activations is not None
    leaves_sums = scheme.activations is QI8 and scheme.symmetric_weights  # what there are kernels for
    choice = choose(module.functions["forward"], lambda node: node in wanted, leaves_sums=leaves_sums)
    values = observed(choice)
    products = [node for node in choice.nodes if is_product(node.op) and node.operand(1).constant is not None]
    means = watch_means([(node, 1) for node in products], known) if improvements.correct_bias else {}
    missing = [value for value in values if value.name not in known.ranges]
    if missing or means:
        found = calibrate(runs, missing, watch, [(value, mean) for (value, _), mean in means.items()])
        known.batches = found.batches
        if not found.batches:
            return 0
        known.ranges.update({value.name: range for value, range in found.ranges.items()})
        remember(means, known)
    weights = weight_scales(choice, scheme)
    scales = scales_of(choice, {value: known.ranges[value.name] for value in values}, scheme.activations, weights)
    constants = constants_of(choice, scheme, scales, weights)
    rounded = [RoundedWeight(n, 1, weight, constants[n, 1]) for n in products if (weight := n.operand(1).constant)]
    if improvements.round == ADAPTIVE:
        better = round_adaptively(rounded, runs, known)
        constants = {place: better.get(constant, constant) for place, constant in constants.items()}
        rounded = [use._replace(rounded=better.get(use.rounded, use.rounded)) for use in rounded]
    if improvements.correct_bias:
        correct_biases(rounded, known)
    Roundings(scheme.activations, scales, constants).insert(module, module.functions["forward"], choice)
    return known.batches
