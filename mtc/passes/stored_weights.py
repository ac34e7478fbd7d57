"""Leave weights in fewer bits as they are stored, where a kernel reads them so."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import TypeMismatch
from mtc.ir.rewriter import rewrite
from mtc.ir.types import DType
from mtc.passes.base import Rewrites
from mtc.passes.constant_folding import is_decoding
from mtc.passes.matching import absorb, made_by


@rewrite(quantized=True)
def keep_weights_stored(node: Node, build: Builder) -> Sequence[Value] | None:
    """A kernel that unpacks weights as it reads them needs no decoded copy in memory."""
    if node.op.variant("stored") is None:
        return None
    for index, value in enumerate(node.inputs):
        decoding = value.producer if value is not None else None
        if decoding is None or not decoding.inputs or not is_decoding(decoding):
            continue
        stored = decoding.operand(0)
        operands = [*node.inputs[:index], stored, *node.inputs[index + 1 :]]
        if not is_by_row(stored) or not _is_stored_form(node, operands):
            continue
        absorb(build, decoding)
        return build.again(node, *operands).outputs
    return None


@rewrite(ops.embedding)
def widen_rows_that_are_read(node: Node, build: Builder) -> Value | None:
    """A table in half precision stays so, and the rows that are looked up become floats."""
    decoding = made_by(node.operand(0), ops.cast)
    if decoding is None or not is_decoding(decoding):
        return None
    absorb(build, decoding)
    rows = build.emit(ops.embedding, decoding.operand(0), node.operand(1))
    return build.emit(ops.cast, rows, dtype=node.output.type.dtype)


def _is_stored_form(node: Node, operands: list[Value | None]) -> bool:
    try:
        return node.op.match([None if v is None else v.type for v in operands], node.attrs)[0].form == "stored"
    except TypeMismatch:
        return False


def is_by_row(weight: Value) -> bool:
    """Whether rows of a matrix have scales of their own, or blocks of them: what such kernels take."""
    qparams, columns = weight.type.qparams, weight.type.shape[-1]
    if weight.type.dtype is DType.QI4 and columns % 2:
        return False
    return (
        qparams is None
        or qparams.is_per_tensor
        or (qparams.axis == 0 and qparams.block is None)
        or (qparams.axis == 1 and qparams.block is not None and qparams.block % 2 == 0)
    )


KEEP_STORED_WEIGHTS = Rewrites("keep-stored-weights", (keep_weights_stored, widen_rows_that_are_read))
