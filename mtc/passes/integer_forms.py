"""What operators are that compute with integers in place of floats."""

from __future__ import annotations

from mtc import ops
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Signature

# Where floats become integers, or integers others: these have integer forms, but are no operators between two of them.
ROUNDINGS = (ops.quantize, ops.dequantize, ops.requantize)


def integer_form(op: OpSpec) -> Signature | None:
    """The signature of `op` for integers, if it has one."""
    return op.variant("quantized")


def real_operands(node: Node, signature: Signature) -> list[tuple[int, Value]]:
    """The operands that are quantized in that signature, those of type variables, and their places."""
    kinds = signature.kinds(len(node.inputs))
    return [
        (index, value)
        for index, (value, kind) in enumerate(zip(node.inputs, kinds, strict=True))
        if value is not None and isinstance(kind, str)
    ]
