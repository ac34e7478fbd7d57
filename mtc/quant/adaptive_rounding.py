"""Adaptive rounding: whether each weight is rounded up or down is chosen so that the layer's results on calibration
data change least. M. Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, ICML 2020.

The paper relaxes the choice and follows gradients. Its objective for one layer, the expected square of what the
roundings change, is a quadratic form in the roundings' errors whose matrix is E[x x^T] (its section 3.2); here that
matrix is gathered and the choice made weight by weight, in turn, wherever it lowers the form, until nothing does: it
needs neither a step size nor torch, and gives the same answer each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mtc.ir.constant import Constant
from mtc.ir.quantized import RANGES, scale_and_zero_point
from mtc.ir.types import TensorType
from mtc.quant.calibration import Known, Runs, several
from mtc.quant.observers import NotFinite
from mtc.quant.patches import Patches, RoundedWeight, Seen

_MOST_BYTES = 1 << 30  # of matrices at a time: the data is run through again for others
_MOST_POSITIONS = 512  # of a batch
_DAMPING = 0.01  # of the diagonal's mean, on the diagonal: what few data do not tell is rounded to nearest
_MOST_SWEEPS = 20
_BLOCK = 128  # columns whose changes are carried to the others at once


class SecondMoment:
    """Watches for E[x x^T] of what a layer's rows are multiplied with: [groups, row, row]."""

    def __init__(self, patches: Patches, row: int) -> None:
        self.patches = patches
        self.total = np.zeros((patches.groups, row, row), np.float32)
        self.count = 0

    def update(self, values: np.ndarray) -> None:
        x = self.patches.sample(values, _MOST_POSITIONS)
        if not np.all(np.isfinite(x)):
            raise NotFinite
        self.total += np.matmul(x.swapaxes(1, 2), x)
        self.count += x.shape[1]


def round_adaptively(rounded: Iterable[RoundedWeight], runs: Runs, known: Known) -> dict[Constant, Constant]:
    """For each constant of integers one that is rounded better; what was not `known` is added. Weights of transposed
    convolutions, and of what is no layer, stay as they are."""
    found: dict[Constant, Constant] = {}
    wanted: list[list[RoundedWeight]] = []
    for uses in _by_constant(rounded):
        if (before := known.rounded.get(_key(uses))) is not None:
            found[uses[0].rounded] = before
        else:
            wanted.append(uses)
    for group in _groups(wanted):
        moments: dict[Seen, SecondMoment] = {}
        for uses in group:
            for seen in map(_seen, uses):
                if seen is not None and seen not in moments:
                    moments[seen] = SecondMoment(seen[1], _row(uses[0]))
        runs.watch(several((value, moment) for (value, _), moment in moments.items()), "gathering for rounding")
        for number, uses in enumerate(group):
            runs.progress("rounding weights", number, len(group))
            parts = [moments[seen] for use in uses if (seen := _seen(use)) is not None]
            total = np.sum([part.total for part in parts], axis=0) / max(sum(part.count for part in parts), 1)
            found[uses[0].rounded] = known.rounded[_key(uses)] = _rounded(uses[0], total)
    return found


def _key(uses: Sequence[RoundedWeight]) -> tuple[Constant, TensorType, frozenset[tuple[str, Patches]]]:
    """All that the roundings of a weight follow from, beside the data."""
    seen = frozenset((found[0].name, found[1]) for use in uses if (found := _seen(use)) is not None)
    return uses[0].weight, uses[0].rounded.type, seen


def _by_constant(rounded: Iterable[RoundedWeight]) -> list[list[RoundedWeight]]:
    """Those that can be rounded so; layers that share a weight together."""
    found: dict[Constant, list[RoundedWeight]] = {}
    for use in rounded:
        if _seen(use) is not None:
            found.setdefault(use.rounded, []).append(use)
    return [*found.values()]


def _seen(use: RoundedWeight) -> Seen | None:
    seen = use.seen
    return None if seen is None or seen[1].output_padding is not None else seen


def _patches(use: RoundedWeight) -> Patches:
    assert use.seen is not None
    return use.seen[1]


def _row(use: RoundedWeight) -> int:
    return use.weight.count // max(int(use.weight.type.shape[0]), 1)  # type: ignore[arg-type]


def _groups(uses: Sequence[list[RoundedWeight]]) -> Iterator[list[list[RoundedWeight]]]:
    """Weights in order, as many at a time as matrices fit."""
    group: list[list[RoundedWeight]] = []
    room = _MOST_BYTES
    for each in uses:
        size = _patches(each[0]).groups * _row(each[0]) ** 2 * 4
        if group and size > room:
            yield group
            group, room = [], _MOST_BYTES
        group.append(each)
        room -= size
    if group:
        yield group


def _rounded(use: RoundedWeight, moment: np.ndarray) -> Constant:
    patches, type = _patches(use), use.rounded.type
    assert type.qparams is not None
    array = use.weight.array()
    scale, zero_point = (
        patches.rows(np.broadcast_to(each, array.shape)).astype(np.float32)
        for each in scale_and_zero_point(type.qparams, array.shape)
    )
    steps = patches.rows(array) / scale + zero_point
    chosen = descend(steps, scale, patches.rows(use.rounded.array()), moment, RANGES[type.dtype])
    return Constant(use.rounded.name, type, chosen.reshape(array.shape).astype(type.dtype.numpy))


def descend(
    steps: np.ndarray, scale: np.ndarray, nearest: np.ndarray, moment: np.ndarray, limits: tuple[int, int]
) -> np.ndarray:
    """Integers beside `steps`, [groups, outputs, row], that make d M d^T small, where d is scale * (integer - step) of
    a row and M the `moment`, [groups, row, row]."""
    chosen = nearest.astype(np.float32)
    below = np.clip(np.floor(steps), *limits)
    above = np.clip(below + 1, *limits)
    diagonal = np.einsum("gkk->gk", moment)
    moment = moment + _DAMPING * diagonal.mean(axis=1)[:, None, None] * np.eye(moment.shape[1], dtype=np.float32)
    diagonal = np.einsum("gkk->gk", moment)
    row = steps.shape[2]
    slope = np.matmul((chosen - steps) * scale, moment)
    for _ in range(_MOST_SWEEPS):
        flipped = 0
        for start in range(0, row, _BLOCK):
            block = slice(start, min(start + _BLOCK, row))
            before = chosen[:, :, block].copy()
            own = slope[:, :, block].copy()
            for k in range(block.start, block.stop):
                other = np.where(chosen[:, :, k] == below[:, :, k], above[:, :, k], below[:, :, k])
                change = (other - chosen[:, :, k]) * scale[:, :, k]
                gain = change * (2 * own[:, :, k - start] + change * diagonal[:, None, k])
                is_better = gain < -1e-6 * change**2 * diagonal[:, None, k]
                if not is_better.any():
                    continue
                flipped += int(is_better.sum())
                chosen[:, :, k] = np.where(is_better, other, chosen[:, :, k])
                own += np.where(is_better, change, 0)[:, :, None] * moment[:, None, k, block]
            slope += np.matmul((chosen[:, :, block] - before) * scale[:, :, block], moment[:, block])
        if flipped <= 1e-4 * chosen.size:
            break
    return chosen
