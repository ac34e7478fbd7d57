"""Scales the channels of seams: each is divided by a factor in front and multiplied by it behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Node
from mtc.passes.weight_channels import by_input, by_output, largest, scale_inputs, scale_outputs
from mtc.quant.calibration import Runs
from mtc.quant.observers.base import extremes
from mtc.quant.seams import Seam, seams


@dataclass
class Rescaling:
    """Weights in f64 while factors are found. Nothing of the module changes before `write`."""

    module: Module
    found: Sequence[Seam]
    arrays: dict[tuple[Node, int], np.ndarray] = field(default_factory=dict)

    @staticmethod
    def of(module: Module, runs: Runs, is_wanted: Callable[[Seam], bool] = lambda seam: True) -> Rescaling:
        """Over the seams of `@forward`. Where an operator cuts off at a number, as relu6 does, only those whose values
        on the data never reach it."""
        found = [seam for seam in seams(module.functions["forward"]) if is_wanted(seam)]
        highest = {node.output: Highest() for seam in found for node in seam.limited}
        if highest:
            runs.watch(highest, "looking for what clamps cut off")
        return Rescaling(module, [s for s in found if all(highest[n.output].value < limit(n) for n in s.limited)])

    def largest_by_output(self, seam: Seam) -> np.ndarray:
        """The largest magnitude of the source's weights for each channel."""
        return largest(by_output(seam.source, self._array(seam.source, 1)))

    def largest_by_input(self, seam: Seam) -> np.ndarray:
        """The largest magnitude of all sinks' weights for each channel."""
        each = [largest(by_input(sink.node, self._array(sink.node, 1))) for sink in seam.sinks]
        return np.asarray(np.max([found.reshape(seam.count, -1).max(axis=1) for found in each], axis=0))

    def scale(self, seam: Seam, factors: np.ndarray) -> None:
        """Divides the source's results by one factor for each channel, and multiplies the sinks' weights by it."""
        for index in (1, 2):
            if index < len(seam.source.inputs) and seam.source.inputs[index] is not None:
                array = self._array(seam.source, index)
                self.arrays[seam.source, index] = scale_outputs(seam.source, array, 1 / factors)
        for sink in seam.sinks:
            array = self._array(sink.node, 1)
            self.arrays[sink.node, 1] = scale_inputs(sink.node, array, np.repeat(factors, sink.channels.repeat))

    def write(self) -> None:
        """New weights under the old ones' names, and clamps without the numbers that no value reaches."""
        for (node, index), array in self.arrays.items():
            old = node.operand(index)
            assert node.function is not None and old.constant is not None and old.producer is not None
            build = Builder(node.function, before=node, loc=old.producer.loc)
            scaled = Constant.of(array.astype(np.float32), old.constant.name)
            node.set_input(index, build.constant(scaled, old.name))
            old.producer.erase()
        for seam in self.found:
            for node in seam.limited:
                change = {"max": inf} if node.op is ops.clamp else {"clamp": (node.attrs["clamp"][0], inf)}
                node.attrs = node.attrs | change
        self.module.register_constants()

    def _array(self, node: Node, index: int) -> np.ndarray:
        if (node, index) not in self.arrays:
            constant = node.operand(index).constant
            assert constant is not None
            self.arrays[node, index] = constant.array().astype(np.float64)
        return self.arrays[node, index]


class Highest:
    """Watches for the greatest value."""

    value = -inf

    def update(self, values: np.ndarray) -> None:
        if (found := extremes(values)) is not None:
            self.value = max(self.value, found[1])


def limit(node: Node) -> float:
    """Where it cuts off."""
    return float(node.attrs["max"] if node.op is ops.clamp else node.attrs["clamp"][1])
