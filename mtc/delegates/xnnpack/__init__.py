"""XNNPACK: fast float kernels for x86 and ARM, used through its operator-level API."""

from __future__ import annotations

from mtc import ops
from mtc.delegates.library import KernelLibrary, Support
from mtc.ir.module import Node
from mtc.ir.types import F32
from mtc.ops.define import Layout

FLOAT = (F32,)


def constant_weights(node: Node) -> str | None:
    """Packed once, so the weights have to be known when the program is loaded."""
    for name, value in zip(("weight", "bias"), node.inputs[1:], strict=False):
        if value is not None and value.constant is None:
            return f"its {name} is not a constant"
    return None


XNNPACK = KernelLibrary(
    name="xnnpack",
    title="fast float kernels for x86 and ARM processors",
    layout=Layout.NHWC,
    needs=("xnnpack", "pthreadpool", "cpuinfo"),
    supports={
        ops.conv2d: Support(FLOAT, constant_weights, takes_pitch=True),
        ops.linear: Support(FLOAT, constant_weights, takes_pitch=True),
    },
)
