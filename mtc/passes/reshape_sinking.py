"""Move permutes through reshapes, where the axes that a reshape joins or splits stand together.

A reshape is taken apart into runs of axes before it and behind it with the same number of elements. A permute that
keeps the axes of each run in order can as well be done behind the reshape.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.dims import Shape, product
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.layout import TO_NCHW, TO_NHWC
from mtc.passes.matching import absorb, made_by
from mtc.passes.permutes import Axes, is_wanted, permuted_by, unpermuted


@dataclass(frozen=True)
class Run:
    """Axes before a reshape, and those behind it that hold the same elements."""

    before: Axes
    behind: Axes


def runs(before: Shape, behind: Shape) -> list[Run] | None:
    """The smallest runs that a reshape from `before` to `behind` has, in order. None if sizes do not tell.

    Axes of size 1 stand for each other where both sides have one; others are in no run, or join the next behind.
    """
    found: list[Run] = []
    i = j = 0
    joined: Axes = ()
    while i < len(before) or j < len(behind):
        is_one, is_new = i < len(before) and before[i] == 1, j < len(behind) and behind[j] == 1
        if is_one and is_new:
            found.append(Run((i,), (*joined, j)))
            i, j, joined = i + 1, j + 1, ()
        elif is_one:
            i += 1
        elif is_new:
            joined, j = (*joined, j), j + 1
        else:
            size = _smallest(before[i:], behind[j:])
            if size is None:
                return None
            found.append(Run(tuple(range(i, i + size[0])), (*joined, *range(j, j + size[1]))))
            i, j, joined = i + size[0], j + size[1], ()
    if joined and found:
        found[-1] = Run(found[-1].before, (*found[-1].behind, *joined))
    return found or None


def _smallest(before: Shape, behind: Shape) -> tuple[int, int] | None:
    """How many axes on each side hold the same number of elements."""
    for total in range(2, len(before) + len(behind) + 1):
        for taken in range(max(1, total - len(behind)), min(len(before), total - 1) + 1):
            if product(before[:taken]) == product(behind[: total - taken]):
                return taken, total - taken
    return None


def _moved_runs(node: Node) -> tuple[Value, list[tuple[Axes, Run]]] | None:
    """What is permuted before a reshape, and for each run the axes of that value."""
    (y,) = node.inputs
    dims = permuted_by(y)
    if dims is None or y is None or 0 in y.type.shape:
        return None
    found = runs(y.type.shape, node.output.type.shape)
    if found is None:
        return None
    return unpermuted(y), [(tuple(dims[axis] for axis in run.before), run) for run in found]


def _stand_together(axes: Axes, shape: Shape) -> bool:
    """Whether nothing but axes of size 1 lies between `axes`, which come in the order they have."""
    between = set(range(axes[0], axes[-1] + 1)) - set(axes)
    return list(axes) == sorted(axes) and all(shape[axis] == 1 for axis in between)


def _reshaped(build: Builder, x: Value, moved: list[tuple[Axes, Run]], shape: Shape) -> tuple[Value, Axes]:
    """`x` with its runs in the order of x, and the permute that gives `shape`."""
    order = [axis for _, run in sorted(moved, key=lambda item: item[0]) for axis in run.behind]
    result = build.emit(ops.reshape, x, shape=tuple(shape[axis] for axis in order))
    return result, tuple(order.index(axis) for axis in range(len(shape)))


@rewrite(ops.reshape, quantized=True)
def sink_through_reshape(node: Node, build: Builder) -> Value | None:
    """Axes that a permute keeps side by side can be joined or split before it."""
    found = _moved_runs(node)
    if found is None:
        return None
    x, moved = found
    if not all(_stand_together(axes, x.type.shape) for axes, _ in moved):
        return None
    reshaped, dims = _reshaped(build, x, moved, node.output.type.shape)
    return reshaped if dims == tuple(range(len(dims))) else build.emit(ops.permute, reshaped, dims=dims)


@rewrite(ops.reshape, quantized=True)
def shuffle_in_layout(node: Node, build: Builder) -> Value | None:
    """A channel shuffle between operators in NHWC: only the groups are swapped, and the images stay in NHWC."""
    found = _moved_runs(node)
    if found is None:
        return None
    x, moved = found
    by_place = sorted(moved, key=lambda item: min(item[0]))
    swap = tuple(axis for axes, _ in by_place for axis in axes)
    in_place = tuple(axis for axes, _ in by_place for axis in sorted(axes))
    if in_place != tuple(range(x.type.rank)) or swap == in_place:
        return None
    order = [axis for _, run in by_place for axis in run.behind]
    dims = tuple(order.index(axis) for axis in range(node.output.type.rank))
    if dims != TO_NCHW or not is_wanted(node.output, dims):
        return None
    swapped = build.emit(ops.permute, x, dims=swap)
    reshaped = build.emit(ops.reshape, swapped, shape=tuple(node.output.type.shape[axis] for axis in order))
    return build.emit(ops.permute, reshaped, dims=dims)


@rewrite(ops.permute, quantized=True)
def hoist_through_reshape(node: Node, build: Builder) -> Value | None:
    """Windows of an image put together again, then brought to NHWC: the permute before the reshape can do both."""
    joined = made_by(node.inputs[0], ops.reshape)
    y = None if joined is None else joined.inputs[0]
    if joined is None or y is None or permuted_by(y) is None or 0 in y.type.shape:
        return None
    if node.attrs["dims"] != TO_NHWC:  # the other way, a channel shuffle would come back for ever
        return None
    found = runs(y.type.shape, joined.output.type.shape)
    if found is None:
        return None
    starts = {run.behind[0]: run for run in found}
    wanted = node.attrs["dims"]
    order: list[int] = []
    while wanted:
        run = starts.get(wanted[0])
        if run is None or wanted[: len(run.behind)] != run.behind:
            return None
        order += run.before
        wanted = wanted[len(run.behind) :]
    alone = [axis for axis in range(y.type.rank) if axis not in order]
    absorb(build, joined)
    moved = build.emit(ops.permute, y, dims=(*alone, *order))
    return build.emit(ops.reshape, moved, shape=node.output.type.shape)
