"""Pooling over one, two and three spatial axes; one axis is an image of one row."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.rows.convolution import both_sides
from mtc.frontends.torch.rows.windows import adaptive, largest, largest_and_where, sliding
from mtc.frontends.torch.spatial import spread
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim, product
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import I64

Sizes = int | Sequence[int]


def _as_images(importer: Importer, x: Value, spatial: int) -> Value:
    """With a batch axis, and two spatial axes at least."""
    shape = x.type.shape if x.type.rank == spatial + 2 else (1, *x.type.shape)
    return importer.reshape(x, (*shape[:2], 1, *shape[2:]) if spatial == 1 else shape)


def _pooled(
    importer: Importer,
    op: OpSpec,
    x: Value,
    spatial: int,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes | None = None,
    **attrs: object,
) -> Value:
    kernel = spread(kernel_size, spatial)
    steps = kernel if isinstance(stride, (tuple, list)) and not stride else spread(stride, spatial)
    pads = spread(padding, spatial)
    gaps = None if dilation is None else spread(dilation, spatial)
    if spatial == 1:
        kernel, steps, pads, gaps = (1, *kernel), (1, *steps), (0, *pads), None if gaps is None else (1, *gaps)
    if gaps is not None:
        attrs["dilation"] = gaps
    images = _as_images(importer, x, spatial)
    result = importer.emit(op, images, kernel_size=kernel, stride=steps, padding=both_sides(pads), **attrs)
    fake = importer.result[0] if isinstance(importer.result, (tuple, list)) else importer.result
    return importer.reshape(result, importer.sizes.shape(fake.shape))


def _max_pool(spatial: int) -> None:
    op = ops.max_pool3d if spatial == 3 else ops.max_pool2d

    @row(f"max_pool{spatial}d")
    def max_pool(
        importer: Importer,
        x: Value,
        kernel_size: Sizes,
        stride: Sizes = (),
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: bool = False,
    ) -> Value:
        return _pooled(importer, op, x, spatial, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)

    @row(f"max_pool{spatial}d_with_indices")
    def with_indices(
        importer: Importer,
        x: Value,
        kernel_size: Sizes,
        stride: Sizes = (),
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: bool = False,
    ) -> tuple[Value, Value | None]:
        values = max_pool(importer, x, kernel_size, stride, padding, dilation, ceil_mode)
        if not importer.wants(1):
            return values, None
        kernel = spread(kernel_size, spatial)
        steps = kernel if isinstance(stride, (tuple, list)) and not stride else spread(stride, spatial)
        shape = x.type.shape[-spatial:], values.type.shape[-spatial:]
        windows = zip(*shape, kernel, steps, spread(padding, spatial), spread(dilation, spatial), strict=True)
        return values, largest_and_where(importer, x, [sliding(importer, *window) for window in windows])[1]


def _avg_pool(spatial: int) -> None:
    op = ops.avg_pool3d if spatial == 3 else ops.avg_pool2d

    @row(f"avg_pool{spatial}d")
    def avg_pool(
        importer: Importer,
        x: Value,
        kernel_size: Sizes,
        stride: Sizes = (),
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Value:
        attrs = {"count_include_pad": count_include_pad, "divisor_override": divisor_override or 0}
        return _pooled(importer, op, x, spatial, kernel_size, stride, padding, ceil_mode=ceil_mode, **attrs)


for _spatial in (1, 2, 3):
    _max_pool(_spatial)
    _avg_pool(_spatial)


def _even_kernel(sizes: Sequence[Dim], counts: Sequence[Dim]) -> list[int] | None:
    """The sizes of the windows that divide an image without a rest."""
    kernel = []
    for size, count in zip(sizes, counts, strict=True):
        if not isinstance(size, int) or not isinstance(count, int) or count == 0 or size % count:
            return None
        kernel.append(size // count)
    return kernel


@row("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
def adaptive_avg_pool(importer: Importer, x: Value, output_size: Sequence[Dim]) -> Value:
    sizes = tuple(output_size)
    spatial = len(sizes)
    if all(size == 1 for size in sizes):
        return importer.emit(ops.mean, x, axes=tuple(range(-spatial, 0)), keepdim=True)
    if spatial == 2:
        images = _as_images(importer, x, 2)
        return importer.reshape(
            importer.emit(ops.adaptive_avg_pool2d, images, size=sizes), importer.result_type().shape
        )
    if spatial == 1:
        images = _as_images(importer, x, 1)
        result = importer.emit(ops.adaptive_avg_pool2d, images, size=(1, *sizes))
        return importer.reshape(result, importer.result_type().shape)
    lengths = x.type.shape[-3:]
    if (kernel := _even_kernel(lengths, sizes)) is not None:
        return _pooled(importer, ops.avg_pool3d, x, 3, kernel, (), 0)
    # The mean of a box is that of the means of its planes.
    depth, height, width = lengths
    images = importer.reshape(x, (1, product(x.type.shape[:-2]), height, width))
    images = importer.emit(ops.adaptive_avg_pool2d, images, size=sizes[1:])
    pixels = product(sizes[1:])
    columns = importer.reshape(images, (1, product(x.type.shape[:-3]), depth, pixels))
    columns = importer.emit(ops.adaptive_avg_pool2d, columns, size=(sizes[0], pixels))
    return importer.reshape(columns, importer.result_type().shape)


row("_adaptive_avg_pool2d", "_adaptive_avg_pool3d")(adaptive_avg_pool)


@row("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def adaptive_max_pool(importer: Importer, x: Value, output_size: Sequence[Dim]) -> tuple[Value, Value | None]:
    sizes = tuple(output_size)
    lengths = x.type.shape[-len(sizes) :]
    if importer.wants(1):
        places = [adaptive(importer, length, size) for length, size in zip(lengths, sizes, strict=True)]
        return largest_and_where(importer, x, places)
    kernel = _even_kernel(lengths, sizes)
    if kernel is not None and any(size != 1 for size in sizes):
        op = ops.max_pool3d if len(sizes) == 3 else ops.max_pool2d
        return _pooled(importer, op, x, len(sizes), kernel, (), 0), None
    if all(size == 1 for size in sizes):
        return importer.emit(ops.amax, x, axes=tuple(range(-len(sizes), 0)), keepdim=True), None
    places = [adaptive(importer, length, size) for length, size in zip(lengths, sizes, strict=True)]
    return largest(importer, x, places), None


@row("max_unpool2d", "max_unpool3d")
def max_unpool(importer: Importer, x: Value, indices: Value, output_size: Sequence[Dim], *_: object) -> Value:
    """Zeros, but for x where the indices say that it stood."""
    leading = x.type.shape[: -len(output_size)]
    own, pixels = product(x.type.shape[len(leading) :]), product(output_size)
    places, values = (importer.reshape(v, (*leading, own)) for v in (indices, x))
    zeros = importer.full((*leading, pixels), 0, x.type.dtype)
    result = importer.emit(ops.scatter, zeros, importer.cast(places, I64), values, axis=-1)
    return importer.reshape(result, (*leading, *output_size))
