"""Convolution, pooling, resizing, products of matrices, normalization."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from cases.case import case, peculiar, positive, randn
from mtc import ops
from mtc.ir.types import F32, F64, I32


def conv(function: Any) -> Any:
    """torch's padding is the same on both sides; another is added before."""

    def run(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, **attrs: Any) -> torch.Tensor:
        padding = attrs.pop("padding", (0,) * 2 * (weight.ndim - 2))
        pairs = [padding[i : i + 2] for i in range(0, len(padding), 2)]
        clamp = attrs.pop("clamp", (-math.inf, math.inf))
        padded = F.pad(x, [side for pair in pairs[::-1] for side in pair])
        return function(padded, weight, bias, **attrs).clamp(*clamp)

    return run


def transposed(function: Any) -> Any:
    def run(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, **attrs: Any) -> torch.Tensor:
        padding, clamp = attrs.pop("padding", (0, 0))[::2], attrs.pop("clamp", (-math.inf, math.inf))
        return function(x, weight, bias, padding=padding, **attrs).clamp(*clamp)

    return run


def pool(function: Any) -> Any:
    def run(x: torch.Tensor, **attrs: Any) -> torch.Tensor:
        attrs["divisor_override"] = attrs.get("divisor_override") or None
        if function in (F.max_pool2d, F.max_pool3d):
            del attrs["divisor_override"]
        return function(x, **attrs | {"padding": attrs.get("padding", (0,) * 6)[::2][: x.ndim - 2]})

    return run


def resize(mode: str) -> Any:
    def run(x: torch.Tensor, size: Any, exact: bool = False, align_corners: bool = False) -> torch.Tensor:
        if mode == "nearest":
            return F.interpolate(x, size, mode="nearest-exact" if exact else mode)
        return F.interpolate(x, size, mode=mode, align_corners=align_corners)

    return run


_PAD = (1, 0, 2, 1)

