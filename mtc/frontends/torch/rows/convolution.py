"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value

_FORWARD = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}


def spread(values: int | Sequence[int], count: int) -> tuple[int, ...]:
    """One number for all axes, as ATen allows."""
    given = (values,) if isinstance(values, int) else tuple(values)
    return given * count if len(given) == 1 else given


def both_sides(padding: Sequence[int]) -> tuple[int, ...]:
    """Padding before and after each axis."""
    return tuple(side for size in padding for side in (size, size))


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """What keeps the size at stride 1; the odd one goes after, as in torch."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple(side for total in totals for side in (total // 2, total - total // 2))


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
    # A single image without a batch axis is taken as a batch of one.
    batched = x if x.type.rank == spatial + 2 else importer.reshape(x, (1, *x.type.shape))
    result = importer.emit(
        _FORWARD[spatial], batched, weight, bias, stride=strides, padding=sides, dilation=dilations, groups=groups
    )
    return result if batched is x else importer.reshape(result, result.type.shape[1:])
