"""Move permutes through reshapes, where the axes that a reshape joins or splits stand together.

A reshape is taken apart into groups: runs of axes before it and runs behind it with the same number of elements. A
permute that keeps the axes of each group in order can as well be done behind the reshape.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.dims import Shape, product
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.layout import TO_NCHW
from mtc.passes.permutes import Axes, is_wanted, permuted_by, unpermuted


@dataclass(frozen=True)
class Group:
    """Axes before a reshape, and those behind it that hold the same elements. Axes of size 1 before it are in none."""

    before: Axes
    behind: Axes


def grouped(before: Shape, behind: Shape) -> list[Group] | None:
    """The smallest groups that a reshape from `before` to `behind` has, in order. None if sizes do not tell."""
    wide_before = [axis for axis, size in enumerate(before) if size != 1]
    wide_behind = [axis for axis, size in enumerate(behind) if size != 1]
    groups: list[Group] = []
    start = 0  # the first axis behind that is in no group; those of size 1 join the group that follows them
    while wide_before and wide_behind:
        found = _smallest(before, behind, wide_before, wide_behind)
        if found is None:
            return None
        taken, given = found
        last = wide_behind[given - 1]
        groups.append(Group(tuple(wide_before[:taken]), tuple(range(start, last + 1))))
        start = last + 1
        del wide_before[:taken], wide_behind[:given]
    if wide_before or wide_behind or not groups:
        return None
    groups[-1] = Group(groups[-1].before, (*groups[-1].behind, *range(start, len(behind))))
    return groups


def _smallest(before: Shape, behind: Shape, axes: list[int], others: list[int]) -> tuple[int, int] | None:
    for total in range(2, len(axes) + len(others) + 1):
        for taken in range(max(1, total - len(others)), min(len(axes), total - 1) + 1):
            given = total - taken
            if product(before[a] for a in axes[:taken]) == product(behind[a] for a in others[:given]):
                return taken, given
    return None


def _moved_groups(node: Node) -> tuple[Value, list[tuple[Axes, Group]]] | None:
    """What is permuted before a reshape, and for each group the axes of that value that it holds.

    Axes are counted without those of size 1.
    """
    (y,) = node.inputs
    dims = permuted_by(y)
    if dims is None or y is None or 0 in y.type.shape:
        return None
    groups = grouped(y.type.shape, node.output.type.shape)
    if groups is None:
        return None
    x = unpermuted(y)
    wide = [axis for axis, size in enumerate(x.type.shape) if size != 1]
    return x, [(tuple(wide.index(dims[axis]) for axis in group.before), group) for group in groups]


def _reshaped(build: Builder, x: Value, groups: list[tuple[Axes, Group]], shape: Shape) -> tuple[Value, Axes]:
    """`x` with its groups in the order of x, and the permute that gives `shape`."""
    order = [axis for _, group in sorted(groups, key=lambda item: item[0]) for axis in group.behind]
    result = build.emit(ops.reshape, x, shape=tuple(shape[axis] for axis in order))
    return result, tuple(order.index(axis) for axis in range(len(shape)))


@rewrite(ops.reshape)
def sink_through_reshape(node: Node, build: Builder) -> Value | None:
    """Axes that a permute keeps side by side can be joined or split before it."""
    found = _moved_groups(node)
    if found is None:
        return None
    x, groups = found
    if any(axes != tuple(range(axes[0], axes[0] + len(axes))) for axes, _ in groups):
        return None
    reshaped, dims = _reshaped(build, x, groups, node.output.type.shape)
    return reshaped if dims == tuple(range(len(dims))) else build.emit(ops.permute, reshaped, dims=dims)


@rewrite(ops.reshape)
def shuffle_in_layout(node: Node, build: Builder) -> Value | None:
    """A channel shuffle between operators in NHWC: only the groups are swapped, and the images stay in NHWC."""
    found = _moved_groups(node)
    if found is None:
        return None
    x, groups = found
    if any(sorted(axes) != list(range(min(axes), min(axes) + len(axes))) for axes, _ in groups):
        return None
    wide = [axis for axis, size in enumerate(x.type.shape) if size != 1]
    if len(wide) != x.type.rank:
        return None
    by_place = sorted(groups, key=lambda item: min(item[0]))
    swap = tuple(axis for axes, _ in by_place for axis in axes)
    order = [axis for _, group in by_place for axis in group.behind]
    dims = tuple(order.index(axis) for axis in range(node.output.type.rank))
    if swap == tuple(range(len(swap))) or dims != TO_NCHW or not is_wanted(node.output, dims):
        return None
    swapped = build.emit(ops.permute, x, dims=swap)
    reshaped = build.emit(ops.reshape, swapped, shape=tuple(node.output.type.shape[axis] for axis in order))
    return build.emit(ops.permute, reshaped, dims=dims)