CASES = [
    case(
        ops.conv1d,
        conv(F.conv1d),
        x=randn(2, 4, 9),
        weight=randn(6, 2, 3),
        bias=randn(6),
        stride=(2,),
        padding=(1, 2),
        groups=2,
    ),
    case(ops.conv2d, conv(F.conv2d), x=randn(2, 3, 8, 9), weight=randn(4, 3, 3, 2), bias=randn(4), padding=_PAD),
    case(
        ops.conv2d,
        conv(F.conv2d),
        x=randn(1, 4, 7, 7),
        weight=randn(4, 1, 3, 3),
        stride=(2, 1),
        dilation=(1, 2),
        groups=4,
    ),
    # Few output channels, which have tiles of their own; images that tiles fill, with borders, and a row too many.
    *(
        case(ops.conv2d, conv(F.conv2d), x=randn(*x), weight=randn(*weight), bias=randn(weight[0]), **attrs)
        for x, weight, attrs in [
            ((2, 3, 9, 37), (16, 3, 3, 3), {"stride": (2, 2), "padding": (1, 1, 1, 1)}),
            ((1, 4, 8, 29), (11, 4, 2, 3), {"dilation": (3, 2), "padding": (2, 3, 4, 1)}),
            ((2, 5, 4, 5), (40, 5, 1, 1), {"clamp": (-0.5, 1.0)}),
            ((1, 6, 5, 13), (24, 6, 3, 3), {"stride": (1, 2), "padding": (1, 1, 1, 1)}),
            ((1, 3, 40, 33), (48, 3, 7, 7), {"stride": (2, 2), "padding": (3, 3, 3, 3)}),
            ((2, 3, 70, 65), (32, 3, 7, 7), {"stride": (2, 2), "padding": (6, 2, 2, 3), "dilation": (2, 1)}),
            ((1, 3, 6, 32), (7, 3, 1, 1), {"stride": (2, 1)}),
        ]
    ),
    # Products of several blocks in each direction, whose last blocks are not full.
    *(
        case(ops.conv2d, conv(F.conv2d), x=randn(*x), weight=randn(*weight), bias=randn(weight[0]), **attrs)
        for x, weight, attrs in [
            ((1, 70, 17, 15), (70, 70, 2, 3), {"padding": (1, 0, 2, 1), "clamp": (-30.0, 40.0)}),
            ((2, 33, 12, 11), (530, 33, 1, 1), {}),
            ((1, 40, 9, 9), (66, 20, 3, 3), {"groups": 2, "dilation": (1, 2), "padding": (1, 1, 2, 2)}),
            ((2, 300, 4, 5), (35, 300, 1, 1), {"stride": (2, 1)}),
        ]
    ),
    case(
        ops.conv1d,
        conv(F.conv1d),
        x=randn(2, 40, 61),
        weight=randn(48, 40, 7),
        bias=randn(48),
        padding=(3, 3),
        stride=(2,),
    ),
    case(
        ops.conv3d,
        conv(F.conv3d),
        x=randn(1, 12, 5, 8, 9),
        weight=randn(36, 12, 3, 3, 3),
        bias=randn(36),
        padding=(1, 1, 1, 1, 1, 1),
        stride=(1, 2, 1),
    ),
    # A group for each channel; images narrower and wider than a tile.
    *(
        case(
            ops.conv2d, conv(F.conv2d), x=randn(*x), weight=randn(*weight), bias=randn(weight[0]), groups=x[1], **attrs
        )
        for x, weight, attrs in [
            ((2, 18, 5, 9), (18, 1, 3, 3), {"padding": (1, 1, 1, 1), "clamp": (-1.0, 0.5)}),
            ((1, 33, 7, 16), (33, 1, 5, 5), {"padding": (2, 2, 2, 2), "stride": (2, 2)}),
            ((1, 16, 6, 15), (16, 1, 2, 3), {"dilation": (3, 1), "padding": (4, 1, 0, 2), "stride": (1, 2)}),
            ((1, 9, 3, 7), (9, 1, 7, 5), {"padding": (3, 3, 2, 2)}),
            ((1, 16, 4, 6), (16, 1, 3, 3), {"padding": (1, 1, 1, 1)}),
            ((2, 17, 70, 66), (17, 1, 5, 5), {"padding": (2, 2, 2, 2)}),
            ((1, 20, 9, 23), (20, 1, 7, 7), {"padding": (3, 3, 3, 3), "clamp": (-1.0, 2.0)}),
            ((1, 17, 9, 40), (17, 1, 3, 4), {"dilation": (2, 3), "padding": (2, 1, 0, 5), "stride": (1, 3)}),
            ((2, 3, 12, 20), (3, 1, 5, 5), {"padding": (2, 2, 2, 2), "stride": (2, 1)}),
            ((1, 1, 6, 9), (1, 1, 2, 3), {}),
        ]
    ),
    case(
        ops.conv3d, conv(F.conv3d), x=randn(1, 2, 4, 5, 5), weight=randn(3, 2, 2, 3, 3), bias=randn(3), stride=(1, 2, 2)
    ),
    case(
        ops.conv_transpose2d,
        transposed(F.conv_transpose2d),
        x=randn(2, 4, 3, 4),
        weight=randn(4, 3, 3, 2),
        bias=randn(6),
        stride=(2, 2),
        padding=(1, 1, 0, 0),
        output_padding=(1, 0),
        groups=2,
    ),
    # A result of fewer rows than the stride.
    case(
        ops.conv_transpose2d,
        transposed(F.conv_transpose2d),
        x=randn(3, 34, 1, 4),
        weight=randn(34, 9, 3, 4),
        stride=(3, 2),
        padding=(1, 1, 1, 1),
        groups=2,
    ),
    # Strips for two threads, and inputs of several blocks along one axis and along both, which add to the same pixels.
    *(
        case(
            ops.conv_transpose2d,
            transposed(F.conv_transpose2d),
            x=randn(*x),
            weight=randn(*weight),
            bias=randn(weight[1] * attrs.get("groups", 1)),
            **attrs,
        )
        for x, weight, attrs in [
            ((1, 32, 40, 40), (32, 16, 4, 4), {"stride": (2, 2), "padding": (1, 1, 1, 1), "clamp": (-4.0, 6.0)}),
            ((1, 8, 1, 700), (8, 24, 1, 16), {"stride": (1, 8), "padding": (0, 0, 4, 4), "clamp": (-2.0, 3.0)}),
            ((2, 40, 40, 40), (40, 1, 4, 3), {"stride": (2, 3), "groups": 40, "clamp": (-1.0, 1.0)}),
            ((1, 6, 30, 31), (6, 70, 3, 5), {"stride": (3, 2), "dilation": (2, 3), "groups": 3, "clamp": (-2.0, 2.0)}),
            ((1, 4, 33, 90), (4, 9, 7, 2), {"stride": (1, 5), "output_padding": (0, 4), "padding": (2, 2, 1, 1)}),
            ((1, 4, 5, 90), (4, 300, 3, 5), {"stride": (1, 2), "clamp": (-3.0, 2.0)}),
            ((1, 5, 6, 7), (5, 4, 3, 3), {"stride": (1, 2), "dilation": (3, 1), "output_padding": (2, 1)}),
            ((1, 1, 6, 40), (1, 300, 3, 3), {"clamp": (-1.0, 1.0)}),
            ((1, 1, 3, 70), (1, 300, 3, 3), {"padding": (1, 1, 1, 1), "clamp": (-1.0, 1.0)}),
            ((1, 3, 1, 5000), (3, 1, 1, 4), {"stride": (1, 2), "groups": 3, "clamp": (-1.0, 1.0)}),
        ]
    ),
    case(
        ops.conv_transpose3d,
        transposed(F.conv_transpose3d),
        x=randn(1, 2, 3, 3, 2),
        weight=randn(2, 3, 2, 3, 3),
        stride=(2, 1, 1),
        padding=(0,) * 6,
        dilation=(1, 2, 1),
    ),
    case(
        ops.max_pool2d,
        pool(F.max_pool2d),
        x=randn(2, 3, 7, 8),
        kernel_size=(3, 2),
        stride=(2, 2),
        padding=(1, 1, 0, 0),
        ceil_mode=True,
    ),
    case(ops.max_pool2d, pool(F.max_pool2d), x=randn(1, 1, 9, 9), kernel_size=(2, 2), stride=(1, 1), dilation=(2, 3)),
    *(
        case(
            ops.avg_pool2d,
            pool(F.avg_pool2d),
            x=randn(1, 2, 7, 8),
            kernel_size=(3, 3),
            stride=(2, 2),
            padding=(1, 1, 1, 1),
            ceil_mode=c,
            count_include_pad=i,
        )
        for c in (False, True)
        for i in (False, True)
    ),
    case(
        ops.avg_pool2d, pool(F.avg_pool2d), x=randn(1, 2, 4, 4), kernel_size=(2, 2), stride=(2, 2), divisor_override=3
    ),
    # NaN, infinities and -0: of few channels, and of more than fill a kernel's registers.
    *(
        case(o, pool(f), x=peculiar(2, channels, 12, 11), kernel_size=k, stride=s, padding=p)
        for o, f in ((ops.max_pool2d, F.max_pool2d), (ops.avg_pool2d, F.avg_pool2d))
        for channels in (3, 151)
        for k, s, p in (((3, 3), (2, 2), (1, 1, 1, 1)), ((2, 2), (2, 2), (0, 0, 0, 0)))
    ),
    *(
        case(ops.conv2d, conv(F.conv2d), x=peculiar(*x), weight=randn(*weight), bias=randn(weight[0]), **attrs)
        for x, weight, attrs in [
            ((1, 3, 12, 12), (16, 3, 3, 3), {}),
            ((1, 8, 9, 9), (24, 8, 1, 1), {}),
            ((1, 16, 11, 12), (16, 1, 3, 3), {"groups": 16, "padding": (1, 1, 1, 1)}),
        ]
    ),
    *(
        case(
            ops.conv_transpose2d,
            transposed(F.conv_transpose2d),
            x=peculiar(*x),
            weight=randn(*weight),
            bias=randn(16),
            groups=16 // weight[1],
            stride=(2, 2),
            **attrs,
        )
        for x, weight in [((1, 3, 9, 10), (3, 16, 3, 2)), ((1, 16, 7, 8), (16, 1, 4, 4))]
        for attrs in ({}, {"clamp": (-1.0, 1.5)})
    ),
    *(case(ops.linear, F.linear, x=peculiar(n, 40), weight=randn(37, 40), bias=randn(37)) for n in (1, 17)),
    case(ops.matmul, torch.matmul, x=peculiar(2, 9, 40), y=randn(2, 40, 33)),
    case(ops.matmul, torch.matmul, x=randn(9, 40), y=peculiar(40, 33)),
    case(ops.adaptive_avg_pool2d, lambda x, size: F.adaptive_avg_pool2d(x, size), x=randn(2, 3, 7, 5), size=(3, 4)),
    case(
        ops.max_pool3d,
        pool(F.max_pool3d),
        x=randn(1, 2, 5, 6, 7),
        kernel_size=(2, 3, 3),
        stride=(2, 2, 2),
        padding=(0, 0, 1, 1, 1, 1),
        ceil_mode=True,
        dtypes=(F32, F64, I32),
    ),
    *(
        case(
            ops.avg_pool3d,
            pool(F.avg_pool3d),
            x=randn(1, 2, 5, 6, 7),
            kernel_size=(2, 3, 3),
            stride=(2, 2, 2),
            padding=(0, 0, 1, 1, 1, 1),
            ceil_mode=c,
            count_include_pad=i,
        )
        for c in (False, True)
        for i in (False, True)
    ),
    *(
        case(ops.upsample_nearest2d, resize("nearest"), x=randn(1, 2, 4, 5), size=s, exact=e, dtypes=(F32, F64))
        for s in ((8, 3), (1, 7))
        for e in (False, True)
    ),
    *(
        case(ops.upsample_bilinear2d, resize("bilinear"), x=randn(1, 2, 4, 5), size=s, align_corners=a)
        for s in ((8, 3), (1, 7))
        for a in (False, True)
    ),
    *(
        case(ops.upsample_bicubic2d, resize("bicubic"), x=randn(1, 2, 4, 5), size=s, align_corners=a)
        for s in ((8, 3), (1, 7))
        for a in (False, True)
    ),
    case(ops.linear, F.linear, x=randn(2, 3, 4), weight=randn(5, 4), bias=randn(5)),
    case(ops.linear, F.linear, x=randn(0, 4), weight=randn(5, 4)),
    case(ops.linear, F.linear, x=randn(2, 129, 300), weight=randn(530, 300), bias=randn(530)),
    # More products than 16 bits count, and weights beyond half a second-level cache, of which rows read a part each.
    case(ops.linear, F.linear, dtypes=(F32,), x=randn(2, 40000), weight=randn(3, 40000), bias=randn(3)),
    case(ops.linear, F.linear, dtypes=(F32,), x=randn(30, 1000), weight=randn(1100, 1000), bias=randn(1100)),
    case(
        ops.conv2d,
        conv(F.conv2d),
        dtypes=(F32,),
        x=randn(1, 130, 7, 6),
        weight=randn(1030, 130, 3, 3),
        bias=randn(1030),
        padding=(1, 1, 1, 1),
    ),
    *(case(ops.linear, F.linear, x=randn(rows, 70), weight=randn(45, 70), bias=randn(45)) for rows in (1, 2, 5, 8, 14)),
    case(ops.matmul, torch.matmul, x=randn(3, 31, 270), y=randn(3, 270, 67)),
    case(ops.matmul, lambda x, y, transpose_y: x @ y.mT, x=randn(2, 16, 64), y=randn(33, 64), transpose_y=True),
    case(ops.matmul, torch.matmul, x=randn(2, 1, 3, 4), y=randn(5, 4, 2)),
    case(ops.matmul, lambda x, y, transpose_y: x @ y.mT, x=randn(3, 4), y=randn(2, 4), transpose_y=True),
    case(
        ops.batch_norm,
        lambda x, w, b, m, v, eps: F.batch_norm(x, m, v, w, b, eps=eps),
        x=randn(2, 3, 4, 4),
        weight=randn(3),
        bias=randn(3),
        mean=randn(3),
        variance=positive(3),
        eps=1e-3,
    ),
    case(
        ops.batch_norm, lambda x, w, b, m, v: F.batch_norm(x, m, v), x=randn(2, 3), mean=randn(3), variance=positive(3)
    ),
    case(
        ops.layer_norm,
        lambda x, w, b, normalized_axes: F.layer_norm(x, x.shape[-normalized_axes:], w, b),
        x=randn(2, 3, 4),
        weight=randn(3, 4),
        bias=randn(3, 4),
        normalized_axes=2,
    ),
    case(ops.layer_norm, lambda x, w, b: F.layer_norm(x, x.shape[-1:]), x=randn(2, 8)),
    case(
        ops.rms_norm, lambda x, w, eps: F.rms_norm(x, x.shape[-1:], w, eps), x=randn(2, 3, 8), weight=randn(8), eps=1e-6
    ),
    case(
        ops.group_norm,
        lambda x, w, b, num_groups: F.group_norm(x, num_groups, w, b),
        x=randn(2, 6, 5),
        weight=randn(6),
        bias=randn(6),
        num_groups=3,
    ),
    case(ops.local_response_norm, F.local_response_norm, x=randn(2, 7, 3, 3), size=4, alpha=0.1, beta=0.5, k=2.0),
]
