"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.spatial import spread
from mtc.frontends.torch.table import row
from mtc.ir.module import Value
from mtc.ir.types import QI8, TensorType
from mtc.passes.matching import made_by

_FORWARD = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}


def both_sides(padding: Sequence[int]) -> tuple[int, ...]:
    """Padding before and after each axis."""
    return tuple(side for size in padding for side in (size, size))


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """What keeps the size at stride 1; the odd one goes after, as in torch."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple(side for total in totals for side in (total // 2, total - total // 2))


def _batched(importer: Importer, x: Value, spatial: int) -> Value:
    """A single image without a batch axis is taken as a batch of one."""
    return x if x.type.rank == spatial + 2 else importer.reshape(x, (1, *x.type.shape))


def _is_by_channel(weight: TensorType) -> bool:
    """Whether convolutions that round their images as they come have such weights."""
    qparams = weight.qparams
    return weight.dtype is QI8 and qparams is not None and qparams.block is None and qparams.axis in (None, 0)


def _like(importer: Importer, result: Value, x: Value) -> Value:
    return result if result.type.rank == x.type.rank else importer.reshape(result, result.type.shape[1:])


@row("conv1d", "conv2d", "conv3d", "conv1d.padding", "conv2d.padding", "conv3d.padding")
def conv(
    importer: Importer,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Value:
    spatial = weight.type.rank - 2
    strides, dilations = spread(stride, spatial), spread(dilation, spatial)
    if padding == "same":
        sides = same_padding(weight.type.shape[2:], dilations)  # type: ignore[arg-type]
    else:
        sides = both_sides(spread(0 if isinstance(padding, str) else padding, spatial))
    attrs: dict[str, Any] = {"stride": strides, "padding": sides, "dilation": dilations, "groups": groups}
    images, stored = importer.origins.get(x), made_by(weight, ops.dequantize)
    if images is not None and stored is not None and spatial < 3 and _is_by_channel(stored.operand(0).type):
        x, weight, attrs["dynamic"] = images, stored.operand(0), True
    return _like(importer, importer.emit(_FORWARD[spatial], _batched(importer, x, spatial), weight, bias, **attrs), x)


@row("conv_transpose1d", "conv_transpose2d.input", "conv_transpose3d.input")
def conv_transpose(
    importer: Importer,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Value:
    spatial = weight.type.rank - 2
    images = _batched(importer, x, spatial)
    strides, pads, extras, gaps = (spread(v, spatial) for v in (stride, padding, output_padding, dilation))
    if spatial == 1:  # an image of one row
        images, weight = (importer.reshape(v, (*v.type.shape[:2], 1, v.type.shape[2])) for v in (images, weight))
        strides, pads, extras, gaps = (1, *strides), (0, *pads), (0, *extras), (1, *gaps)
    result = importer.emit(
        ops.conv_transpose3d if spatial == 3 else ops.conv_transpose2d,
        images,
        weight,
        bias,
        stride=strides,
        padding=both_sides(pads),
        output_padding=extras,
        dilation=gaps,
        groups=groups,
    )
    if spatial == 1:
        result = importer.reshape(result, (*result.type.shape[:2], result.type.shape[3]))
    return _like(importer, result, x)


@row("convolution")
def convolution(
    importer: Importer,
    x: Value,
    weight: Value,
    bias: Value | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Value:
    if weight.type.rank not in (3, 4, 5):
        raise Unsupported(f"a convolution over {weight.type.rank - 2} axes")
    if transposed:
        return conv_transpose(importer, x, weight, bias, stride, padding, output_padding, groups, dilation)
    return conv(importer, x, weight, bias, stride, padding, dilation, groups)
