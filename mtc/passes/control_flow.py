"""Nested functions that know more and take less: constants stand in them, branches that are known take no operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.clone import inline
from mtc.ir.dims import Dim, dim
from mtc.ir.module import Function, Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites

_LOOPS = (ops.cond, ops.while_loop, ops.scan)


def _first_fixed(node: Node) -> int:
    """The first operand that each call of a nested function gets as it is."""
    if node.op is ops.cond:
        return 1
    return sum(node.attrs[name] for name in ("carried", "scanned") if node.op.has_attr(name))


def _input_of(node: Node, region: Function, index: int) -> Value:
    """The input of `region` that is operand `index`."""
    return region.inputs[index - (1 if node.op is ops.cond else 0)]


@rewrite(ops.cond, quantized=True)
def inline_known_branch(node: Node, build: Builder) -> Sequence[Value] | None:
    """A model's switches are often constants by the time it is exported."""
    predicate = node.operand(0).constant
    if predicate is None:
        return None
    chosen = node.regions[0 if predicate.array().reshape(()) else 1]
    return inline(chosen, [node.operand(index) for index in range(1, len(node.inputs))], build)


@rewrite(*_LOOPS, quantized=True)
def move_constants_inside(node: Node, build: Builder) -> Sequence[Value] | None:
    """Libraries pack weights that they see to be constants; torch hands them to branches and bodies as operands."""
    constants = (i for i in range(_first_fixed(node), len(node.inputs)) if node.operand(i).constant is not None)
    found = _droppable(node, constants)
    if not found:
        return None
    for index in found:
        outer = node.operand(index)
        for region in node.regions:
            value = _input_of(node, region, index)
            if value.users:
                inner = Builder(region, before=next(iter(region)), loc=outer.producer.loc if outer.producer else ())
                value.replace_by(inner.constant(outer.constant, outer.name))  # type: ignore[arg-type]
    return _without_operands(node, found, build)


@rewrite(*_LOOPS, quantized=True)
def drop_unused_operands(node: Node, build: Builder) -> Sequence[Value] | None:
    """Branches are given what either of them needs."""
    unused = (
        index
        for index in range(_first_fixed(node), len(node.inputs))
        if not any(_input_of(node, region, index).users for region in node.regions)
    )
    found = _droppable(node, unused)
    return _without_operands(node, found, build) if found else None


@rewrite(ops.cond, quantized=True)
def drop_unused_results(node: Node, build: Builder) -> Sequence[Value] | None:
    """What only a result that nobody reads needs is dead in the branches."""
    kept = [index for index, value in enumerate(node.outputs) if value.users]
    if len(kept) == len(node.outputs):
        return None
    for region in node.regions:
        region.return_node.set_inputs([region.outputs[index] for index in kept])
        region.output_names = []
    new = iter(_rebuilt(node, node.inputs, build).outputs)
    results = {index: next(new) for index in kept}
    return [results.get(index, value) for index, value in enumerate(node.outputs)]


def _droppable(node: Node, candidates: Iterable[int]) -> list[int]:
    """Those of the operands `candidates` that can all go together: every named dim stays the size of an input."""
    found: list[int] = []
    sources = [_size_counts(region) for region in node.regions]
    for index in candidates:
        given = [_named_sizes(region, _input_of(node, region, index)) for region in node.regions]
        if all(counts[size] > 1 for counts, sizes in zip(sources, given, strict=True) for size in sizes):
            for counts, sizes in zip(sources, given, strict=True):
                counts.subtract(sizes)
            found.append(index)
    return found


def _size_counts(region: Function) -> Counter[Dim]:
    """How many inputs of `region` each of its named dims is a size of."""
    return Counter(size for value in region.inputs for size in _named_sizes(region, value))


def _named_sizes(region: Function, value: Value) -> set[Dim]:
    return set(value.type.shape).intersection(dim(name) for name in region.symbols)


def _without_operands(node: Node, found: list[int], build: Builder) -> Sequence[Value]:
    for region in node.regions:
        gone = {_input_of(node, region, index) for index in found}
        region.inputs = [value for value in region.inputs if value not in gone]
    return _rebuilt(node, [value for index, value in enumerate(node.inputs) if index not in found], build).outputs


def _rebuilt(node: Node, inputs: Sequence[Value | None], build: Builder) -> Node:
    return build.node(node.op, *inputs, regions=node.regions, **node.attrs)


SIMPLIFY_CONTROL_FLOW = Rewrites(
    "simplify-control-flow",
    (inline_known_branch, move_constants_inside, drop_unused_operands, drop_unused_results),
)
