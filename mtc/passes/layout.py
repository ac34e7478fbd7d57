"""Bring image operators into the layout that a library's kernels want.

Each one gets a permute in front of and behind it; the permutes then cancel, or move to the border of the graph
(`permute_sinking.py`), so that a chain of convolutions moves its data once on the way in and once on the way out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Module, Node, Value
from mtc.ir.opspec import Trait
from mtc.ops.define import Layout
from mtc.passes.base import every_node

TO_NHWC = (0, 2, 3, 1)
TO_NCHW = (0, 3, 1, 2)


@dataclass(frozen=True)
class ChooseLayout:
    """Converts the layout-aware nodes that are `wanted` in channels-last layout."""

    wanted: Callable[[Node], bool] = every_node
    name: str = "choose-layout"

    def run(self, module: Module) -> int:
        changed = 0
        for node in list(module.nodes()):
            if node.op.has(Trait.LAYOUT_AWARE) and node.attrs["layout"] is Layout.NCHW and self.wanted(node):
                _to_nhwc(node)
                changed += 1
        return changed


def _to_nhwc(node: Node) -> None:
    assert node.function is not None
    build = Builder(node.function, before=node, loc=node.loc)
    inputs = [_permuted(build, value) for value in node.inputs]
    new = build.again(node, *inputs, layout=Layout.NHWC)
    for old, value in zip(node.outputs, new.outputs, strict=True):
        value.name = old.name
        old.replace_by(build.emit(ops.permute, value, dims=TO_NCHW))
    node.erase()


def _permuted(build: Builder, value: Value | None) -> Value | None:
    """Images and kernels have four axes; a bias has one."""
    if value is None or value.type.rank != 4:
        return value
    return build.emit(ops.permute, value, dims=TO_NHWC)


CHOOSE_LAYOUT = ChooseLayout()
