"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value


@row("mean", "mean.dim")
def mean(
    importer: Importer, x: Value, dim: Sequence[int] | None = None, keepdim: bool = False, dtype: object = None
) -> Value:
    return importer.emit(
        ops.mean, importer.cast(x, importer.result_type().dtype), axes=tuple(dim or ()), keepdim=keepdim
    )


@row("adaptive_avg_pool2d", "_adaptive_avg_pool2d")
def adaptive_avg_pool2d(importer: Importer, x: Value, output_size: Sequence[int]) -> Value:
    if tuple(output_size) == (1, 1):
        return importer.emit(ops.mean, x, axes=(-2, -1), keepdim=True)
    return importer.emit(ops.OPS["adaptive_avg_pool2d"], x, output_size=tuple(output_size))
