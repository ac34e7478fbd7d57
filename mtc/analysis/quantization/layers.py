"""How far each value of a quantized model is from the float one's, on data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from mtc import ops
from mtc.ir.module import Node, Value
from mtc.ir.quantized import RANGES, dequantize
from mtc.ir.types import BF16, F16, F32, TensorType
from mtc.quant.insertion import rounded_name
from mtc.quant.sqnr import Loss, LossSum
from mtc.stages.quantize import Quantized
from mtc.stages.tapped_runs import tapped_runs

_CONVERSIONS = (ops.quantize, ops.dequantize, ops.cast)
BATCHES = 8  # of the data; more change little


@dataclass(frozen=True)
class LayerLoss:
    """A value that is rounded, or computed in floats of what is: the operator, the float model's range, what the
    integers reach to (floats to any number), and the share of elements beyond that."""

    value: str
    op: str
    at: str
    loss: Loss
    low: float
    high: float
    least: float
    most: float
    saturated: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Watched:
    """What is gathered of a value over batches."""

    least: float
    most: float
    total: LossSum = field(default_factory=LossSum)
    low: float = np.inf
    high: float = -np.inf
    beyond: int = 0
    count: int = 0

    def add(self, want: np.ndarray, got: np.ndarray) -> None:
        self.total.add(want, got)
        if want.size:
            self.low, self.high = min(self.low, float(want.min())), max(self.high, float(want.max()))
            self.beyond += int(np.count_nonzero((want < self.least) | (want > self.most)))
            self.count += want.size


def layer_losses(result: Quantized, batches: int = BATCHES) -> list[LayerLoss]:
    """Every value that both models have, in program order."""
    pairs = list(_pairs(result))
    watched = {value.name: _Watched(*_ends(rounded.type)) for value, rounded in pairs}
    data, threads = result.prepared.data, result.prepared.settings.threads
    with (
        tapped_runs(result.prepared.module, data, threads).open([value.name for value, _ in pairs]) as run_float,
        tapped_runs(result.module, data, threads).open([rounded.name for _, rounded in pairs]) as run_rounded,
    ):
        for batch in islice(data.batches(), batches):
            for (value, _), want, got in zip(pairs, run_float(batch), run_rounded(batch), strict=True):
                watched[value.name].add(want, got)
    return [_row(value, rounded, watched[value.name]) for value, rounded in pairs]


def _pairs(result: Quantized) -> Iterator[tuple[Value, Value]]:
    """Values of the float model with the integers that stand for them, or with what the same layer computes of rounded
    operands."""
    rounded = {
        value.name: value
        for node in result.module.functions["forward"]
        for value in node.outputs
        if value.constant is None and (value.type.dtype.is_quantized or _reads_rounded(node))
    }
    function = result.prepared.module.functions["forward"]
    for value in (*function.inputs, *(value for node in function for value in node.outputs)):
        found = rounded.get(rounded_name(value.name)) or rounded.get(value.name)
        if found is not None and value.constant is None and value.type.dtype is F32:
            yield value, found


def _reads_rounded(node: Node) -> bool:
    """Whether it computes with numbers that are stored in fewer bits, or come in them."""
    return node.op not in _CONVERSIONS and any(_is_rounded(operand) for operand in node.inputs if operand is not None)


def _is_rounded(value: Value) -> bool:
    producer = value.producer
    read = producer.inputs[0] if producer is not None and producer.op in _CONVERSIONS else None
    if read is not None and read.constant is not None:  # weights that are decoded when the program is loaded
        return _is_rounded(read)
    return value.type.dtype.is_quantized or (value.constant is not None and value.type.dtype in (F16, BF16))


def _ends(type: TensorType) -> tuple[float, float]:
    """The least and the greatest number that the integers stand for, and half a step more."""
    if type.qparams is None:
        return -np.inf, np.inf
    low, high = (float(dequantize(np.array(step), type.qparams)) for step in RANGES[type.dtype])
    half = float(type.qparams.scale[0]) / 2
    return low - half, high + half


def _row(value: Value, rounded: Value, watched: _Watched) -> LayerLoss:
    producer = rounded.producer
    least, most = watched.least, watched.most
    return LayerLoss(
        value=value.name,
        op=producer.op.name if producer is not None else "",
        at="; ".join(map(str, producer.loc)) if producer is not None else "",
        loss=watched.total.loss(),
        low=watched.low if watched.count else 0.0,
        high=watched.high if watched.count else 0.0,
        least=least,
        most=most,
        saturated=watched.beyond / watched.count if watched.count else 0.0,
    )
