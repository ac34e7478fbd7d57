"""Says every operator of a module by kernels that are at hand: a search among `alternatives`.

For each node without a kernel the rewrites of its op are tried; what they emit either has kernels or is searched in
turn. Of all ways the one is taken that needs the fewest new kernels, and of those the one that runs the fewest. No
rewrite is applied to what itself made, so that the search ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from mtc.ir.builder import Builder
from mtc.ir.module import Module, Node, Value
from mtc.ir.opspec import OpSpec, Trait, TypeMismatch
from mtc.ir.rewriter import Rewrite
from mtc.passes.alternatives import ALTERNATIVES
from mtc.passes.constant_folding import fold_constants
from mtc.passes.weight_decoding import decode_when_loaded
from mtc.program.storage import is_free

_MOST_KEPT = 8  # ways of a node that are followed up: those that need the fewest new kernels
_DEEPEST = 6  # rewrites inside each other
# The kernels of which any one would run a node, the preferred first; None if one of them is at hand.
Wanted = Callable[[Node], "Sequence[str] | None"]


@dataclass(frozen=True)
class Way:
    """One way to run a node: which kernels it misses, how many it runs, and how it is rewritten, if it is."""

    missing: frozenset[str] = frozenset()
    kernels: int = 1
    rule: Rewrite | None = None
    parts: tuple[Way, ...] = ()  # of each node that the rule emits

    @property
    def rules(self) -> list[str]:
        """The rewrites, the outermost first."""
        own = [self.rule.name] if self.rule is not None else []
        return own + [name for part in self.parts for name in part.rules]


@dataclass(frozen=True)
class Change:
    """A node that was rewritten: which operator, where in the source, how, and as what."""

    op: str
    at: tuple[str, ...]
    rules: tuple[str, ...]
    became: tuple[str, ...]


_NOTHING_TO_RUN = Way(kernels=0)


def ways(node: Node, wanted: Wanted, tried: frozenset[Rewrite] = frozenset()) -> list[Way]:
    """The best ways to run `node`, the best first; those that miss the same kernels are one."""
    if _needs_no_kernel(node):
        return [_NOTHING_TO_RUN]
    keys = wanted(node)
    if keys is None:
        return [Way()]
    found = [Way(frozenset({key})) for key in keys]
    if len(tried) < _DEEPEST:
        for rule in _rules(node):
            if rule not in tried:
                found += _by_rule(node, rule, wanted, tried | {rule})
    return _best(found)


def apply(node: Node, way: Way) -> list[Node]:
    """Rewrites `node` that way. Returns the nodes that run instead."""
    if way.rule is None:
        return [node]
    made = _make(node, way.rule)
    assert made is not None
    for old, new in zip(node.outputs, made.results, strict=True):
        new.name = new.name or old.name
        old.replace_by(new)
    node.erase()
    return [each for part, its in zip(made.computing, way.parts, strict=True) for each in apply(part, its)]


def fit(module: Module, wanted: Wanted) -> tuple[list[Change], list[tuple[Node, list[Way]]]]:
    """Rewrites every node that needs it. Returns what was changed, and the nodes that miss kernels whatever is done,
    each with its ways."""
    changes: list[Change] = []
    stuck: list[tuple[Node, list[Way]]] = []
    for function in list(module.all_functions()):
        for node in list(function):
            if node.op.has(Trait.STRUCTURAL):
                continue
            found = ways(node, wanted)
            if not found or found[0].missing:
                stuck.append((node, found))
            elif found[0].rule is not None:
                op, at = node.op.name, tuple(map(str, node.loc))
                became = [made for made in apply(node, found[0]) if not _needs_no_kernel(made)]
                rules = tuple(dict.fromkeys(found[0].rules))
                changes.append(Change(op, at, rules, tuple(made.op.name for made in became)))
    module.register_constants()
    return changes, stuck


def smallest(choices: Sequence[Sequence[Way]], most: int = 20_000) -> frozenset[str]:
    """The fewest kernels with which each of several nodes has a way. Of nodes with very many ways together one after
    the other is chosen for."""
    distinct = list(dict.fromkeys(tuple(way.missing for way in found) for found in choices if found))
    count = 1
    for found in distinct:
        count *= len(found)
    if count <= most:
        unions = (frozenset[str]().union(*sets) for sets in itertools.product(*distinct))
        return min(unions, key=len)
    chosen: frozenset[str] = frozenset()
    for found in sorted(distinct, key=len):
        chosen |= min(found, key=lambda keys: len(keys - chosen))
    return chosen


def _by_rule(node: Node, rule: Rewrite, wanted: Wanted, tried: frozenset[Rewrite]) -> list[Way]:
    made = _make(node, rule, is_trial=True)
    if made is None:
        return []
    found = [Way(kernels=0, rule=rule)]
    for part in made.computing:
        its = ways(part, wanted, tried)
        found = _best(
            [
                Way(way.missing | each.missing, way.kernels + each.kernels, rule, (*way.parts, each))
                for way in found
                for each in its
            ]
        )
    _erase(made.nodes)
    return found


@dataclass
class _Made:
    """What a rewrite inserted in front of a node: all of it, what of it computes, and what stands for the results."""

    nodes: list[Node]
    computing: list[Node]
    results: list[Value]


def _make(node: Node, rule: Rewrite, *, is_trial: bool = False) -> _Made | None:
    """Inserts what `rule` makes of `node`; None, and nothing is left of it, if it does not match.

    What only reads constants is folded at once, since libraries ask whether weights are constants. In a trial stored
    weights are decoded as well, which lowering does to what stays.
    """
    assert node.function is not None
    build = Builder(node.function, before=node, loc=node.loc)
    try:
        result = rule.apply(node, build)
    except TypeMismatch:  # an op that is not for these dtypes
        result = None
    results = [result] if isinstance(result, Value) else list(result or ())
    if [value.type for value in results] != [value.type for value in node.outputs]:
        _erase(build.emitted)
        return None
    nodes = []
    for made in build.emitted:
        nodes += _folded(made, results, is_trial) or [made]
    return _Made(nodes, [made for made in nodes if not _needs_no_kernel(made)], results)


def _folded(node: Node, results: list[Value], is_trial: bool) -> list[Node] | None:
    """The constants that replace a node that only reads constants."""
    if node.op.has(Trait.STRUCTURAL) or any(value is None or value.constant is None for value in node.inputs):
        return None
    assert node.function is not None
    build = Builder(node.function, before=node, loc=node.loc)
    for rule in (fold_constants, decode_when_loaded) if is_trial else (fold_constants,):
        if rule.roots and node.op not in rule.roots:
            continue
        found = rule.apply(node, build)
        if found is None:
            continue
        for old, new in zip(node.outputs, [found] if isinstance(found, Value) else found, strict=True):
            old.replace_by(new)
            results[:] = [new if value is old else value for value in results]
        node.erase()
        return build.emitted
    return None


def _erase(nodes: Sequence[Node]) -> None:
    """Nodes that nothing else reads, whatever their order."""
    left = list(nodes)
    while left:
        dead = [node for node in left if not any(value.users for value in node.outputs)]
        for node in dead:
            node.erase()
        left = [node for node in left if node.function is not None]


def _best(found: list[Way]) -> list[Way]:
    """Of those that miss the same kernels the one that runs the fewest; only whole ones if there is one."""
    kept: dict[frozenset[str], Way] = {}
    for way in found:
        other = kept.get(way.missing)
        if other is None or way.kernels < other.kernels:
            kept[way.missing] = way
    if frozenset() in kept:
        return [kept[frozenset()]]
    return sorted(kept.values(), key=lambda way: (len(way.missing), way.kernels))[:_MOST_KEPT]


def _needs_no_kernel(node: Node) -> bool:
    """Whether it is a view, or known ahead: constants are folded before a program is written."""
    if node.op.has(Trait.STRUCTURAL) or is_free(node):
        return True
    return bool(node.inputs) and all(value is None or value.constant is not None for value in node.inputs)


def _rules(node: Node) -> tuple[Rewrite, ...]:
    rules = (*_table().get(node.op, ()), *_table().get(None, ()))
    return tuple(rule for rule in rules if rule.quantized) if node.is_quantized else rules


@cache
def _table() -> dict[OpSpec | None, tuple[Rewrite, ...]]:
    table: dict[OpSpec | None, tuple[Rewrite, ...]] = {}
    for rule in ALTERNATIVES:
        for root in rule.roots or (None,):
            table[root] = (*table.get(root, ()), rule)
    return table
