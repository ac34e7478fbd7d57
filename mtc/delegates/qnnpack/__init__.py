"""QNNPACK: kernels for 8-bit integers, used through its operators."""

from __future__ import annotations

from mtc import ops
from mtc.delegates.library import KernelLibrary, Support
from mtc.delegates.qnnpack import rules
from mtc.delegates.rules import DENSE_OR_DEPTHWISE
from mtc.ir.types import F32, QI8, QU8
from mtc.ops.define import Layout

_PRODUCT = ((QU8, QU8), (QU8, QI8))  # activations and weights
_UNSIGNED = (QU8,)
_PROBABILITY = Support(_UNSIGNED, rules.range_of(1 / 256, 0), takes_pitch=True)

QNNPACK = KernelLibrary(
    name="qnnpack",
    title="kernels for 8-bit integers on x86 and ARM processors",
    layout=Layout.NHWC,
    supports={},
    forms={
        "quantized": {
            ops.conv2d: Support(_PRODUCT, rules.convolution, takes_pitch=True, variants=DENSE_OR_DEPTHWISE),
            ops.conv_transpose2d: Support(_PRODUCT, rules.transposed_convolution, takes_pitch=True),
            ops.linear: Support(_PRODUCT, rules.integer_product, takes_pitch=True),
            ops.max_pool2d: Support(_UNSIGNED, rules.max_pooling, takes_pitch=True),
            ops.avg_pool2d: Support(_UNSIGNED, rules.average_pooling, takes_pitch=True),
            ops.mean: Support(_UNSIGNED, rules.mean),
            ops.add: Support(_UNSIGNED, rules.add, takes_pitch=rules.adds_rows),
            ops.softmax: Support(_UNSIGNED, rules.softmax, takes_pitch=True),
            ops.permute: Support((QU8, QI8), rules.channel_shuffle),
            ops.relu: Support(_UNSIGNED, rules.same_numbers, takes_pitch=True),
            ops.clamp: Support(_UNSIGNED, rules.same_numbers, takes_pitch=True),
            ops.leaky_relu: Support(_UNSIGNED, rules.leaky_relu, takes_pitch=True),
            ops.hardswish: Support(_UNSIGNED, takes_pitch=True),
            ops.hardsigmoid: _PROBABILITY,
            ops.sigmoid: _PROBABILITY,
            ops.tanh: Support(_UNSIGNED, rules.range_of(1 / 128, 128), takes_pitch=True),
        },
        "stored": {ops.linear: Support(((F32, QI8),), rules.dynamic_product, takes_pitch=True)},
    },
)
