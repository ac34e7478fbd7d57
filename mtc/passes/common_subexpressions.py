"""Compute what is computed twice once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mtc.ir.module import Constant, Function, Loc, Module, Node, merged
from mtc.ir.opspec import Trait
from mtc.ir.structural import CONSTANT, STATE


@dataclass(frozen=True)
class EliminateCommonSubexpressions:
    """Of nodes with one op, the same operands and the same attributes, the first remains."""

    name: str = "eliminate-common-subexpressions"

    def run(self, module: Module) -> int:
        return sum(_run_on(function) for function in module.all_functions())


def _run_on(function: Function) -> int:
    first: dict[Any, Node] = {}
    places: dict[Node, list[tuple[Loc, ...]]] = {}
    removed = 0
    for node in function:
        key = _key(node)
        if key is None:
            continue
        earlier = first.setdefault(key, node)
        if earlier is node:
            continue
        if node.op is not CONSTANT:  # a number is no work that a report would look for in all these lines
            places.setdefault(earlier, [earlier.loc]).append(node.loc)
        for old, new in zip(node.outputs, earlier.outputs, strict=True):
            new.name = new.name or old.name
            old.replace_by(new)
        node.erase()
        removed += 1
    for node, locs in places.items():
        node.loc = merged(*locs)
    return removed


def _key(node: Node) -> Any | None:
    """Equal for nodes that compute the same. A state has one value, for reads after its update are no valid IR."""
    if node.regions or node.op.has(Trait.EFFECT):
        return None
    if node.op.has(Trait.STRUCTURAL) and node.op not in (CONSTANT, STATE):
        return None
    attrs = tuple(_constant_key(value) if isinstance(value, Constant) else repr(value) for value in node.attrs.values())
    operands = [None if value is None else id(value) for value in node.inputs]
    if len(operands) == 2 and node.op.has(Trait.COMMUTATIVE):
        operands.sort(key=lambda key: key or 0)
    return node.op, tuple(operands), attrs, tuple(value.type for value in node.outputs)


def _constant_key(constant: Constant) -> Any:
    if constant.name is None:  # it is small
        return b"".join(bytes(piece) for piece in constant.chunks())
    return id(constant)


ELIMINATE_COMMON_SUBEXPRESSIONS = EliminateCommonSubexpressions()
