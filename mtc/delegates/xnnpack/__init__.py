"""XNNPACK: fast kernels for x86 and ARM, used through its operators and, elementwise, its microkernels."""

from __future__ import annotations

from mtc import ops
from mtc.delegates.library import KernelLibrary, Left, Support
from mtc.delegates.rules import DENSITIES, constant_weights, last_axis, neighbouring_axes
from mtc.delegates.xnnpack import rules
from mtc.ir.types import F16, F32, I32, QI4, QI8, QU8
from mtc.ops.define import Layout

_FLOAT = (F32,)
_FLOATS = (F32, F16)
_INTEGERS = (QI8, QU8)
_PRODUCT = ((QI8, QI8), (QU8, QU8))  # activations and weights
_DYNAMIC = ((F32, QI8),)
_ELEMENTWISE = Support(_FLOAT, takes_pitch=True)

_LOSES_NAN = Left("XNNPACK's loses NaN", _FLOAT)
_MAKES_NAN = Left("XNNPACK's makes NaN of infinity and zero", _FLOAT)
_MOVES_ROWS = Left("they move rows as fast")

XNNPACK = KernelLibrary(
    name="xnnpack",
    title="fast kernels of floats and 8-bit integers for x86 and ARM processors",
    layout=Layout.NHWC,
    supports={
        ops.conv2d: Support(
            _FLOATS, rules.float_convolution, takes_pitch=True, is_hot=True, variants=DENSITIES
        ),
        ops.linear: Support(_FLOATS, constant_weights, takes_pitch=True, is_hot=True),
        ops.integer_linear: Support(((QI8, QI8),), rules.symmetric_product, takes_pitch=True),
        ops.conv_transpose2d: Support(_FLOAT, constant_weights, takes_pitch=True, is_hot=True),
        ops.matmul: Support(_FLOAT),
        ops.max_pool2d: Support(_FLOATS, takes_pitch=True, is_hot=True),
        ops.avg_pool2d: Support(_FLOATS, takes_pitch=True, is_hot=True),
        ops.mean: Support(_FLOAT, neighbouring_axes),
        ops.sum: Support(_FLOAT, neighbouring_axes),
        ops.softmax: Support(_FLOAT, last_axis, takes_pitch=True),
        ops.upsample_bilinear2d: Support(_FLOAT, rules.resized_by_ratio, takes_pitch=True),
        ops.permute: Support((F32, I32)),
        ops.add: _ELEMENTWISE,
        ops.sub: _ELEMENTWISE,
        ops.mul: _ELEMENTWISE,
        ops.div: Support(_FLOAT, rules.no_rounding, takes_pitch=True),
        ops.prelu: _ELEMENTWISE,
        ops.abs: _ELEMENTWISE,
        ops.neg: _ELEMENTWISE,
        ops.square: _ELEMENTWISE,
        ops.floor: _ELEMENTWISE,
        ops.ceil: _ELEMENTWISE,
        ops.round: _ELEMENTWISE,
        ops.trunc: _ELEMENTWISE,
        ops.relu: _ELEMENTWISE,
        ops.clamp: _ELEMENTWISE,
        ops.leaky_relu: _ELEMENTWISE,
        ops.elu: _ELEMENTWISE,
        ops.gelu: Support(_FLOAT, rules.exact_gelu, takes_pitch=True),
        ops.hardswish: _ELEMENTWISE,
        ops.sigmoid: _ELEMENTWISE,
        ops.silu: _ELEMENTWISE,
        ops.tanh: _ELEMENTWISE,
    },
    forms={
        "quantized": {
            ops.conv2d: Support(
                _PRODUCT, rules.integer_product, takes_pitch=True, is_hot=True, variants=DENSITIES
            ),
            ops.conv_transpose2d: Support(_PRODUCT, rules.transposed_integer_product, takes_pitch=True),
            ops.linear: Support(_PRODUCT, rules.integer_product, takes_pitch=True),
            ops.add: Support(_INTEGERS, rules.integer_sum, takes_pitch=True),
            ops.sub: Support(_INTEGERS, rules.integer_sum, takes_pitch=True),
            ops.mul: Support(_INTEGERS, rules.elementwise_integer_product, takes_pitch=True, is_hot=True),
            ops.prelu: Support(_INTEGERS, rules.comparable_scales, is_hot=True),
            ops.maximum: Support(_INTEGERS, rules.comparable_scales, is_hot=True),
            ops.minimum: Support(_INTEGERS, rules.comparable_scales, is_hot=True),
            ops.max_pool2d: Support(_INTEGERS, takes_pitch=True, is_hot=True),
            ops.avg_pool2d: Support(_INTEGERS, rules.countable_window, takes_pitch=True, is_hot=True),
            ops.mean: Support(_INTEGERS, neighbouring_axes, is_hot=True),
            ops.softmax: Support(_INTEGERS, last_axis, takes_pitch=True, is_hot=True),
            ops.upsample_bilinear2d: Support(_INTEGERS, rules.resized_integers, takes_pitch=True),
        },
        "stored": {ops.linear: Support((*_DYNAMIC, (F32, QI4)), rules.dynamic_product, takes_pitch=True, is_hot=True)},
        "dynamic": {ops.conv2d: Support(_DYNAMIC, rules.dynamic_convolution, takes_pitch=True, is_hot=True)},
    },
    leaves={
        ops.maximum: _LOSES_NAN,
        ops.minimum: _LOSES_NAN,
        ops.amax: _LOSES_NAN,
        ops.amin: _LOSES_NAN,
        ops.sqrt: _MAKES_NAN,
        ops.rsqrt: _MAKES_NAN,
        ops.log: Left("XNNPACK's makes infinity of the largest numbers", _FLOAT),
        ops.exp: Left("XNNPACK's is a scalar loop", _FLOAT),
        ops.pad: _MOVES_ROWS,
        ops.slice: _MOVES_ROWS,
        ops.concat: Left("most plans need no copy, and XNNPACK's brings in 70 KB"),
    },
)
