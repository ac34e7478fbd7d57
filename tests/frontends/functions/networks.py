"""Products of matrices, and operators of images and layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from functions.inputs import IMAGE, VIDEO, X


def _modes(x: torch.Tensor) -> Any:
    with torch.enable_grad():
        y = x * 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = (x.round() * 37) @ x.round().mT  # exact in f32, rounded once to bf16
    return y + 1, z.float()


# torch 2.15 and newer assert while they export; older ones decide by values, which no export can.
_ASSERTS = hasattr(torch.distributions.distribution, "_all_true_or_runtime_assert")

FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "matrices": lambda: (
        lambda x: [
            x @ x.mT,
            torch.einsum("bij,bkj->bik", x, x),
            torch.baddbmm(x @ x.mT, x, x.mT),
            x[0, 0] @ x[0, 1],
            torch.outer(x[0, 0], x[0, 1]),
            x @ x[0, 0],
            torch.einsum("bii->b", x[:, :, :4]),
            F.bilinear(x, x[..., :5], torch.ones(3, 6, 5).tril(), torch.ones(3)),
            torch.inner(x, x),
            torch.inner(x[:, :, :4], x[0, :, :4]),
            torch.inner(x[0, 0], torch.tensor(2.0)),
            torch.dist(x, x + 1, 1),
            *(torch.cdist(x, x + 1, p) for p in (1.0, 2.0, 3.0, math.inf)),
            torch.cdist(x[0, :1].expand(30, 6), x[1]),
            F.pdist(x[0]),
            (x * 3).int() @ (x * 3).int().mT,
            (x * 3).int() @ (x[0, 0] * 3).int(),
        ],
        X,
    ),
    "matrices of integers": lambda: (
        lambda x, y: [
            *(x @ y.mT, x[0] @ y[0, 0], x[0, 0] @ y[0, 0], F.linear(x, y[0], y[1, 0, :4])),
            *(torch.addmm(x[0, :, :4], x[0], y[1].mT, beta=3), torch.baddbmm(x[..., :4], x, y.mT, alpha=2)),
            *(torch.addbmm(x[0, :, :4], x, y.mT), torch.addmv(y[0, 0, :4], x[0], y[0, 0]), F.linear(x, y[0, 0])),
        ],
        (X * 9).int(),
        (X.flip(1) * 2**31).int(),
    ),
    "distributions, whose constraints torch asserts": lambda: (
        lambda x: [
            torch.distributions.Normal(x[0], x[1].exp(), validate_args=_ASSERTS).log_prob(x[0]),
            torch.distributions.Categorical(logits=x, validate_args=_ASSERTS).entropy(),
        ],
        X,
    ),
    "pads": lambda: (
        lambda x: [
            F.pad(x, (1, 2)),
            F.pad(x, (1, -1, 0, 2), value=2.0),
            F.pad(x, (1, 2, 1, 1), "reflect"),
            F.pad(x, (2, 1), "replicate"),
            F.pad(x, (1, 1), "circular"),
        ],
        X,
    ),
    "resizes": lambda: (
        lambda x: [
            F.interpolate(x, scale_factor=s, mode=m)
            for s in (2.0, 1.5)
            for m in ("nearest", "nearest-exact", "bilinear", "bicubic")
        ],
        IMAGE,
    ),
    "resizes with antialiasing": lambda: (
        lambda x: [
            F.interpolate(x, s, f, m, align_corners=a, antialias=True)
            for s, f in (((3, 12), None), (None, 0.4))
            for m in ("bilinear", "bicubic")
            for a in (False, True)
        ],
        IMAGE,
    ),
    "resizes 1d": lambda: (lambda x: [F.interpolate(x, size=9, mode=m) for m in ("nearest", "linear", "area")], X),
    "resizes 3d": lambda: (
        lambda x: [F.interpolate(x, size=(3, 8, 5), mode=m) for m in ("nearest", "trilinear")],
        VIDEO,
    ),
    "pools": lambda: (
        lambda x: [
            F.max_pool2d(x, 3, 2, 1),
            F.avg_pool2d(x, 2),
            F.adaptive_avg_pool2d(x, (4, 3)),
            F.adaptive_max_pool2d(x, (4, 3)),
            F.adaptive_avg_pool2d(x, 1),
            F.max_pool2d(x[0], 2),
        ],
        IMAGE,
    ),
    "pools 1d": lambda: (
        lambda x: [
            F.max_pool1d(x, 2),
            F.avg_pool1d(x, 3, 1, 1),
            F.adaptive_avg_pool1d(x, 4),
            F.adaptive_max_pool1d(x, 3),
        ],
        X,
    ),
    "pools 3d": lambda: (
        lambda x: [
            F.max_pool3d(x, 2),
            F.avg_pool3d(x, (1, 2, 2)),
            F.adaptive_avg_pool3d(x, (3, 2, 4)),
            F.adaptive_avg_pool3d(x, 2),
        ],
        VIDEO,
    ),
    "convolutions": lambda: (
        lambda x: [
            F.conv2d(x, torch.ones(2, 4, 3, 2), padding="same"),
            F.conv_transpose2d(x, torch.ones(4, 2, 3, 3), stride=2),
            F.conv_transpose1d(x[0], torch.ones(6, 2, 3), stride=2),
            F.conv2d(x[0], torch.ones(4, 1, 2, 2), groups=4),
        ],
        IMAGE,
    ),
    "norms": lambda: (
        lambda x: [
            F.layer_norm(x, (6,)),
            F.group_norm(x, 2),
            F.instance_norm(x),
            F.rms_norm(x, (6,)),
            F.local_response_norm(x, 3),
            F.normalize(x, dim=1),
        ],
        X,
    ),
    "blocks": lambda: (lambda x: [F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)], IMAGE),
    "sampling": lambda: (
        lambda x, g: F.grid_sample(x, g, align_corners=False),
        IMAGE,
        torch.randn(1, 3, 5, 2).clamp(-1, 1),
    ),
    "sampling volumes": lambda: (
        lambda x, g: F.grid_sample(x, g, padding_mode="border", align_corners=True),
        VIDEO,
        torch.randn(1, 3, 2, 2, 3),
    ),
    "attention": lambda: (
        lambda x: [
            F.scaled_dot_product_attention(x, x, x, is_causal=True),
            F.scaled_dot_product_attention(x, x, x, x @ x.mT > 0),
        ],
        X,
    ),
    "no grad, autocast": lambda: (_modes, X),
}
