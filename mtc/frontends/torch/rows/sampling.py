"""Reading images and volumes at places that lie between pixels."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.rows.creation import count_up
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim, maximum, product
from mtc.ir.module import Value
from mtc.ir.types import I64, DType
from mtc.ops.sampling import Interpolation, Outside

_MODES = (Interpolation.BILINEAR, Interpolation.NEAREST, Interpolation.BICUBIC)
_PADDING = (Outside.ZEROS, Outside.BORDER, Outside.REFLECTION)


@row("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sampler(
    importer: Importer, x: Value, grid: Value, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Value:
    return importer.emit(
        ops.grid_sample,
        x,
        grid,
        mode=_MODES[interpolation_mode],
        padding_mode=_PADDING[padding_mode],
        align_corners=bool(align_corners),
    )


@row("affine_grid_generator")
def affine_grid(importer: Importer, theta: Value, size: Sequence[Dim], align_corners: bool) -> Value:
    """Where the pixels of an image, or a volume's, lie in that which `theta` maps them to; x comes first."""
    spatial, dtype = size[2:], theta.type.dtype
    coordinates = []
    for axis in reversed(range(len(spatial))):
        shape: list[Dim] = [1] * len(spatial)
        shape[axis] = spatial[axis]
        places = importer.reshape(_from_minus_one(importer, spatial[axis], align_corners, dtype), (*shape, 1))
        coordinates.append(importer.expand(places, (*spatial, 1)))
    coordinates.append(importer.full((*spatial, 1), 1, dtype))
    base = importer.reshape(importer.emit(ops.concat, *coordinates, axis=-1), (1, product(spatial), len(spatial) + 1))
    grid = importer.emit(ops.matmul, base, theta, transpose_y=True)
    return importer.reshape(grid, importer.result_type().shape)


def _from_minus_one(importer: Importer, size: Dim, align_corners: bool, dtype: DType) -> Value:
    """`size` places from -1 to 1, both included or, without `align_corners`, half a pixel off; one is at 0."""
    steps = importer.emit(ops.mul, count_up(importer, size), importer.scalar(2, I64))
    centred = importer.emit(ops.sub, steps, importer.tensor(size - 1, I64))
    whole = maximum(size - 1, 1) if align_corners else size
    return importer.emit(ops.div, importer.cast(centred, dtype), importer.tensor(whole, dtype))
