"""What an exported program returns and changes: outputs with their names, and state."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.export.graph_signature import OutputKind

from mtc.frontends.torch.complexes import Complex
from mtc.frontends.torch.problems import Problems
from mtc.ir.dims import Expr
from mtc.ir.module import Value
from mtc.ir.types import I64
from mtc.ops import OPS

if TYPE_CHECKING:
    from mtc.frontends.torch.importer import Importer

_STATE_KINDS = (OutputKind.BUFFER_MUTATION, getattr(OutputKind, "PARAMETER_MUTATION", None))
_CHANGED_INPUT = (
    "the model changes it in place, which the caller of a program would not see; "
    "clone it in the model first, or return the new value"
)


@dataclasses.dataclass
class Returned:
    """New values of states, and outputs with the names they should have."""

    states: list[tuple[str, Value]]
    outputs: list[tuple[str, Value | Expr]]


def changed_states(signature: Any) -> set[str]:
    """The parameters and buffers that a call changes."""
    return {spec.target for spec in signature.output_specs if spec.kind in _STATE_KINDS}


def collect(program: torch.export.ExportedProgram, lookup: Callable[[Any], Any], problems: Problems) -> Returned:
    """Reads the graph's output node. Python's own values (None, numbers) are no outputs, sizes that vary are."""
    (node,) = program.graph.find_nodes(op="output")
    returned = Returned([], [])
    names = iter(_leaf_names(program))
    for argument, spec in zip(node.args[0], program.graph_signature.output_specs, strict=True):
        value = lookup(argument)
        if spec.kind in _STATE_KINDS:
            returned.states.append((spec.target, value))
        elif spec.kind is OutputKind.USER_OUTPUT:
            name = next(names, "")
            if isinstance(value, Complex):
                problems.add(f"output {spec.arg.name}", None, "complex numbers; return torch.view_as_real of them")
            if isinstance(value, (Value, Expr)):
                returned.outputs.append((name or getattr(spec.arg, "name", ""), value))
        elif spec.kind is OutputKind.USER_INPUT_MUTATION:
            problems.add(f"input {spec.target}", None, _CHANGED_INPUT)
    return returned


def emit(importer: Importer, returned: Returned) -> None:
    """Ends the function."""
    outputs = [_as_tensor(importer, value) for _, value in returned.outputs]
    values = [value for _, value in returned.states]
    if returned.states:  # what is read after an update must not be the state itself
        outputs, values = ([_apart(importer, value) for value in group] for group in (outputs, values))
    for (state, _), value in zip(returned.states, values, strict=True):
        importer.build.update_state(state, value)
    importer.function.output_names = _unique([name for name, _ in returned.outputs])
    importer.build.results(*outputs)


def _as_tensor(importer: Importer, value: Value | Expr) -> Value:
    return importer.tensor(value, I64) if isinstance(value, Expr) else value


def _apart(importer: Importer, value: Value) -> Value:
    return value if value.viewed_state is None else importer.emit(OPS["copy"], value)


def _unique(names: list[str]) -> list[str]:
    used: set[str] = set()
    for index, name in enumerate(names):
        count = 1
        while names[index] in used:
            count += 1
            names[index] = f"{name}_{count}"
        used.add(names[index])
    return names


def _leaf_names(program: torch.export.ExportedProgram) -> list[str]:
    """A name for each leaf of what the model returns: the keys that lead to it, "" where there are none."""
    spec = program.call_spec.out_spec
    return _names_under(spec, "") if spec is not None else []


def _names_under(spec: Any, path: str) -> list[str]:
    if spec.type is None:  # a leaf
        return [path]
    keys = _keys(spec)
    names = []
    for index, child in enumerate(_children(spec)):
        key = keys[index] if keys is not None else str(index) if path else ""
        names += _names_under(child, f"{path}.{key}" if path and key else path or key)
    return names


def _children(spec: Any) -> list[Any]:
    return list(spec.children() if callable(getattr(spec, "children", None)) else spec.children_specs)


def _keys(spec: Any) -> list[str] | None:
    """The keys of a mapping, or the fields of a tuple or dataclass that names them."""
    context: Any = spec.context
    if isinstance(context, type) and hasattr(context, "_fields"):
        return [str(field) for field in context._fields]
    while isinstance(context, (list, tuple)) and context and isinstance(context[-1], (list, tuple)):
        context = context[0] if _fits(context[0], spec) else context[-1]
    if _fits(context, spec) and (spec.type not in (list, tuple)):
        return [str(key) for key in context]
    return None


def _fits(keys: Any, spec: Any) -> bool:
    is_list = isinstance(keys, (list, tuple)) and all(isinstance(key, (str, int)) for key in keys)
    return is_list and len(keys) == len(_children(spec))
