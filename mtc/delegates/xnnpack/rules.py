"""What must hold of a node beyond its dtypes: None, or the reason why XNNPACK cannot run it."""

from __future__ import annotations

from mtc.ir.module import Node
from mtc.ops.activation import Approximate
from mtc.ops.arithmetic import Rounding


def constant_weights(node: Node) -> str | None:
    """Packed once, so the weights have to be known when the program is loaded."""
    for name, value in zip(("weight", "bias"), node.inputs[1:], strict=False):
        if value is not None and value.constant is None:
            return f"its {name} is not a constant"
    if node.inputs[1].type.count == 0:
        return "its weight is empty"
    return None


def no_rounding(node: Node) -> str | None:
    return None if node.attrs["rounding"] is Rounding.NONE else "its result is rounded"


def exact_gelu(node: Node) -> str | None:
    return None if node.attrs["approximate"] is Approximate.NONE else "it is approximated by tanh"
