"""What libraries ask of a node in common: None, or the reason why they cannot run it."""

from __future__ import annotations

from mtc.ir.module import Node


def constant_weights(node: Node) -> str | None:
    """Packed once, so the weights have to be known when the program is loaded."""
    for name, value in zip(("weight", "bias"), node.inputs[1:], strict=False):
        if value is not None and value.constant is None:
            return f"its {name} is not a constant"
    if node.operand(1).type.count == 0:
        return "its weight is empty"
    return None


def neighbouring_axes(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    axes = sorted(axis % rank for axis in node.attrs["axes"]) if rank else []
    if rank == 0:
        return "its operand is a scalar"
    return None if not axes or axes[-1] - axes[0] + 1 == len(axes) else f"axes {tuple(axes)} are not neighbours"


def last_axis(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    return None if node.attrs["axis"] in (-1, rank - 1) else f"it is along axis {node.attrs['axis']}, not the last one"
