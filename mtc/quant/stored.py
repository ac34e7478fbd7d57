"""Schemes that keep activations in floats: weights in fewer bits, and rows of activations rounded as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mtc import ops
from mtc.delegates.library import KernelLibrary
from mtc.diagnostics import BAD_SCHEME, collected
from mtc.ir.builder import Builder
from mtc.ir.constant import MOST_INLINE, Constant
from mtc.ir.module import Function, Module, Node
from mtc.ir.types import BF16, F16, F32, QI4, QI8, TensorType
from mtc.passes.weight_channels import channel_axis
from mtc.quant.adaptive_rounding import round_adaptively
from mtc.quant.bias_correction import correct_biases, remember, watch_means
from mtc.quant.calibration import Known, Runs, several
from mtc.quant.choice import is_product, is_rounded_as_it_comes
from mtc.quant.improvements import ADAPTIVE, Improvements
from mtc.quant.patches import RECURRENT, RoundedWeight
from mtc.quant.schemes import Scheme
from mtc.quant.weights import by_block, is_held, quantized, symmetric

_BLOCKED = (ops.linear, ops.embedding)  # what has kernels for blocks, along the last axis
# What reads weights and has no kernel that computes in integers, and the scheme by which a static one stores these
# weights. Errors of a recurrent layer's weights add up from time to time: a pretrained encoder of speakers, whose loss
# was 35 dB without them, had 14 dB with integers.
STORED_ONLY = {ops.embedding: "weight-int8", **dict.fromkeys(RECURRENT, "fp16")}


@dataclass
class StoredWeights:
    """Replaces the weights of a function by what a scheme stores of them. A constant that several operators read is
    replaced once. `libraries` are those that the module is for."""

    scheme: Scheme
    libraries: Sequence[KernelLibrary] = ()
    made: dict[tuple[int, int | None], Constant] = field(default_factory=dict)

    def insert(
        self,
        module: Module,
        is_wanted: Callable[[Node], bool],
        runs: Runs | None = None,
        known: Known | None = None,
        improvements: Improvements = Improvements(),
    ) -> int:
        """How many weights it replaced. BAD_SCHEME, before anything is, that names every weight whose rows the block
        does not divide. `runs` of `@forward`, where improvements need data; what was not `known` of it is added."""
        found = [
            (function, node, index)
            for function in module.all_functions()
            for node in function
            if is_wanted(node)
            for index in self._weights(node)
        ]
        self._check_blocks(node for _, node, _ in found)
        if runs is not None and improvements.need_data and self.scheme.has_integers:
            layers = [(node, index) for f, node, index in found if f is runs.function and _is_layer(node)]
            if layers:
                self._improve(layers, runs, Known() if known is None else known, improvements)
        for function, node, index in found:
            self._replace(function, node, index)
        module.register_constants()
        return len(found)

    def _weights(self, node: Node) -> Iterator[int]:
        """The operands that are weights."""
        for index, value in enumerate(node.inputs):
            constant = value.constant if value is not None else None
            if constant is None or constant.type.dtype is not F32 or constant.count <= MOST_INLINE:
                continue
            if _is_weight(node, index) if self.scheme.has_integers else is_held(constant.array(), self.scheme.weights):
                yield index

    def _check_blocks(self, nodes: Iterator[Node]) -> None:
        block = self.scheme.block
        if block is None:
            return
        with collected() as report:
            for node in nodes:
                if node.op not in _BLOCKED or (size := _weight_of(node).shape[-1]) % block == 0:
                    continue
                report(
                    BAD_SCHEME(
                        f"blocks of {block} do not divide the {size} columns of `{node.op.name}`'s weights",
                        at="; ".join(map(str, node.loc)) or None,
                        help="choose another --block, leave it out with --skip, or give it `weight-int8` in a q.yaml",
                        op=node.op.name,
                    )
                )

    def _improve(self, found: Iterable[tuple[Node, int]], runs: Runs, known: Known, improvements: Improvements) -> None:
        """Rounds the weights of layers better, and corrects their biases."""
        rounded = []
        for node, index in found:
            constant = node.operand(index).constant
            assert constant is not None
            rounded.append(RoundedWeight(node, index, constant, self._stored(node, index, constant)))
        if improvements.round == ADAPTIVE:
            better = round_adaptively(rounded, runs, known)
            self.made = {key: better.get(constant, constant) for key, constant in self.made.items()}
            rounded = [use._replace(rounded=better.get(use.rounded, use.rounded)) for use in rounded]
        if improvements.correct_bias:
            means = watch_means(((use.node, use.operand) for use in rounded), known)
            if means:
                runs.watch(several((value, mean) for (value, _), mean in means.items()), "gathering means")
                remember(means, known)
            correct_biases(rounded, known)

    def _replace(self, function: Function, node: Node, index: int) -> None:
        value = node.operand(index)
        assert value.constant is not None
        build = Builder(function, before=node, loc=node.loc)
        stored = build.constant(self._stored(node, index, value.constant))
        if self.scheme.is_dynamic and is_rounded_as_it_comes(node, self.libraries):
            operands = [*node.inputs[:index], stored, *node.inputs[index + 1 :]]
            new = build.node(node.op, *operands, **node.attrs | {"dynamic": True})
            new.output.name = node.output.name
            node.output.replace_by(new.output)
            node.erase()
            return
        decode = ops.cast if stored.type.dtype in (F16, BF16) else ops.dequantize
        node.set_input(index, build.emit(decode, stored, dtype=F32))

    def _stored(self, node: Node, index: int, constant: Constant) -> Constant:
        axis = _row_axis(node, index)
        key = (id(constant), axis)
        if key not in self.made:
            self.made[key] = self._made(node, axis, constant)
        return self.made[key]

    def _made(self, node: Node, axis: int | None, constant: Constant) -> Constant:
        dtype = self.scheme.weights
        if dtype in (F16, BF16):
            return Constant(constant.name, TensorType(dtype, constant.type.shape), constant.array().astype(dtype.numpy))
        if dtype is QI4 and node.op in _BLOCKED and self.scheme.block is not None:
            return quantized(constant, QI4, by_block(constant.array(), QI4, self.scheme.block))
        return quantized(constant, QI8, symmetric(constant.array(), QI8, axis if self.scheme.per_channel else None))


def _is_layer(node: Node) -> bool:
    return is_product(node.op) or node.op in RECURRENT


def _is_weight(node: Node, index: int) -> bool:
    if node.op is ops.embedding:
        return index == 0
    if node.op in RECURRENT:
        return index in RECURRENT[node.op]
    return is_product(node.op) and index == 1


def _weight_of(node: Node) -> TensorType:
    return node.operand(0 if node.op is ops.embedding else 1).type


def _row_axis(node: Node, index: int) -> int | None:
    """The axis along which weights have scales of their own."""
    return 0 if node.op is ops.embedding or node.op in RECURRENT else channel_axis(node.op)
