"""Reading images and volumes at places that lie between pixels."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value
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
