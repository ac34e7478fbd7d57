"""Calls that depend on nothing but numbers and weights: torch computes their results during the import."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch.fx.node import map_arg

from mtc.frontends.torch.problems import Unsupported


def evaluated(node: torch.fx.Node, weights: Mapping[torch.fx.Node, torch.Tensor], refusal: str) -> Any:
    """The result of `node`: a tensor, or a tuple of tensors. `weights` are the nodes whose tensors never change.

    Unsupported, with `refusal` as the reason, if it depends on an input, on a state, or on anything that torch has no
    operator for.
    """
    values: dict[torch.fx.Node, Any] = dict(weights)
    wanted = _ancestors(node, values, refusal)
    with torch.no_grad():
        for call in (call for call in node.graph.nodes if call in wanted):
            arguments = map_arg((call.args, _without_device(call.kwargs)), values.__getitem__)
            values[call] = call.target(*arguments[0], **arguments[1])
    return values[node]


def _ancestors(node: torch.fx.Node, known: Mapping[torch.fx.Node, Any], refusal: str) -> set[torch.fx.Node]:
    """`node` and all calls that its result is computed from."""
    found: set[torch.fx.Node] = set()
    waiting = [node]
    while waiting:
        call = waiting.pop()
        if call not in known and call not in found:
            _check(call, refusal)
            found.add(call)
            waiting += call.all_input_nodes
    return found


def _check(call: torch.fx.Node, refusal: str) -> None:
    if call.target is operator.getitem:
        return
    if not isinstance(call.target, torch._ops.OpOverload) or call.target._schema.is_mutable:
        raise Unsupported(refusal)
    if torch.Tag.nondeterministic_seeded in call.target.tags:
        raise Unsupported("it draws random numbers; draw them outside and pass them as an input")


def _without_device(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name != "device"}
