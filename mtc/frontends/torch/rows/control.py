"""Control flow: torch's higher-order operators, whose graphs become nested functions.

A nested function is closed: what it needs of the function around it are its operands. torch lifts tensors that way;
named dims that no operand's size gives are brought along by an empty tensor of that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
import torch
import torch._higher_order_ops

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.problems import FAILED, Unsupported
from mtc.frontends.torch.table import row
from mtc.ir.builder import Builder
from mtc.ir.dims import dim
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BOOL, F32, I64, TensorType

_RELATIONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


@row("higher_order::cond")
def cond(importer: Importer, predicate: Any, then: Any, otherwise: Any, operands: Sequence[Any] = ()) -> Any:
    chosen = predicate
    if not isinstance(predicate, Value):
        chosen = _truth(importer, predicate)
    given = _Operands(operands)
    branches = [
        _Graph(importer, graph, name, given.types) for name, graph in (("then", then), ("otherwise", otherwise))
    ]
    return _emit(importer, ops.cond, branches, [importer.cast(chosen, BOOL)], given.values)


@row("higher_order::while_loop")
def while_loop(
    importer: Importer, condition: Any, body: Any, carried: Sequence[Any], additional: Sequence[Any] = ()
) -> Any:
    if not all(isinstance(value, Value) for value in carried):
        raise Unsupported("it carries a number; carry a 0-d tensor")
    given = _Operands((*carried, *additional))
    graphs = [_Graph(importer, graph, name, given.types) for name, graph in (("condition", condition), ("body", body))]
    return _emit(importer, ops.while_loop, graphs, [], given.values, carried=len(carried))


@row("higher_order::scan")
def scan(importer: Importer, body: Any, init: Sequence[Any], xs: Sequence[Any], additional: Sequence[Any] = ()) -> Any:
    if not all(isinstance(value, Value) for value in (*init, *xs)):
        raise Unsupported("it carries a number; carry a 0-d tensor")
    fixed = _Operands(additional)
    slices = [value.type.with_shape(value.type.shape[1:]) for value in xs]
    graph = _Graph(importer, body, "body", [*(value.type for value in init), *slices, *fixed.types])
    operands = [*init, *xs, *fixed.values]
    return _emit(importer, ops.scan, [graph], [], operands, carried=len(init), scanned=len(xs))


@row("higher_order::map_impl")
def map_impl(importer: Importer, body: Any, xs: Sequence[Any], additional: Sequence[Any] = ()) -> Any:
    return scan(importer, body, (), xs, additional)


class _Operands:
    """What a graph is called with: tensors are operands of the node, numbers stand in the nested function."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self.values = [argument for argument in arguments if isinstance(argument, Value)]
        self.types = [argument.type if isinstance(argument, Value) else argument for argument in arguments]


class _Graph:
    """A nested function. `places` says for each thing it returns whether that is a tensor or None."""

    def __init__(self, importer: Importer, graph: Any, name: str, arguments: Sequence[Any]) -> None:
        self.function, returned = importer.nested(graph, name, arguments)
        self.returned: tuple[Any, ...] = returned if isinstance(returned, tuple) else (returned,)
        self.has_failed = any(item is FAILED for item in self.returned)
        self.places = [item is not None for item in self.returned]

    def finish(self, importer: Importer, carriers: Sequence[str]) -> None:
        """Ends the function, which has an empty input for each of `carriers` besides."""
        for item in self.returned:
            if item is not None and not isinstance(item, Value):
                raise Unsupported("a nested function returns a number; return a tensor")
        Builder(self.function).results(*(item for item in self.returned if item is not None))
        self.function.inputs += [Value(_carrier(name), f"size_of_{name}") for name in carriers]
        importer.close(self.function)


def _emit(
    importer: Importer, op: OpSpec, graphs: Sequence[_Graph], head: list[Value], operands: list[Value], **attrs: Any
) -> Any:
    """The results of `op`, None where torch returns None."""
    if any(graph.has_failed for graph in graphs):
        return FAILED
    named = set().union(*(graph.function.named_dims() for graph in graphs))
    sizes = {size for value in graphs[0].function.inputs for size in value.type.shape}
    carriers = sorted(name for name in named if dim(name) not in sizes)
    for graph in graphs:
        graph.finish(importer, carriers)
    brought = [importer.full(_carrier(name).shape, 0.0, F32) for name in carriers]
    regions = [graph.function for graph in graphs]
    results = iter(importer.build.node(op, *head, *operands, *brought, regions=regions, **attrs).outputs)
    return tuple(next(results) if is_tensor else None for is_tensor in graphs[0 if op is ops.cond else -1].places)


def _carrier(name: str) -> TensorType:
    return TensorType(F32, (dim(name), 0))


def _truth(importer: Importer, predicate: Any) -> Value:
    """A predicate of sizes, or one that is known, as a 0-d bool."""
    if isinstance(predicate, torch.SymBool):
        return _of_sizes(importer, predicate.node.expr)
    return importer.scalar(bool(predicate), BOOL)


def _of_sizes(importer: Importer, expr: Any) -> Value:
    if expr in (sympy.true, sympy.false):
        return importer.scalar(bool(expr), BOOL)
    if isinstance(expr, sympy.core.relational.Relational):
        sides = [importer.tensor(importer.sizes.expression(side), I64) for side in (expr.lhs, expr.rhs)]
        return importer.emit(ops.OPS[_RELATIONS[expr.rel_op]], *sides)
    if isinstance(expr, sympy.Not):
        return importer.emit(ops.logical_not, _of_sizes(importer, expr.args[0]))
    if isinstance(expr, (sympy.And, sympy.Or)):
        joined, *rest = (_of_sizes(importer, part) for part in expr.args)
        for part in rest:
            joined = importer.emit(ops.logical_and if isinstance(expr, sympy.And) else ops.logical_or, joined, part)
        return joined
    raise Unsupported(f"the predicate {expr} cannot be computed from the sizes of inputs")
