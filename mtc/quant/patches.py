"""What each weight of a product is multiplied with, at every position of the result."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from mtc import ops
from mtc.ir.constant import Constant
from mtc.ir.module import Node, Value
from mtc.passes.weight_channels import CONVOLUTIONS, TRANSPOSED


@dataclass(frozen=True)
class Patches:
    """The geometry of a linear layer, whose kernel has no axes, or of a convolution: layers that read one value and
    have the same one see the same. Rows of weights are [groups, outputs of a group, inputs of a group x kernel]."""

    groups: int = 1
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    output_padding: tuple[int, ...] | None = None  # of a transposed convolution

    @staticmethod
    def of(node: Node) -> Patches | None:
        """None for other operators."""
        if node.op is ops.linear:
            return Patches()
        if node.op not in (*CONVOLUTIONS, *TRANSPOSED):
            return None
        kernel = tuple(int(size) for size in node.operand(1).type.shape[2:])  # type: ignore[arg-type]
        stride, padding, dilation = (node.attrs[name] for name in ("stride", "padding", "dilation"))
        return Patches(node.attrs["groups"], kernel, stride, padding, dilation, node.attrs.get("output_padding"))

    def rows(self, weights: np.ndarray) -> np.ndarray:
        """Weights as rows."""
        if self.output_padding is None:  # [out, in / groups, ...]
            return weights.reshape(self.groups, weights.shape[0] // self.groups, -1)
        grouped = weights.reshape(self.groups, -1, *weights.shape[1:])  # [in, out / groups, ...]
        return np.moveaxis(grouped, 2, 1).reshape(self.groups, weights.shape[1], -1)

    def sums(self, x: np.ndarray) -> tuple[np.ndarray, int]:
        """The sum over all positions of what each weight of a row meets, [groups, row], and how many there are."""
        if not self.kernel:
            return x.reshape(-1, x.shape[-1]).sum(axis=0, dtype=np.float64)[None], x.size // max(x.shape[-1], 1)
        over, sizes = (0, *range(2, x.ndim)), x.shape[2:]
        if self.output_padding is not None:  # every element meets every weight; what is cut off is neglected
            counts = [
                (n - 1) * s + d * (k - 1) + 1 - self.padding[2 * i] - self.padding[2 * i + 1] + extra
                for i, (n, s, d, k, extra) in enumerate(
                    zip(sizes, self.stride, self.dilation, self.kernel, self.output_padding, strict=True)
                )
            ]
            each = x.sum(axis=over, dtype=np.float64)
            return np.repeat(each, prod(self.kernel)).reshape(self.groups, -1), x.shape[0] * prod(counts)
        padded, counts = self._padded(x), self._positions(sizes)
        found = np.empty((x.shape[1], prod(self.kernel)))
        for column, place in enumerate(product(*map(range, self.kernel))):
            spots = [
                slice(at * d, at * d + (n - 1) * s + 1, s)
                for at, d, n, s in zip(place, self.dilation, counts, self.stride, strict=True)
            ]
            found[:, column] = padded[(slice(None),) * 2 + tuple(spots)].sum(axis=over, dtype=np.float64)
        return found.reshape(self.groups, -1), x.shape[0] * prod(counts)

    def sample(self, x: np.ndarray, most: int) -> np.ndarray:
        """What rows meet at no more than `most` positions, evenly spread: [groups, positions, row]. Not of transposed
        convolutions."""
        if not self.kernel:
            flat = x.reshape(1, -1, x.shape[-1])
            return flat[:, _spread(flat.shape[1], most)]
        extent = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)]
        axes = tuple(range(2, x.ndim))
        windows = np.lib.stride_tricks.sliding_window_view(self._padded(x), extent, axes)
        windows = windows[(slice(None),) * 2 + tuple(slice(None, None, s) for s in self.stride)]
        windows = windows[(slice(None),) * x.ndim + tuple(slice(None, None, d) for d in self.dilation)]
        by_position = np.moveaxis(windows, 1, x.ndim - 1)
        shape = by_position.shape[: x.ndim - 1]
        chosen = by_position[np.unravel_index(_spread(prod(shape), most), shape)]
        return np.asarray(chosen.reshape(len(chosen), self.groups, -1).swapaxes(0, 1))

    def _padded(self, x: np.ndarray) -> np.ndarray:
        if not any(self.padding):
            return x
        pairs = [tuple(self.padding[i : i + 2]) for i in range(0, len(self.padding), 2)]
        return np.pad(x, [(0, 0), (0, 0), *pairs])

    def _positions(self, sizes: tuple[int, ...]) -> list[int]:
        return [
            (n + self.padding[2 * i] + self.padding[2 * i + 1] - d * (k - 1) - 1) // s + 1
            for i, (n, s, d, k) in enumerate(zip(sizes, self.stride, self.dilation, self.kernel, strict=True))
        ]


Seen = tuple[Value, Patches]  # weights for which this is equal are multiplied with the same


class RoundedWeight(NamedTuple):
    """A weight that an operator reads, as which of its operands, and the integers that are to stand for it."""

    node: Node
    operand: int
    weight: Constant
    rounded: Constant

    @property
    def seen(self) -> Seen | None:
        return seen_by(self.node, self.operand)


# Of recurrent layers, the operands that are weights, of inputs and of hidden states, and the biases beside them.
RECURRENT = {ops.lstm: (3, 4), ops.gru: (2, 3), ops.rnn: (2, 3)}
_BIASES = {ops.lstm: (5, 5), ops.gru: (4, 5), ops.rnn: (4, 4)}


def seen_by(node: Node, operand: int = 1) -> Seen | None:
    """What the weight at an operand of a layer is multiplied with; None for other operators. Hidden states are seen as
    results: all but the first and the last are both."""
    if node.op in RECURRENT:
        of_inputs, _ = RECURRENT[node.op]
        return (node.operand(0) if operand == of_inputs else node.outputs[0], Patches())
    patches = Patches.of(node)
    return None if patches is None else (node.operand(0), patches)


def bias_beside(node: Node, operand: int) -> int:
    """Which operand of a layer is added to what the weight at `operand` makes."""
    return _BIASES[node.op][RECURRENT[node.op].index(operand)] if node.op in RECURRENT else 2


def _spread(count: int, most: int) -> np.ndarray:
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.intp)
