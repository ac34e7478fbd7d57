"""Which operators become integer ones.

Convolutions and products do: that is where the time is. What lies between them follows, so that values stay in
integers from one to the next; what stands in front of the first or behind the last stays in floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mtc import ops
from mtc.delegates.library import Adapter, KernelLibrary
from mtc.delegates.portable import PORTABLE
from mtc.ir.module import Function, Node, Value
from mtc.ir.opspec import OpSpec, Quantized, Trait
from mtc.ir.types import F32, DType
from mtc.passes.integer_forms import ROUNDINGS, integer_form, real_operands

# Functions with an integer form that lose more than they save: steep, or of unbounded range.
_SENSITIVE: frozenset[OpSpec] = frozenset(
    op for op in ops.OPS.values() if op.family == "math" and op not in (ops.abs, ops.neg, ops.square)
) | {ops.div}


@dataclass
class Choice:
    """The nodes that become integer ones, of a function, in order."""

    nodes: dict[Node, None] = field(default_factory=dict)
    # Values that get a scale: results and operands of those nodes.
    values: dict[Value, None] = field(default_factory=dict)


def integer_operands(node: Node) -> list[tuple[int, Value]]:
    """The operands of a chosen node that are quantized."""
    signature = integer_form(node.op)
    assert signature is not None
    return real_operands(node, signature)


def has_integer_kernel(op: OpSpec, dtype: DType, libraries: Sequence[KernelLibrary]) -> bool:
    """Whether a library computes with the integers themselves, or a table of them: a kernel that makes floats of them
    and integers again is slower than one in floats."""
    signature = integer_form(op)
    if signature is None:
        return False
    supports = (library.support_of(op, signature) for library in libraries)
    return any(
        support is not None
        and support.adapter is not Adapter.WIDENED
        and any(dtype is (each[0] if isinstance(each, tuple) else each) for each in support.dtypes)  # its activations
        for support in supports
    )


_FEWEST_CHANNELS = 4  # of a group: of fewer XNNPACK's integers take as long as floats, or longer


def is_rounded_as_it_comes(node: Node, libraries: Sequence[KernelLibrary]) -> bool:
    """Whether a dynamic scheme rounds the operand of a product: everywhere of linear layers, which then read small
    weights; of convolutions only where a library has kernels that are faster for it."""
    if node.op is ops.linear:
        return True
    if node.op not in (ops.conv1d, ops.conv2d) or node.operand(1).type.shape[1] in range(_FEWEST_CHANNELS):
        return False
    dynamic = [library.forms.get("dynamic", {}) for library in libraries if library is not PORTABLE]
    return any(ops.conv2d in found for found in dynamic)  # which conv1d becomes there


def is_product(op: OpSpec) -> bool:
    """Where the time is."""
    return op.quantized is Quantized.PRODUCT


def choose(
    function: Function, is_wanted: Callable[[Node], bool] = lambda node: True, *, leaves_sums: bool = False
) -> Choice:
    """The nodes of `function` that become integer ones; `is_wanted` is what the user says. With `leaves_sums`, what
    linear layers compute for floats alone is not rounded."""
    choice = Choice()
    integer: set[Value] = set()  # values that an integer node computes
    for node in function:
        signature = integer_form(node.op)
        if signature is None or node.op in ROUNDINGS or len(node.outputs) != 1 or not is_wanted(node):
            continue
        operands = real_operands(node, signature)
        if any(value.type.dtype is not F32 for _, value in operands) or node.output.type.dtype is not F32:
            continue
        if not (_computes(node, operands) if is_product(node.op) else _follows(node, operands, integer)):
            continue
        choice.nodes[node] = None
        integer.add(node.output)
    _drop_ends(choice, leaves_sums)
    real = {node.output for node in choice.nodes if _is_limited_next(node, choice)}
    for node in choice.nodes:
        if leaves_sums and node.op is ops.linear and choice.nodes.keys().isdisjoint(node.output.user_nodes):
            real.add(node.output)
    for node in choice.nodes:
        for value in (*(value for _, value in integer_operands(node)), node.output):
            if value not in real:
                choice.values[value] = None
    return choice


def _computes(node: Node, operands: list[tuple[int, Value]]) -> bool:
    """A product of which one operand is known, or of two values."""
    if any(value.type.count == 0 for _, value in operands):
        return False
    if node.op is ops.matmul:
        return True
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    return operands[1][1].constant is not None and (bias is None or bias.constant is not None)


def _follows(node: Node, operands: list[tuple[int, Value]], integer: set[Value]) -> bool:
    """All that it reads are integers anyway, or numbers."""
    if node.op in _SENSITIVE:
        return False
    computed = [value for _, value in operands if value.constant is None]
    return bool(computed) and all(value in integer for value in computed)


def _drop_ends(choice: Choice, leaves_sums: bool) -> None:
    """Nodes behind the last product gain nothing: what they would compute is dequantized right after. Those that only
    move integers have less to move; but sums are not rounded for that."""
    kept: set[Node] = set()
    for node in reversed(choice.nodes):
        users = node.output.user_nodes
        moves = node.op.has(Trait.SHARES_QPARAMS) and not (leaves_sums and _moves_sums(node))
        if is_product(node.op) or any(user in kept for user in users) or moves:
            kept.add(node)
    choice.nodes = {node: None for node in choice.nodes if node in kept}


def _moves_sums(node: Node) -> bool:
    """Whether all that it moves is what a linear layer has computed."""
    while node.op.has(Trait.SHARES_QPARAMS) and len(real_operands(node, node.op.signature)) == 1:
        source = node.operand(0).producer
        if source is None:
            return False
        node = source
    return node.op is ops.linear


def _is_limited_next(node: Node, choice: Choice) -> bool:
    """Whether the only reader is a clamp in integers, whose limits the rounding of its result has by itself."""
    users = node.output.user_nodes
    return (
        len(users) == 1
        and users[0].op in (ops.relu, ops.clamp)
        and users[0] in choice.nodes
        and not node.op.has(Trait.SHARES_QPARAMS)
    )
