"""Applies local rewrites until none matches, with a worklist: only nodes near a change are looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mtc.ir.builder import Builder
from mtc.ir.module import Function, Module, Node, Value, merged
from mtc.ir.opspec import OpSpec
from mtc.ir.structural import CONSTANT

Replacement = Value | Sequence[Value] | None


@dataclass(frozen=True)
class Rewrite:
    """A function that looks at one node of certain ops and returns what replaces its results, or None.

    Algebra is about real numbers. Where nodes compute with integers that stand for these, each result is rounded and
    limited by its own scale: such nodes are shown only to rewrites that keep this (`quantized`).
    """

    roots: tuple[OpSpec, ...]
    apply: Callable[[Node, Builder], Replacement]
    quantized: bool = False

    @property
    def name(self) -> str:
        return self.apply.__name__.replace("_", "-")


def rewrite(*roots: OpSpec, quantized: bool = False) -> Callable[[Callable[[Node, Builder], Replacement]], Rewrite]:
    """Makes a rewrite of a plain function; without roots it sees every node."""
    return lambda function: Rewrite(roots, function, quantized)


MOST_PER_NODE = 200  # deep networks need a few for each


def apply_rewrites(module: Module, rewrites: Sequence[Rewrite]) -> int:
    """Rewrites every function of `module` until nothing matches. Returns how often a rewrite was applied.

    Rewrites that undo each other would never end: that is a bug in one of them, and RuntimeError.
    """
    table: dict[OpSpec | None, list[Rewrite]] = {}
    for rule in rewrites:
        for root in rule.roots or (None,):
            table.setdefault(root, []).append(rule)
    applied = sum(_rewrite_function(function, table) for function in list(module.all_functions()))
    if applied:
        module.register_constants()
    return applied


def _rewrite_function(function: Function, table: dict[OpSpec | None, list[Rewrite]]) -> int:
    # A stack whose top is the function's first node; a node may be queued again, but stands in it once.
    worklist = dict.fromkeys(reversed(function))
    applied, most = 0, MOST_PER_NODE * len(worklist)
    anywhere = table.get(None, [])
    while worklist:
        node, _ = worklist.popitem()
        if node.function is None:
            continue
        if node.is_dead and node.op is not CONSTANT:
            _queue(worklist, (v.producer for v in node.inputs if v is not None))
            node.erase()
            continue
        rules = [*table.get(node.op, ()), *anywhere]
        if node.is_quantized:
            rules = [rule for rule in rules if rule.quantized]
        for rule in rules:
            build = Builder(function, before=node, loc=node.loc)
            result = rule.apply(node, build)
            if result is None:
                for emitted in reversed(build.emitted):  # a rewrite that gave up halfway
                    if emitted.is_dead:
                        emitted.erase()
                continue
            applied += 1
            if applied > most:
                raise RuntimeError(f"`{rule.name}` was still applied to `{node.op.name}` after {most} rewrites")
            _replace(node, build, (result,) if isinstance(result, Value) else tuple(result), worklist)
            break
    return applied


def _replace(node: Node, build: Builder, results: Sequence[Value], worklist: dict[Node, None]) -> None:
    loc = merged(node.loc, *(new.loc for new in build.emitted))
    read = [v.producer for v in node.inputs if v is not None and v.producer is not None]
    _queue(worklist, read)
    for old, new in zip(node.outputs, results, strict=True):
        if not new.name and new.producer is not None:
            new.name = old.name
        # One that will be looked at anyway is not looked at for each of its operands that change before.
        _queue(worklist, (user for user in old.user_nodes if user not in worklist))
        old.replace_by(new)
    if any(value.users for value in node.outputs):  # it is among its own replacements
        _queue(worklist, (node,))
    else:
        node.erase()
    for new_node in build.emitted:
        new_node.loc = loc
    _queue(worklist, reversed(build.emitted))
    # First of all what is dead by now: while it stands there, what it reads has one more user.
    _queue(worklist, (producer for producer in read if producer.is_dead))


def _queue(worklist: dict[Node, None], nodes: Iterable[Node | None]) -> None:
    for node in nodes:
        if node is not None:
            worklist.pop(node, None)
            worklist[node] = None
