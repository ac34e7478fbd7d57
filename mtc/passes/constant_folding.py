"""Compute what is known already."""

from __future__ import annotations

import numpy as np

from mtc import interp, ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant, Encoded
from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.rewriter import rewrite
from mtc.ir.types import BF16, F16, F32
from mtc.passes.base import Rewrites

# A folded result may be this many times larger than the operands it replaces, unless it is small anyway: a table of
# relative positions is looked up once, but `expand` of a number to a feature map belongs into the program.
_MOST_GROWTH = 4
_SMALL = 1 << 18
_SMALL_EXPANDED = 1 << 12


@rewrite(quantized=True)
def fold_constants(node: Node, build: Builder) -> list[Value] | None:
    """A node that only reads constants is one."""
    if node.op.has(Trait.STRUCTURAL) or node.has_effect or node.regions or is_decoding(node):
        return None
    if any(value is not None and value.constant is None for value in node.inputs):
        return None
    before = sum(value.constant.nbytes for value in node.inputs if value is not None and value.constant is not None)
    sizes = [value.type.nbytes for value in node.outputs]
    small = _SMALL_EXPANDED if node.op is ops.expand else _SMALL
    after = sum(size for size in sizes if isinstance(size, int))
    if not all(isinstance(size, int) for size in sizes) or after > max(_MOST_GROWTH * before, small):
        return None
    name = next((v.constant.name for v in node.inputs if v is not None and v.constant and v.constant.name), None)
    name = f"{name or 'folded'}.{node.op.name}"
    if (moved := _moved(node)) is not None:
        return [build.constant(moved, called=name)]
    if node.op is ops.reshape:
        return [build.constant(_reshaped(node), called=name)]
    try:
        results = interp.fold(node)
    except (ZeroDivisionError, IndexError):  # an error of the user's model: it is reported when the model runs
        return None
    if results is None:
        return None
    return [
        build.constant(_constant(node, array, old), called=name)
        for array, old in zip(results, node.outputs, strict=True)
    ]


def is_decoding(node: Node) -> bool:
    """Whether it makes f32 numbers of weights that are stored in fewer bits, because they are smaller so."""
    constant = node.inputs[0].constant if node.inputs and node.inputs[0] is not None else None
    if constant is None or constant.name is None or node.output.type.dtype is not F32:
        return False
    return node.op is ops.dequantize or (node.op is ops.cast and constant.type.dtype in (F16, BF16))


def _moved(node: Node) -> Constant | None:
    """Encoded elements stay so when they are moved."""
    if node.op not in (ops.permute, ops.reshape):
        return None
    x = node.inputs[0]
    if x is None or x.constant is None:
        return None
    if not isinstance(x.constant.data, Encoded):
        return None
    stored = x.constant.data.stored
    (type,) = node.op.result_types([stored.type], node.attrs)
    if type.dtype.is_quantized and type.qparams is None:
        return None
    array = interp.evaluate_op(node.op, [stored.array()], node.attrs, [stored.type.dtype])[0]
    return Constant(None, node.output.type, Encoded(Constant(stored.name, type, array)))


def _constant(node: Node, array: np.ndarray, old: Value) -> Constant:
    if node.op is ops.permute:  # a view of what may be a file: read and made dense only when it is written
        return Constant(None, old.type, array)
    return Constant(None, old.type, np.ascontiguousarray(array).reshape(array.shape))


def _reshaped(node: Node) -> Constant:
    """The same elements, which are not read if they stand in a file."""
    (x,) = node.inputs
    assert x is not None and x.constant is not None
    data, type = x.constant.data, node.output.type
    shape = tuple(size for size in type.shape if isinstance(size, int))
    if isinstance(data, np.ndarray):
        data = np.ascontiguousarray(data).reshape(shape)
    return Constant(None, type, data)


FOLD_CONSTANTS = Rewrites("fold-constants", (fold_constants,))
