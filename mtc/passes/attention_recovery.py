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


def _unrepeated(value: Value | None) -> Value | None:
    """x [..., groups, 1, sources, features] of which each group stands several times in `value` [..., heads, sources,
    features]."""
    joined = made_by(value, ops.reshape)
    expanded = made_by(joined.inputs[0], ops.expand) if joined is not None else None
    if value is None or expanded is None or value.type.rank < 3:
        return None
    (x,) = operands(expanded)
    one, wide = x.type.shape, expanded.output.type.shape
    if len(one) != value.type.rank + 1 or len(wide) != len(one) or one[-3] != 1:
        return None
    *leading, groups, repeats, sources, features = wide
    if not isinstance(groups, int) or not isinstance(repeats, int) or one != (*leading, groups, 1, sources, features):
        return None
    return x if value.type.shape == (*leading, groups * repeats, sources, features) else None


@rewrite(ops.scaled_dot_product_attention)
def share_heads(node: Node, build: Builder) -> Value | None:
    """Keys and values that are repeated for groups of heads: the op reads each again, and no copies are made."""
    query, key, value, mask = node.inputs
    inner = [_unrepeated(key), _unrepeated(value)]
    if node.attrs["enable_gqa"] or query is None or key is None or inner[0] is None or inner[1] is None:
        return None
    if query.type.shape[-3] != key.type.shape[-3] or inner[0].type.shape[-4] != inner[1].type.shape[-4]:
        return None
    absorb(build, key.producer, value.producer if value is not None else None)
    own = (build.emit(ops.reshape, x, shape=(*x.type.shape[:-3], *x.type.shape[-2:])) for x in inner if x is not None)
    return build.emit(node.op, query, *own, mask, **node.attrs | {"enable_gqa": True})


RECOVER_ATTENTION = Rewrites("recover-attention", (recover_attention, share_heads))
