"""QNNPACK: kernels for 8-bit integers, used through its operators."""

from __future__ import annotations

from mtc import ops
from mtc.delegates.library import KernelLibrary, Support
from mtc.delegates.qnnpack import rules
from mtc.ir.types import QI8, QU8
from mtc.ops.define import Layout

_PRODUCT = ((QU8, QU8), (QU8, QI8))  # activations and weights

QNNPACK = KernelLibrary(
    name="qnnpack",
    title="kernels for 8-bit integers on x86 and ARM processors",
    layout=Layout.NHWC,
    supports={},
    forms={
        "quantized": {
            ops.conv2d: Support(_PRODUCT, rules.convolution, takes_pitch=True),
            ops.linear: Support(_PRODUCT, rules.product, takes_pitch=True),
        }
    },
)
