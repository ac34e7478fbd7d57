"""Attention that a model spells out, as the one op that need not store its scores."""

from __future__ import annotations

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, made_by, number, operands, orders, with_number


def _scaled(value: Value | None) -> tuple[Value | None, float]:
    """x and a number whose product `value` is."""
    node = made_by(value, ops.mul, ops.div)
    if node is None or value is None or not value.has_single_use:
        return value, 1.0
    if node.op is ops.div:
        x, y = operands(node)
        divisor = number(y)
        return (x, 1 / divisor) if divisor and x.type == value.type else (value, 1.0)
    found = with_number(node)
    return (found[0], float(found[1])) if found is not None and found[0].type == value.type else (value, 1.0)


def _masked(value: Value | None) -> tuple[Value | None, Value | None]:
    """Scores and what is added to them."""
    node = made_by(value, ops.add)
    if node is None or value is None or not value.has_single_use:
        return value, None
    for scores, mask in orders(node):
        inner, _ = _scaled(scores)
        if made_by(inner, ops.matmul) is not None and scores.type == value.type:
            return scores, mask
    return value, None


@rewrite(ops.matmul)
def recover_attention(node: Node, build: Builder) -> Value | None:
    """`softmax(query @ key.T * scale + mask) @ value`. A row whose mask is -inf throughout gives 0 in place of NaN."""
    weights, value = node.inputs
    softmax = made_by(weights, ops.softmax)
    if softmax is None or weights is None or value is None or not weights.has_single_use or node.attrs["transpose_y"]:
        return None
    rank = weights.type.rank
    if rank < 3 or value.type.rank != rank or softmax.attrs["axis"] % rank != rank - 1:
        return None
    scores, mask = _masked(softmax.inputs[0])
    product, scale = _scaled(scores)
    inner = made_by(product, ops.matmul)
    if inner is None or product is None or not product.has_single_use:
        return None
    query, key = operands(inner)
    if query.type.rank != rank or key.type.rank != rank:
        return None
    if mask is not None and mask.type.rank > rank:
        return None
    query, query_scale = _scaled(query)  # type: ignore[assignment]
    key, key_scale = _scaled(key)  # type: ignore[assignment]
    absorb(build, inner, softmax)
    if not inner.attrs["transpose_y"]:
        key = build.emit(ops.permute, key, dims=(*range(rank - 2), rank - 1, rank - 2))
    total = float(np.float64(scale) * query_scale * key_scale)
    return build.emit(ops.scaled_dot_product_attention, query, key, value, mask, scale=total)


RECOVER_ATTENTION = Rewrites("recover-attention", (recover_attention,))
