"""Writes the roundings of a scheme into a float module: every chosen value is quantized and dequantized again. The pass
`fuse-quantization` makes integer operators of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.types import F32, QParams
from mtc.passes.quantization_fusion import integer_form
from mtc.quant.choice import Choice, is_product, real_operands
from mtc.quant.schemes import Scheme
from mtc.quant.weights import affine, quantized, symmetric

Range = tuple[float, float]


def rounded_name(name: str) -> str:
    """What the integers of the value `name` are called, whatever the passes behind make of the two."""
    return f"{name}.q"


def observed(choice: Choice) -> list[Value]:
    """The chosen values whose ranges must be seen: one of each group that shares a scale."""
    groups = shared_scales(choice)
    return list(dict.fromkeys(groups[value] for value in choice.values if value.constant is None))


def shared_scales(choice: Choice) -> dict[Value, Value]:
    """For each chosen value the one of its group that stands for all: what only moves elements keeps their scale."""
    parent: dict[Value, Value] = {value: value for value in choice.values}

    def root(value: Value) -> Value:
        while parent[value] is not value:
            value = parent[value]
        return value

    for node in choice.nodes:
        signature = integer_form(node.op)
        if signature is None or not node.op.has(Trait.SHARES_QPARAMS):
            continue
        for _, value in real_operands(node, signature):
            if value.constant is None and value in parent and node.output in parent:
                parent[root(node.output)] = root(value)
    return {value: root(value) for value in parent}


@dataclass(frozen=True)
class Roundings:
    """Inserts `quantize` and `dequantize` for a scheme. `ranges` holds what was seen of the values `observed` names."""

    scheme: Scheme
    ranges: Mapping[Value, Range]

    def insert(self, module: Module, function: Function, choice: Choice) -> None:
        groups = shared_scales(choice)
        assert self.scheme.activations is not None
        rounded: dict[Value, Value] = {}
        for value in choice.values:
            if value.constant is not None:
                continue
            qparams = affine(*self.ranges[groups[value]], self.scheme.activations)
            rounded[value] = self._rounded(function, value, qparams)
        chosen = set(choice.nodes)
        for value, replacement in rounded.items():
            own = {replacement.producer, replacement.producer.inputs[0].producer}  # type: ignore[union-attr]
            is_made = value.producer in chosen
            for user, index in list(value.users):
                # Float readers of a float value keep it as it is.
                if user not in own and (is_made or user in chosen):
                    user.set_input(index, replacement)
        for node in choice.nodes:
            self._weights(node)
        module.register_constants()

    def _rounded(self, function: Function, value: Value, qparams: QParams) -> Value:
        after = next(iter(function)) if value.producer is None else value.producer.next
        build = Builder(function, before=after, loc=value.producer.loc if value.producer is not None else ())
        name = rounded_name(value.name)
        integers = build.emit(ops.quantize, value, dtype=self.scheme.activations, qparams=qparams, name=name)
        return build.emit(ops.dequantize, integers, dtype=F32)

    def _weights(self, node: Node) -> None:
        signature = integer_form(node.op)
        assert signature is not None and node.function is not None
        for index, value in real_operands(node, signature):
            if value.constant is None:
                continue
            build = Builder(node.function, before=node, loc=node.loc)
            integers = build.constant(self._constant(node, index, value.constant))
            node.set_input(index, build.emit(ops.dequantize, integers, dtype=F32))

    def _constant(self, node: Node, index: int, constant: Constant) -> Constant:
        """Weights of products by the scheme; other constants as activations are."""
        array, scheme = constant.array(), self.scheme
        assert scheme.activations is not None
        if not (is_product(node.op) and index == 1):
            low, high = (float(array.min(initial=0.0)), float(array.max(initial=0.0)))
            return quantized(constant, scheme.activations, affine(low, high, scheme.activations))
        axis = channel_axis(node) if scheme.per_channel else None
        if scheme.symmetric_weights:
            return quantized(constant, scheme.weights, symmetric(array, scheme.weights, axis))
        low, high = float(array.min(initial=0.0)), float(array.max(initial=0.0))
        return quantized(constant, scheme.weights, affine(low, high, scheme.weights))


def channel_axis(node: Node) -> int | None:
    """The axis of a product's weights along which its output channels stand; None if they have one scale."""
    if node.op is ops.matmul:
        return None
    return 1 if node.op in (ops.conv_transpose2d, ops.conv_transpose3d) else 0
