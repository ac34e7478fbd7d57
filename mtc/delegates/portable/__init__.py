"""The portable library: every operator of the opset, in every dtype it declares."""

from __future__ import annotations

from collections.abc import Callable

from mtc import ops
from mtc.delegates.library import KernelLibrary, Support
from mtc.ir.module import Node
from mtc.ir.opspec import OpSpec
from mtc.ir.types import ANY

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
        ops.elu,
        ops.erf,
        ops.exp,
        ops.gelu,
        ops.group_norm,
        ops.gru,
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
        ops.rms_norm,
        ops.rnn,
        ops.scaled_dot_product_attention,
        ops.sigmoid,
        ops.silu,
        ops.softmax,
        ops.softplus,
        ops.tanh,
        ops.upsample_bilinear2d,
    }
)


def joins_rows(concat: Node) -> bool:
    """Along the last axis rows are copied one by one, wherever they lie."""
    return concat.attrs["axis"] in (-1, concat.output.type.rank - 1)


TAKES_PITCH: dict[OpSpec, bool | Callable[[Node], bool]] = {ops.copy: True, ops.concat: joins_rows}

PORTABLE = KernelLibrary(
    name="portable",
    title="plain C++, every operator and dtype",
    supports={op: Support(ANY, is_hot=op in HOT, takes_pitch=TAKES_PITCH.get(op, False)) for op in ops.OPS.values()},
)
