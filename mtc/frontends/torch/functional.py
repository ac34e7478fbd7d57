"""In-place calls, and whether a graph can be imported as it stands.

Running torch's decompositions makes a graph functional, but traces it again, which takes seconds. Most graphs need it
only for `relu_` and `add_` on results that nothing else sees. Those are imported as `relu` and `add`, after which the
old name stands for the new value.
"""

from __future__ import annotations

import operator
from collections.abc import Container, Iterable, Mapping
from typing import Any

import torch

_DROPOUTS = ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")
# Operators that may return their operand, or a view of it, though their schema does not say so.
_MAY_ALIAS = {
    *_DROPOUTS,
    *("type_as", "meshgrid", "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d", "einsum", "nan_to_num"),
}
_NORMS = ("batch_norm", "instance_norm")  # they change their running statistics, though their schema does not say so


class InPlace:
    """Which names stand for the same tensor as an in-place call's result."""

    def __init__(self) -> None:
        self._groups: dict[torch.fx.Node, list[torch.fx.Node]] = {}

    def functional(self, target: Any) -> Any:
        """The operator that returns what `target` writes, or `target` itself."""
        return functional(target) or target

    def renewed(self, node: torch.fx.Node) -> list[torch.fx.Node]:
        """The nodes that stand for the value of `node` from now on."""
        if functional(node.target) is None:
            return []
        written = node.args[0]
        assert isinstance(written, torch.fx.Node)
        group = self._groups.setdefault(written, [written])
        self._groups[node] = group
        group.append(node)
        return group


def functional(target: Any) -> Any | None:
    """`relu.default` for `relu_.default`; None for what is not in place."""
    if not isinstance(target, torch._ops.OpOverload) or not target._schema.name.endswith("_"):
        return None
    if target._schema.name.endswith("__") or not target._schema.is_mutable:
        return None
    packet = getattr(torch.ops.aten, target._schema.name.removeprefix("aten::")[:-1], None)
    return getattr(packet, target._overloadname, None) if packet is not None else None


def needs_decompositions(program: torch.export.ExportedProgram, rows: Container[Any]) -> bool:
    """Whether some call has no row, or writes to a tensor that others may see."""
    return _needs_decompositions(program.graph_module, rows)


def _needs_decompositions(module: torch.fx.GraphModule, rows: Container[Any]) -> bool:
    nodes = list(module.graph.nodes)
    order = {node: index for index, node in enumerate(nodes)}
    groups: dict[torch.fx.Node, set[torch.fx.Node]] = {}
    for node in nodes:
        if node.op == "call_function" and isinstance(node.target, torch._ops.HigherOrderOperator):
            if node.target not in rows or any(_needs_decompositions(graph, rows) for graph in _graphs_of(node, module)):
                return True
            continue
        if node.op != "call_function" or node.target is operator.getitem:
            continue
        if not isinstance(node.target, torch._ops.OpOverload):
            if _has_tensors(node):  # what vmap leaves behind
                return True
            continue
        if trains(node):
            return True
        into = functional(node.target)
        if _is_idle_dropout(node):
            continue
        if node.target._schema.is_mutable:
            if into is None or into not in rows or not _is_private(node, groups, order):
                return True
        elif node.target not in rows and _has_tensors(node):
            return True
    return False


def nested_graph_writes(module: torch.fx.GraphModule, *, is_nested: bool = False) -> bool:
    """Whether a graph inside `module` changes a tensor in place that it did not make itself, or a view of one."""
    nodes = list(module.graph.nodes)
    if is_nested and any(_writes_operand(node) for node in nodes):
        return True
    return any(nested_graph_writes(graph, is_nested=True) for node in nodes for graph in _graphs_of(node, module))


def _writes_operand(node: torch.fx.Node) -> bool:
    return _written_placeholder(node) is not None


def _written_placeholder(node: torch.fx.Node) -> torch.fx.Node | None:
    """The input of the graph that `node` changes in place, perhaps through a view."""
    if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
        return None
    written = node.args[0] if node.target._schema.is_mutable and node.args else None
    while isinstance(written, torch.fx.Node) and written.op == "call_function" and not is_fresh(written):
        written = written.args[0]
    return written if isinstance(written, torch.fx.Node) and written.op == "placeholder" else None


def writes_constants(program: torch.export.ExportedProgram) -> bool:
    """Whether a call changes what the program takes for a constant: a tensor that the model also holds elsewhere than
    as a buffer, in a cache object, say. Only strict tracing sees that both are one."""
    constants = set(program.graph_signature.inputs_to_lifted_tensor_constants)
    written = map(_written_placeholder, program.graph.nodes)
    return any(node is not None and node.name in constants for node in written)


def _graphs_of(node: torch.fx.Node, module: torch.fx.GraphModule) -> list[torch.fx.GraphModule]:
    """The graphs that a higher-order operator is given."""
    if node.op != "call_function":
        return []
    held = [getattr(module, str(n.target), None) for n in node.all_input_nodes if n.op == "get_attr"]
    return [graph for graph in held if isinstance(graph, torch.fx.GraphModule)]


def trains(node: torch.fx.Node) -> bool:
    """Whether it is a normalization that changes its running statistics."""
    if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
        return False
    is_norm = node.target._schema.name.removeprefix("aten::") in _NORMS
    return is_norm and bool(node.args[5]) and node.args[3] is not None


def _is_idle_dropout(node: torch.fx.Node) -> bool:
    """In-place dropout that is not training writes nothing."""
    is_dropout = node.target._schema.name.removeprefix("aten::") in {f"{name}_" for name in _DROPOUTS}  # type: ignore[union-attr]
    return is_dropout and not node.args[2]


def _has_tensors(node: torch.fx.Node) -> bool:
    return any(isinstance(source.meta.get("val"), torch.Tensor) for source in node.all_input_nodes)


def _is_private(
    node: torch.fx.Node, groups: dict[torch.fx.Node, set[torch.fx.Node]], order: Mapping[torch.fx.Node, int]
) -> bool:
    """Whether nothing but the names in its group stands for the tensor that `node` writes to."""
    target = node.args[0]
    if not isinstance(target, torch.fx.Node) or target.op != "call_function":
        return False
    group = groups.setdefault(target, {target})
    if target in groups and len(group) == 1 and not is_fresh(target):
        return False
    before: Iterable[torch.fx.Node] = (user for name in group for user in name.users if order[user] < order[node])
    if any(user not in group and not is_fresh(user) for user in before):
        return False
    if _same_type(node, target):
        group.add(node)
        groups[node] = group
        return True
    return False


def is_fresh(node: torch.fx.Node) -> bool:
    """Whether its result is memory of its own."""
    if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
        return False
    schema = node.target._schema
    name = schema.name.removeprefix("aten::")
    return name not in _MAY_ALIAS and not any(result.alias_info is not None for result in schema.returns)


def _same_type(node: torch.fx.Node, target: torch.fx.Node) -> bool:
    new, old = node.meta.get("val"), target.meta.get("val")
    if not isinstance(new, torch.Tensor) or not isinstance(old, torch.Tensor):
        return False
    return new.dtype == old.dtype and new.shape == old.shape
