"""What libraries ask of a node in common: None, or the reason why they cannot run it; and which variant it needs."""

from __future__ import annotations

from mtc.delegates.library import Variants
from mtc.ir.module import Node
from mtc.ops.define import Layout


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


def _density(node: Node) -> str:
    """As XNNPACK tells them apart: by groups of one input and one output channel, whatever the window."""
    weight, groups = node.operand(1).type.shape, node.attrs["groups"]
    depth = weight[-1] if node.attrs["layout"] is Layout.NHWC else weight[1]
    if depth != 1 or weight[0] != groups:
        return "dense"
    return "depthwise" if groups != 1 else "single"


def _dense_or_depthwise(node: Node) -> str:
    return "depthwise" if _density(node) == "depthwise" else "dense"


def _layout(node: Node) -> str:
    return str(node.attrs["layout"].value)


def _weights(node: Node) -> str:
    """Of a recurrent layer, those of its inputs."""
    names = [operand.name for operand in node.op.operands]
    weight = node.inputs[names.index("weight" if "weight" in names else "weight_ih")]
    return "constant" if weight is not None and weight.constant is not None else "variable"


LAYOUTS = Variants(("nchw", "nhwc"), _layout)
# Constant weights are packed once, and multiplied from there (`WeightKinds` in runtime/kernels/selected_types.h).
WEIGHTS = Variants(("constant", "variable"), _weights)
# Depthwise convolutions have microkernels of their own (`Density` in runtime/kernels/product_args.h). Those of a single
# channel run them too, or mtc's own product.
DENSITIES = Variants(("dense", "depthwise", "single"), _density)
DENSE_OR_DEPTHWISE = Variants(("dense", "depthwise"), _dense_or_depthwise)
