"""Writes roundings into a float module: every chosen value is quantized and dequantized again. The pass
`fuse-quantization` makes integer operators of that."""

from __future__ import annotations

from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import F32, DType, QParams
from mtc.quant.choice import Choice
from mtc.quant.constants import Constants
from mtc.quant.scales import Scales


def rounded_name(name: str) -> str:
    """What the integers of the value `name` are called, whatever the passes behind make of the two."""
    return f"{name}.q"


@dataclass(frozen=True)
class Roundings:
    """What is rounded, and how: values to `dtype` with the scales of each, constants to what they became."""

    dtype: DType
    scales: Scales
    constants: Constants

    def insert(self, module: Module, function: Function, choice: Choice) -> None:
        """Inserts `quantize` and `dequantize`."""
        rounded = {value: self._rounded(function, value, qparams) for value, qparams in self.scales.items()}
        for value, replacement in rounded.items():
            own = {replacement.producer, replacement.producer.inputs[0].producer}  # type: ignore[union-attr]
            is_made = value.producer in choice.nodes
            for user, index in list(value.users):
                # Float readers of a float value keep it as it is.
                if user not in own and (is_made or user in choice.nodes):
                    user.set_input(index, replacement)
        for (node, index), constant in self.constants.items():
            build = Builder(function, before=node, loc=node.loc)
            node.set_input(index, build.emit(ops.dequantize, build.constant(constant), dtype=F32))
        module.register_constants()

    def _rounded(self, function: Function, value: Value, qparams: QParams) -> Value:
        after = next(iter(function)) if value.producer is None else value.producer.next
        build = Builder(function, before=after, loc=value.producer.loc if value.producer is not None else ())
        integers = build.emit(ops.quantize, value, dtype=self.dtype, qparams=qparams, name=rounded_name(value.name))
        return build.emit(ops.dequantize, integers, dtype=F32)
