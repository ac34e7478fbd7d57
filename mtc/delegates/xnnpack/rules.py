"""What must hold of a node beyond its dtypes: None, or the reason why XNNPACK cannot run it."""

from __future__ import annotations

from mtc.ir.module import Node
from mtc.ops.activation import Approximate
from mtc.ops.arithmetic import Rounding
from mtc.ops.pooling import image_size


def constant_weights(node: Node) -> str | None:
    """Packed once, so the weights have to be known when the program is loaded."""
    for name, value in zip(("weight", "bias"), node.inputs[1:], strict=False):
        if value is not None and value.constant is None:
            return f"its {name} is not a constant"
    if node.operand(1).type.count == 0:
        return "its weight is empty"
    return None


def no_rounding(node: Node) -> str | None:
    return None if node.attrs["rounding"] is Rounding.NONE else "its result is rounded"


def exact_gelu(node: Node) -> str | None:
    return None if node.attrs["approximate"] is Approximate.NONE else "it is approximated by tanh"


def neighbouring_axes(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    axes = sorted(axis % rank for axis in node.attrs["axes"]) if rank else []
    if rank == 0:
        return "its operand is a scalar"
    return None if not axes or axes[-1] - axes[0] + 1 == len(axes) else f"axes {tuple(axes)} are not neighbours"


def last_axis(node: Node) -> str | None:
    rank = node.operand(0).type.rank
    return None if node.attrs["axis"] in (-1, rank - 1) else f"it is along axis {node.attrs['axis']}, not the last one"


def resized_by_ratio(node: Node) -> str | None:
    """XNNPACK takes the factor from the sizes."""
    image = image_size(node.operand(0).type, node.attrs["layout"])
    for before, after, scale in zip(image, node.attrs["size"], node.attrs["scales"], strict=True):
        if node.attrs["align_corners"]:
            if not isinstance(after, int) or after == 1:
                return "its corners may be one pixel"
        elif scale > 0 and not (isinstance(before, int) and before * scale == after):
            return f"its factor {scale} is not the ratio of {after} to {before}"
    return None
