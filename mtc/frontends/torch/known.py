"""Values that follow from parameters and numbers alone: torch computes them at import, whatever operators they take."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.export.graph_signature import InputKind

from mtc.frontends.torch import results
from mtc.frontends.torch.functional import is_fresh

HELD = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)


def held_tensor(program: torch.export.ExportedProgram, target: str) -> torch.Tensor:
    """The parameter, buffer or constant of that name."""
    tensor = program.state_dict.get(target)
    if tensor is None:
        tensor = program.constants[target]
    assert isinstance(tensor, torch.Tensor)
    return tensor


def is_used(node: torch.fx.Node) -> bool:
    """Whether a result of the graph may depend on it."""
    seen, pending = {node}, [node]
    while pending:
        users = set(pending.pop().users) - seen
        if any(user.op == "output" for user in users):
            return True
        seen |= users
        pending += users
    return False


class Known:
    """Computes values of one program's graph that do not depend on its inputs or its state."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        signature = program.graph_signature
        changed = results.changed_states(signature)
        self._values: dict[torch.fx.Node, Any] = {}
        for node, spec in zip(program.graph.find_nodes(op="placeholder"), signature.input_specs, strict=True):
            if spec.kind in HELD and spec.target not in changed:
                tensor = held_tensor(program, spec.target)
                if not isinstance(tensor, FakeTensor):
                    self._values[node] = tensor
        self._order = {node: index for index, node in enumerate(program.graph.nodes)}
        written = _written(program.graph)
        self._known = {node for node in self._values if node not in written}
        for node in program.graph.nodes:
            if _is_pure(node) and node not in written and self._known.issuperset(node.all_input_nodes):
                self._known.add(node)

    def value(self, node: torch.fx.Node) -> Any:
        """What the call gives; None if it depends on an input, on state, or on random numbers."""
        if node not in self._known:
            return None
        needed, pending = set(), [node]
        while pending:
            one = pending.pop()
            if one not in needed and one not in self._values:
                needed.add(one)
                pending += one.all_input_nodes
        with torch.no_grad():
            for one in sorted(needed, key=self._order.__getitem__):
                here = {name: given for name, given in one.kwargs.items() if name != "device"}
                args, kwargs = torch.fx.map_arg((one.args, here), self._values.__getitem__)
                self._values[one] = one.target(*args, **kwargs)  # type: ignore[operator]
        return self._values[node]


def _written(graph: torch.fx.Graph) -> set[torch.fx.Node]:
    """What a call changes in place, and what such a result may be a view of."""
    written: set[torch.fx.Node] = set()
    for node in reversed(graph.nodes):
        is_written = node in written and node.op == "call_function" and not is_fresh(node)
        is_mutating = isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable
        if is_written or is_mutating:
            written.update(node.all_input_nodes)
    return written


def _is_pure(node: torch.fx.Node) -> bool:
    """Whether it is a call whose result its operands decide."""
    if node.op != "call_function" or node.target is operator.getitem:
        return node.op == "call_function"
    if not isinstance(node.target, torch._ops.OpOverload) or node.target._schema.is_mutable:
        return False
    return torch.Tag.nondeterministic_seeded not in node.target.tags
