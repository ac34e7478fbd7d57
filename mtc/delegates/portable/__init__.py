"""The portable library: every operator of the opset, in every dtype it declares."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from mtc import ops
from mtc.delegates.library import Adapter, KernelLibrary, Support, Variants
from mtc.delegates.rules import LAYOUTS, WEIGHTS
from mtc.ir.module import Node
from mtc.ir.opspec import OpSpec, Quantized, Trait
from mtc.ir.types import ANY, BF16, F16, F32, QI4, QI8, QUANTIZED

# Kernels that take a visible share of a model's time: vectorised, and compiled for each instruction-set level.
HOT: frozenset[OpSpec] = frozenset(
    {
        ops.avg_pool2d,
        ops.batch_norm,
        ops.conv1d,
        ops.conv2d,
        ops.conv3d,
        ops.conv_transpose2d,
        ops.conv_transpose3d,
        ops.dequantize,
        ops.elu,
        ops.erf,
        ops.exp,
        ops.gelu,
        ops.group_norm,
        ops.gru,
        ops.integer_linear,
        ops.layer_norm,
        ops.linear,
        ops.local_response_norm,
        ops.log,
        ops.log_softmax,
        ops.lstm,
        ops.matmul,
        ops.max_pool2d,
        ops.max_pool3d,
        ops.mean,
        ops.mish,
        ops.quantize,
        ops.requantize,
        ops.rms_norm,
        ops.rnn,
        ops.rotary_embedding,
        ops.scaled_dot_product_attention,
        ops.sigmoid,
        ops.silu,
        ops.softmax,
        ops.softplus,
        ops.tanh,
        ops.upsample_bilinear2d,
    }
)

# Kernels that take one in half precision, as long as converting each element takes a dozen instructions.
HOT_IN_HALF: frozenset[OpSpec] = frozenset(
    {
        ops.add,
        ops.cast,
        ops.clamp,
        ops.div,
        ops.hardsigmoid,
        ops.hardswish,
        ops.leaky_relu,
        ops.mul,
        ops.prelu,
        ops.relu,
        ops.sub,
    }
)


def joins_rows(concat: Node) -> bool:
    """Along the last axis rows are copied one by one, wherever they lie."""
    return concat.attrs["axis"] in (-1, concat.output.type.rank - 1)


VARIANTS: dict[OpSpec, Variants] = {
    ops.avg_pool2d: LAYOUTS,
    ops.max_pool2d: LAYOUTS,
    ops.linear: WEIGHTS,
    ops.lstm: WEIGHTS,
    ops.gru: WEIGHTS,
    ops.rnn: WEIGHTS,
}

TAKES_PITCH: dict[OpSpec, bool | Callable[[Node], bool]] = {ops.copy: True, ops.concat: joins_rows}


def _quantized(op: OpSpec) -> Support | None:
    """The kernel of an op for quantized elements: its own, or the plain one's by an adapter."""
    signature = op.variant("quantized")
    if signature is None:
        return None
    combinations = tuple(dtypes for dtypes in itertools.product(*signature.variables.values()) if QI4 not in dtypes)
    if op.quantized is Quantized.PRODUCT:  # files of their own
        return Support(combinations)
    adapter = Adapter.WIDENED
    if op.has(Trait.SHARES_QPARAMS):
        adapter = Adapter.AS_INTEGERS
    elif op.has(Trait.ELEMENTWISE) and len(op.operands) == 1:
        adapter = Adapter.BY_TABLE
    pitch = TAKES_PITCH.get(op, False) if adapter is Adapter.AS_INTEGERS else False
    is_hot = adapter is Adapter.BY_TABLE or op in HOT
    return Support(combinations, takes_pitch=pitch, is_hot=is_hot, adapter=adapter)


_STORED = (QI8, QI4, F16, BF16)
_RECURRENT = Support(tuple((F32, stored) for stored in (QI8, F16, BF16)), is_hot=True, variants=WEIGHTS)

PORTABLE = KernelLibrary(
    name="portable",
    title="plain C++, every operator and dtype",
    supports={
        op: Support(
            (*ANY, *QUANTIZED),
            is_hot=op in HOT,
            is_hot_in_half=op in HOT_IN_HALF,
            takes_pitch=TAKES_PITCH.get(op, False),
            variants=VARIANTS.get(op),
        )
        for op in ops.OPS.values()
    },
    forms={
        "quantized": {op: support for op in ops.OPS.values() if (support := _quantized(op)) is not None},
        "stored": {
            ops.linear: Support(tuple((F32, stored) for stored in _STORED), is_hot=True),
            ops.embedding: Support((QI8, QI4)),
            ops.lstm: _RECURRENT,
            ops.gru: _RECURRENT,
            ops.rnn: _RECURRENT,
        },
        "dynamic": {op: Support(((F32, QI8),), is_hot=True) for op in (ops.conv1d, ops.conv2d)},
    },
)
