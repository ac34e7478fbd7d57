"""Resizing that averages what it leaves out: along each axis a new pixel is a weighted mean, so a product of matrices.

A pixel weighs what a filter says for its distance, which is measured in new pixels where the image shrinks. The filters
are those of the Python Imaging Library, which torch follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.rows.creation import count_up
from mtc.frontends.torch.rows.formulas import Formula
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import F64

Filter = Callable[[Formula, Value], Value]


def _linear(f: Formula, distance: Value) -> Value:
    return f(ops.relu, f(ops.sub, 1, distance))


def _cubic(f: Formula, distance: Value) -> Value:
    """Keys' cubic convolution with a = -1/2."""
    square = f(ops.square, distance)
    near = f(ops.add, f(ops.mul, f(ops.sub, f(ops.mul, distance, 1.5), 2.5), square), 1)
    far = f(ops.mul, distance, f(ops.sub, f(ops.mul, f(ops.sub, 2.5, f(ops.mul, distance, 0.5)), distance), 4))
    far = f.where(f(ops.lt, distance, 2), f(ops.add, far, 2), 0)
    return f.where(f(ops.lt, distance, 1), near, far)


def _weights(
    importer: Importer, size: Dim, wanted: Dim, align_corners: bool, factor: float | None, filter: Filter
) -> Value:
    """[wanted, size]."""
    f = Formula(importer, F64)  # as torch's own arithmetic on weights
    if align_corners:
        step = f(ops.div, size - 1, f(ops.maximum, wanted - 1, 1))
    else:
        step = f(ops.div, size, wanted) if factor is None else f(ops.div, 1, factor)
    column = importer.reshape(count_up(importer, wanted), (wanted, 1))
    centre = f(ops.mul, f(ops.add, column, 0.5), step)
    away = f(ops.sub, f(ops.add, count_up(importer, size), 0.5), centre)
    weights = filter(f, f(ops.div, f(ops.abs, away), f(ops.maximum, step, 1)))
    return f(ops.div, weights, importer.emit(ops.sum, weights, axes=(-1,), keepdim=True))


def _antialiased(name: str, filter: Filter) -> None:
    def resized(importer: Importer, x: Value, align_corners: bool, factors: Sequence[float | None]) -> Value:
        if not x.type.dtype.is_float:
            raise Unsupported("resizing integers with antialiasing; convert them to float before")
        *_, height, width = x.type.shape
        *_, rows, columns = importer.result_type().shape
        sizes = ((height, rows, factors[0]), (width, columns, factors[1]))
        down, across = (
            importer.cast(_weights(importer, size, wanted, align_corners, factor, filter), x.type.dtype)
            for size, wanted, factor in sizes
        )
        return importer.emit(ops.matmul, down, importer.emit(ops.matmul, x, across, transpose_y=True))

    @row(name)
    def resize(
        importer: Importer,
        x: Value,
        output_size: object,
        align_corners: bool,
        scales_h: float | None = None,
        scales_w: float | None = None,
    ) -> Value:
        return resized(importer, x, align_corners, (scales_h, scales_w))

    @row(f"{name}.vec")
    def resize_vec(
        importer: Importer, x: Value, output_size: object, align_corners: bool, scale_factors: Sequence[float] | None
    ) -> Value:
        return resized(importer, x, align_corners, scale_factors or (None, None))


_antialiased("_upsample_bilinear2d_aa", _linear)
_antialiased("_upsample_bicubic2d_aa", _cubic)
