"""Operators that move elements about."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.table import row
from mtc.ir.dim_range import range_of
from mtc.ir.dims import Dim, maximum, product
from mtc.ir.module import Value
from mtc.ops.shape import PadMode


@row("flatten.using_ints", "view_as", "reshape_as", "ravel", "atleast_1d", "atleast_2d", "atleast_3d", by_parts=True)
@row("unsqueeze", "unsqueeze_copy", "unflatten.int", by_parts=True)
def reshape(importer: Importer, x: Value, *_: object) -> Value:
    """torch has computed the shape already."""
    return importer.reshape(x, importer.result_type().shape)


@row("view", "reshape", "_unsafe_view", "view_copy", "_reshape_copy", by_parts=True)
def view(importer: Importer, x: Value, size: Sequence[Dim]) -> Value:
    """The sizes as the model states them: torch's own are computed from x's, and only say the same if they fit."""
    known = importer.result_type().shape
    stated = (own if isinstance(own, int) or given == -1 else given for own, given in zip(known, size, strict=True))
    return importer.reshape(x, tuple(stated))


@row("squeeze", "squeeze.dim", "squeeze.dims", "squeeze_copy", "squeeze_copy.dim", "squeeze_copy.dims", by_parts=True)
def squeeze(importer: Importer, x: Value, dim: int | Sequence[int] | None = None) -> Value:
    """An axis that stays because its size varies is not squeezed when it is 1: so it cannot be."""
    axes = range(x.type.rank) if dim is None else [dim] if isinstance(dim, int) else dim
    for axis in axes if x.type.rank else ():
        importer.sizes.exclude_one(x.type.shape[axis])
    return importer.reshape(x, importer.result_type().shape)


@row("permute", "permute_copy", by_parts=True)
def permute(importer: Importer, x: Value, dims: Sequence[int]) -> Value:
    return importer.permute(x, [d % x.type.rank for d in dims])


@row("transpose.int", "transpose_copy.int", "swapaxes", "swapdims", by_parts=True)
def transpose(importer: Importer, x: Value, dim0: int, dim1: int) -> Value:
    dims = list(range(x.type.rank))
    if dims:
        dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
    return importer.permute(x, dims)


@row("numpy_T", by_parts=True)
def reversed_axes(importer: Importer, x: Value) -> Value:
    return importer.permute(x, range(x.type.rank)[::-1])


@row("t", "mT", "t_copy", "matrix_H", "adjoint", by_parts=True)
def last_two(importer: Importer, x: Value) -> Value:
    return importer.permute(x, [*range(x.type.rank - 2), *range(x.type.rank)[:-3:-1]])


@row("movedim.int", "movedim.intlist", "moveaxis.int", "moveaxis.intlist", by_parts=True)
def movedim(importer: Importer, x: Value, source: int | Sequence[int], destination: int | Sequence[int]) -> Value:
    rank = x.type.rank
    pairs = zip(*([a] if isinstance(a, int) else a for a in (source, destination)), strict=True)
    placed = {to % rank: axis % rank for axis, to in pairs}
    rest = iter(axis for axis in range(rank) if axis not in placed.values())
    return importer.permute(x, [placed[to] if to in placed else next(rest) for to in range(rank)])


@row("cat", "concatenate", "concat", by_parts=True)
def cat(importer: Importer, tensors: Sequence[Value], dim: int = 0) -> Value:
    dtype = importer.result_type().dtype
    # torch lets empty tensors of shape [0] join anything.
    parts = [importer.cast(x, dtype) for x in tensors if x.type.shape != (0,)] or [importer.cast(tensors[0], dtype)]
    return parts[0] if len(parts) == 1 else importer.emit(ops.concat, *parts, axis=dim)


@row("stack", by_parts=True)
def stack(importer: Importer, tensors: Sequence[Value], dim: int = 0) -> Value:
    result = importer.result_type()
    axis = dim % result.rank
    shape = (*result.shape[:axis], 1, *result.shape[axis + 1 :])
    return cat(importer, [importer.reshape(x, shape) for x in tensors], axis)


@row(
    "clone",
    "contiguous",
    "alias",
    "detach",
    "detach_",
    "lift_fresh_copy",
    "lift_fresh",
    "alias_copy",
    "detach_copy",
    by_parts=True,
)
def same(importer: Importer, x: Value, memory_format: object = None) -> Value:
    return x


@row(
    "positive", "resolve_conj", "resolve_neg", "requires_grad_", "_conj", "conj", "conj_physical", "real", by_parts=True
)
def real(importer: Importer, x: Value, *_: object) -> Value:
    """Numbers are real here."""
    return x


@row("expand", "expand_copy", "broadcast_to", "expand_as", by_parts=True)
def expand(importer: Importer, x: Value, size: object, implicit: bool = False) -> Value:
    return importer.expand(x, importer.result_type().shape)


@row("repeat", "tile", by_parts=True)
def repeat(importer: Importer, x: Value, repeats: Sequence[Dim]) -> Value:
    shape = importer.result_type().shape
    sizes = (*[1] * (len(shape) - x.type.rank), *x.type.shape)
    times = (*[1] * (len(shape) - len(repeats)), *repeats)
    pairs = list(zip(times, sizes, strict=True))
    apart = importer.reshape(x, [side for time, size in pairs for side in ((1, size) if time != 1 else (size,))])
    wide = importer.expand(apart, [side for time, size in pairs for side in ((time, size) if time != 1 else (size,))])
    return importer.reshape(wide, shape)


@row("repeat_interleave.self_int", by_parts=True)
def repeat_interleave(
    importer: Importer, x: Value, repeats: Dim, dim: int | None = None, output_size: object = None
) -> Value:
    if dim is None:
        x, dim = importer.reshape(x, (product(x.type.shape),)), 0
    axis = dim % x.type.rank
    before, after = x.type.shape[: axis + 1], x.type.shape[axis + 1 :]
    wide = importer.expand(importer.reshape(x, (*before, 1, *after)), (*before, repeats, *after))
    return importer.reshape(wide, importer.result_type().shape)


@row("flip", by_parts=True)
def flip(importer: Importer, x: Value, dims: Sequence[int]) -> Value:
    return importer.emit(ops.flip, x, axes=tuple(dims)) if dims and x.type.rank else x


@row("flipud", by_parts=True)
def flip_rows(importer: Importer, x: Value) -> Value:
    return flip(importer, x, (0,))


@row("fliplr", by_parts=True)
def flip_columns(importer: Importer, x: Value) -> Value:
    return flip(importer, x, (1,))


@row("roll", by_parts=True)
def roll(importer: Importer, x: Value, shifts: Dim | Sequence[Dim], dims: Sequence[int] = ()) -> Value:
    moves = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    if dims:
        return importer.emit(ops.roll, x, shifts=moves, axes=tuple(dims))
    flat = importer.emit(ops.roll, importer.reshape(x, (x.type.count,)), shifts=moves, axes=(0,))
    return importer.reshape(flat, x.type.shape)


@row("constant_pad_nd", by_parts=True)
def constant_pad(importer: Importer, x: Value, pad: Sequence[Dim], value: float = 0.0) -> Value:
    return padded(importer, x, pad, PadMode.CONSTANT, value)


_MODES = {"reflect": PadMode.REFLECT, "replicate": PadMode.REPLICATE, "circular": PadMode.CIRCULAR}


@row("pad", by_parts=True)
def pad(importer: Importer, x: Value, pad: Sequence[Dim], mode: str = "constant", value: float | None = None) -> Value:
    return padded(importer, x, pad, _MODES.get(mode, PadMode.CONSTANT), value or 0.0)


@row("reflection_pad1d", "reflection_pad2d", "reflection_pad3d", by_parts=True)
def reflection_pad(importer: Importer, x: Value, padding: Sequence[Dim]) -> Value:
    return padded(importer, x, padding, PadMode.REFLECT)


@row("replication_pad1d", "replication_pad2d", "replication_pad3d", by_parts=True)
def replication_pad(importer: Importer, x: Value, padding: Sequence[Dim]) -> Value:
    return padded(importer, x, padding, PadMode.REPLICATE)


@row("_pad_circular", by_parts=True)
def circular_pad(importer: Importer, x: Value, pad: Sequence[Dim]) -> Value:
    return padded(importer, x, pad, PadMode.CIRCULAR)


def padded(importer: Importer, x: Value, pad: Sequence[Dim], mode: PadMode, value: float = 0.0) -> Value:
    """`pad` is torch's: before and after each axis, the last axis first. Negative sizes cut."""
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    pairs = [(0, 0)] * (x.type.rank - len(pairs)) + pairs[::-1]
    if any(_may_cut(importer, side) for pair in pairs for side in pair):
        if mode is PadMode.CONSTANT:
            begin = tuple(_cut(importer, before) for before, _ in pairs)
            end = tuple(size - _cut(importer, after) for size, (_, after) in zip(x.type.shape, pairs, strict=True))
            x = importer.emit(ops.slice, x, begin=begin, end=end, step=(1,) * x.type.rank)
            pairs = [(_padding(importer, before), _padding(importer, after)) for before, after in pairs]
        elif any(isinstance(side, int) and side < 0 for pair in pairs for side in pair):
            raise Unsupported("negative padding that is not constant")
    if all(pair == (0, 0) for pair in pairs):
        return x
    return importer.emit(ops.pad, x, padding=tuple(s for pair in pairs for s in pair), mode=mode, value=float(value))


def _cut(importer: Importer, side: Dim) -> Dim:
    """How much negative padding cuts off."""
    return maximum(-side, 0) if _may_cut(importer, side) else 0


def _padding(importer: Importer, side: Dim) -> Dim:
    return maximum(side, 0) if _may_cut(importer, side) else side


def _may_cut(importer: Importer, side: Dim) -> bool:
    """Whether padding may be negative: for some sizes of the inputs, if not for all."""
    return range_of(side, importer.sizes.bounds)[0] < 0
