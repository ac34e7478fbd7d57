"""Attention, and what it is given of positions."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from cases.case import array, case, randn
from mtc import ops


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, interleaved: bool) -> torch.Tensor:
    """As products of complex numbers where a pair has one angle, as transformers' models have it where it has two."""
    half = x.shape[-1] // 2
    if interleaved and cos.shape[-1] == half:
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], half, 2).contiguous())
        return torch.view_as_real(pairs * torch.complex(cos, sin)).reshape(x.shape)
    if interleaved:
        return x * cos + torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2) * sin
    if cos.shape[-1] == half:
        cos, sin = torch.cat((cos, cos), -1), torch.cat((sin, sin), -1)
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


def attention(q: Any, k: Any, v: Any, mask: Any, **attrs: Any) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, k, v, mask, **attrs)


_MASK = array([[0.0, float("-inf"), -1.0]] * 2)

CASES = [
    case(
        ops.scaled_dot_product_attention,
        attention,
        query=randn(1, 2, 150, 20),
        key=randn(1, 2, 140, 20),
        value=randn(1, 2, 140, 13),
        scale=0.2,
    ),
    case(
        ops.scaled_dot_product_attention,
        attention,
        query=randn(2, 3, 5, 4),
        key=randn(2, 3, 5, 4),
        value=randn(2, 3, 5, 6),
        scale=1 / math.sqrt(4),
        is_causal=True,
    ),
    case(
        ops.scaled_dot_product_attention,
        attention,
        query=randn(2, 4, 2, 4),
        key=randn(2, 2, 3, 4),
        value=randn(2, 2, 3, 4),
        mask=_MASK,
        scale=0.3,
        enable_gqa=True,
    ),
    case(
        ops.scaled_dot_product_attention,
        attention,
        query=randn(1, 2, 4),
        key=randn(1, 3, 4),
        value=randn(1, 3, 4),
        mask=array([[[float("-inf")] * 3, [0.0] * 3]]),
        scale=0.5,
    ),
    *(
        case(ops.rotary_embedding, rotated, x=x, cos=randn(*shape, size), sin=randn(*shape, size), interleaved=i)
        for x, shape, size in ((randn(2, 3, 4, 6), (4,), 3), (randn(2, 5, 34), (2, 1), 34), (randn(8), (), 4))
        for i in (False, True)
    ),
]
