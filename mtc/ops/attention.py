"""Attention, and what tells it of positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import FLOATS, Accuracy, Tensor, TensorType, broadcast, may_equal, op, require


def attention_shape(
    query: TensorType, key: TensorType, value: TensorType, mask: TensorType | None, *, enable_gqa: bool, **_: Any
) -> Shape:
    rank = query.rank
    require(rank >= 2 and key.rank == rank == value.rank, "query, key and value have one rank, of two axes or more")
    require(may_equal(query.shape[-1], key.shape[-1]), "queries and keys have as many features")
    require(may_equal(key.shape[-2], value.shape[-2]), "there are as many values as keys")
    batch, other = query.shape[:-2], key.shape[:-2]
    if enable_gqa:
        require(rank >= 3, "grouped queries have an axis of heads")
        heads, groups = query.shape[-3], key.shape[-3]
        both = isinstance(heads, int) and isinstance(groups, int)
        require(not both or heads % groups == 0, f"{heads} heads do not divide into {groups} groups")
        other = (*other[:-1], heads)
    batch = broadcast(batch, other)
    if mask is not None:
        scores = (*batch, query.shape[-2], key.shape[-2])
        require(len(broadcast(mask.shape, scores)) == rank, "the mask is not broadcast to the scores")
    return (*batch, query.shape[-2], value.shape[-1])


def attention_flops(query: TensorType, key: TensorType, value: TensorType, mask: TensorType | None, **_: Any) -> Dim:
    return query.count * key.shape[-2] * 2 + query.count * key.shape[-2] * 2


@op(types="T, T, T, T -> T", T=FLOATS, infer=attention_shape, flops=attention_flops, accuracy=Accuracy.REDUCTION)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scale: float,
    is_causal: bool = False,
    enable_gqa: bool = False,
):
    """`softmax(query @ key.T * scale + mask) @ value` over the last two axes; leading axes are broadcast.

    query is [..., targets, features], key [..., sources, features], value [..., sources, outputs]; `mask` is broadcast
    to [..., targets, sources] and is -inf where there is no attention. With `is_causal` target i sees the sources up
    to i. A target that sees none gets zeros. With `enable_gqa`, axis -3 of key and value is repeated in groups to the
    number of heads of query.
    """
    if enable_gqa:
        repeats = query.shape[-3] // key.shape[-3]
        key, value = np.repeat(key, repeats, axis=-3), np.repeat(value, repeats, axis=-3)
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * query.dtype.type(scale)
    if mask is not None:
        scores = scores + mask
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=np.bool_), scores, -np.inf)
    largest = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(scores - np.where(np.isneginf(largest), 0, largest))
    total = powers.sum(axis=-1, keepdims=True)
    return np.matmul((powers / np.where(total == 0, 1, total)).astype(query.dtype), value)


def rotated_shape(x: TensorType, cos: TensorType, sin: TensorType, **_: Any) -> Shape:
    require(x.rank >= 1 and cos.rank >= 1 and may_equal(cos.shape[-1], sin.shape[-1]), "an angle's cosine has its sine")
    features, angles = x.shape[-1], cos.shape[-1]
    require(not isinstance(features, int) or features % 2 == 0, "features are pairs")
    fits = not isinstance(features, int) or not isinstance(angles, int) or angles in (features, features // 2)
    require(fits, f"{angles} angles for {features} features")
    for angle in (cos, sin):
        leading = broadcast(x.shape[:-1], angle.shape[:-1])
        require(len(leading) == x.rank - 1 and all(map(may_equal, leading, x.shape)), "angles are broadcast to x")
    return x.shape


def rotation_flops(x: TensorType, *_: Any, **__: Any) -> Dim:
    return x.count * 3


@op(types="T, T, T -> T", T=FLOATS, infer=rotated_shape, flops=rotation_flops, accuracy=Accuracy.REDUCTION)
def rotary_embedding(x: Tensor, cos: Tensor, sin: Tensor, *, interleaved: bool = False):
    """Turns pairs of features: a and b become `a * cos - b * sin` and `b * cos + a * sin`.

    Of n features along the last axis, i and i + n/2 are a pair, or 2i and 2i + 1 if `interleaved`. The last axis of cos
    and sin has n/2 elements, one for a pair, or n, one for a feature; their other axes are broadcast to x's.
    """
    half = x.shape[-1] // 2
    if cos.shape[-1] == half:
        cos, sin = (np.repeat(v, 2, -1) if interleaved else np.concatenate((v, v), -1) for v in (cos, sin))
    if interleaved:
        turned = np.stack((-x[..., 1::2], x[..., ::2]), -1).reshape(x.shape)
    else:
        turned = np.concatenate((-x[..., half:], x[..., :half]), -1)
    return x * cos + turned * sin
