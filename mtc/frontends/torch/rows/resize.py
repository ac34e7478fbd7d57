"""Resizing. One axis is an image of one row; three are resized as images, then along depth."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.dims import product
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec

Scales = Sequence[float | None] | None


def resized(importer: Importer, op: OpSpec, x: Value, scales: Scales, **attrs: bool) -> Value:
    """To the size that torch has computed. `scales` are the factors that the user gave, if any."""
    spatial = x.type.rank - 2
    batch, channels, *size = importer.result_type().shape
    factors = [scale or 0.0 for scale in scales] if scales else [0.0] * spatial
    if spatial == 1:
        row = importer.reshape(x, (*x.type.shape[:2], 1, x.type.shape[2]))
        result = importer.emit(op, row, size=(1, *size), scales=(0.0, *factors), **attrs)
    elif spatial == 2:
        result = importer.emit(op, x, size=tuple(size), scales=tuple(factors), **attrs)
    else:
        depth = x.type.shape[2]
        images = importer.reshape(x, (batch, channels * depth, *x.type.shape[3:]))
        images = importer.emit(op, images, size=tuple(size[1:]), scales=tuple(factors[1:]), **attrs)
        pixels = product(size[1:])
        columns = importer.reshape(images, (batch, channels, depth, pixels))
        result = importer.emit(op, columns, size=(size[0], pixels), scales=(factors[0], 0.0), **attrs)
    return importer.reshape(result, importer.result_type().shape)


def _nearest(spatial: int, name: str, exact: bool) -> None:
    @row(f"{name}{spatial}d")
    def resize(importer: Importer, x: Value, output_size: object, *scales: float | None) -> Value:
        return resized(importer, ops.upsample_nearest2d, x, scales, exact=exact)

    @row(f"{name}{spatial}d.vec")
    def resize_vec(importer: Importer, x: Value, output_size: object, scale_factors: Scales) -> Value:
        return resized(importer, ops.upsample_nearest2d, x, scale_factors, exact=exact)


def _linear(name: str, op: OpSpec) -> None:
    @row(name)
    def resize(importer: Importer, x: Value, output_size: object, align_corners: bool, *scales: float | None) -> Value:
        return resized(importer, op, x, scales, align_corners=align_corners)

    @row(f"{name}.vec")
    def resize_vec(
        importer: Importer, x: Value, output_size: object, align_corners: bool, scale_factors: Scales
    ) -> Value:
        return resized(importer, op, x, scale_factors, align_corners=align_corners)


for _spatial in (1, 2, 3):
    _nearest(_spatial, "upsample_nearest", False)
    _nearest(_spatial, "_upsample_nearest_exact", True)
for _name in ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"):
    _linear(_name, ops.upsample_bilinear2d)
_linear("upsample_bicubic2d", ops.upsample_bicubic2d)
