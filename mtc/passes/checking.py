"""Whether a module still computes the same, by running it on the ops' references."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mtc import interp
from mtc.ir.module import Module
from mtc.ir.opspec import Accuracy
from mtc.ir.types import DType
from mtc.ops.accuracy import tolerance

# By function and sample, or `state`: arrays by what they are called in a message.
Results = dict[str, np.ndarray]
_STATE = "state "


def run_samples(module: Module) -> Results:
    """The outputs and the new states of every function on its samples."""
    found: Results = {}
    for name, samples in module.samples.items():
        for index, sample in enumerate(samples):
            found |= run_once(module, name, [constant.array() for constant in sample.inputs], f" on sample {index}")
    return found


def run_once(module: Module, name: str, inputs: Sequence[np.ndarray], note: str = "") -> Results:
    """The outputs of one function, and the states after it."""
    states = interp.initial_states(module)
    outputs = interp.run(module, inputs, name, states)
    results = {f"output {index} of `@{name}`{note}": array for index, array in enumerate(outputs)}
    return results | {f"{_STATE}`@{key}` after `@{name}`{note}": array for key, array in states.items()}


def largest_excess(module: Module, got: Mapping[str, np.ndarray], want: Mapping[str, np.ndarray]) -> tuple[float, str]:
    """The largest difference in units of what is allowed, and where it is; infinite if shapes or dtypes differ, or if
    there are other outputs than before. A state that nobody reads may go.

    Every float operator rounds, and errors of a chain add up like a random walk: hence the root of their number.
    """
    steps = math.sqrt(max(1, sum(1 for node in module.nodes())))
    for name in sorted(got.keys() ^ want.keys()):
        if not (name in want and name.startswith(_STATE)):
            return math.inf, name
    worst, where = 0.0, ""
    for name, other in got.items():
        array = want[name]
        if other.shape != array.shape or other.dtype != array.dtype:
            return math.inf, name
        allowed = tolerance(Accuracy.REDUCTION, DType.of(array.dtype))
        excess = allowed.excess(other, array) / steps
        if excess > worst:
            worst, where = excess, name
    return worst, where
