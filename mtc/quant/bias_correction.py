"""Bias correction: rounded weights shift the mean of each output channel; the bias takes the shift back. M. Nagel et
al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019, section 4.2.

The shift is what the weights' errors make of the mean of the layer's operand on the calibration data. As in the paper's
appendix D it is measured, not derived from batch norms; the operand is the float model's, whose mean the layers before
have after their own correction. So all layers are corrected by one run over the data, the one that finds ranges.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Node
from mtc.ir.quantized import dequantize
from mtc.quant.calibration import Known
from mtc.quant.observers import NotFinite
from mtc.quant.patches import Patches, RoundedWeight, Seen, bias_beside, seen_by


class PatchMean:
    """Watches for the mean of what each weight is multiplied with."""

    def __init__(self, patches: Patches) -> None:
        self.patches = patches
        self.total: np.ndarray | float = 0.0
        self.count = 0

    def update(self, values: np.ndarray) -> None:
        sums, count = self.patches.sums(values)
        if not np.all(np.isfinite(sums)):
            raise NotFinite
        self.total, self.count = self.total + sums, self.count + count

    @property
    def mean(self) -> np.ndarray:
        return np.asarray(self.total) / max(self.count, 1)


def watch_means(weights: Iterable[tuple[Node, int]], known: Known) -> dict[Seen, PatchMean]:
    """Watchers of what weights, given as operands of layers, are multiplied with, where that is not known."""
    found = (seen for node, index in weights if (seen := seen_by(node, index)) is not None)
    return {seen: PatchMean(seen[1]) for seen in found if (seen[0].name, seen[1]) not in known.means}


def remember(watched: dict[Seen, PatchMean], known: Known) -> None:
    """Makes known what was seen."""
    known.means.update({(value.name, patches): mean.mean for (value, patches), mean in watched.items()})


def correct_biases(rounded: Iterable[RoundedWeight], known: Known) -> None:
    """Changes the biases of layers, and adds those that are missing."""
    for use in rounded:
        node, index, weight, integers = use
        seen = use.seen
        if seen is None:
            continue
        assert integers.type.qparams is not None and node.function is not None
        error = dequantize(integers.array(), integers.type.qparams, np.float64) - weight.array()
        mean = known.means[seen[0].name, seen[1]]
        shift = np.einsum("gok,gk->go", seen[1].rows(error), mean).reshape(-1)
        beside = bias_beside(node, index)
        old = node.inputs[beside]
        bias = shift * 0 if old is None or old.constant is None else old.constant.array()
        name = f"{(weight.name or 'weight').removesuffix('.weight')}.bias"
        build = Builder(node.function, before=node, loc=node.loc)
        node.set_input(beside, build.constant(Constant.of((bias - shift).astype(np.float32)), called=name))
