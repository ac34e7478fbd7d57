"""What a graph starts from: the inputs of the program, its parameters and buffers, and constants of the graph's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.export.graph_signature import InputKind

from mtc.frontends.torch.complexes import Complex, is_complex
from mtc.frontends.torch.known import HELD, held_tensor, is_used
from mtc.frontends.torch.locations import location
from mtc.frontends.torch.problems import FAILED, Unsupported
from mtc.frontends.torch.results import changed_states
from mtc.frontends.torch.sizes import UnsupportedSize
from mtc.frontends.torch.tensors import check_dense, dtype_of
from mtc.ir.module import State, Value
from mtc.ir.types import TensorType

if TYPE_CHECKING:
    from mtc.frontends.torch.graph import GraphImporter


def placeholders(importer: GraphImporter) -> dict[torch.fx.Node, Any]:
    """What stands for each placeholder: a value, a number, None or FAILED."""
    program = importer.program
    signature = program.graph_signature
    changed = changed_states(signature)
    found: dict[torch.fx.Node, Any] = {}
    for node, spec in zip(program.graph.find_nodes(op="placeholder"), signature.input_specs, strict=True):
        if spec.kind is InputKind.USER_INPUT:
            found[node] = _input(importer, node, spec)
        elif spec.kind in HELD:
            found[node] = _held(importer, node, spec.target, is_state=spec.target in changed)
        else:
            found[node] = None
    return found


def attribute(importer: GraphImporter, node: torch.fx.Node) -> Any:
    """What a `get_attr` node names: a tensor as a constant, a graph as it is. Unsupported as for `constant`."""
    held: Any = importer.graph_module
    for part in str(node.target).split("."):
        held = getattr(held, part)
    return constant(importer, held, str(node.target)) if isinstance(held, torch.Tensor) else held


def constant(importer: GraphImporter, tensor: torch.Tensor, name: str) -> Value | Complex:
    """A constant, or one for each part of a complex tensor. Unsupported if the IR has no such tensor."""
    if not is_complex(tensor):
        return importer.build.constant(importer.pool.constant(importer.module, tensor, name), name=name)
    plain = tensor.resolve_conj()
    parts = [(f"{name}.{part}", getattr(plain, part).contiguous()) for part in ("real", "imag")]
    held = [importer.pool.constant(importer.module, part, own) for own, part in parts]
    return Complex(*(importer.build.constant(part, name=own) for part, (own, _) in zip(held, parts, strict=True)))


def _input(importer: GraphImporter, node: torch.fx.Node, spec: Any) -> Any:
    fake = node.meta.get("val")
    if isinstance(fake, torch.Tensor):
        try:
            check_dense(fake)
            type_ = TensorType(dtype_of(fake.dtype), importer.sizes.input_shape(fake.shape))
        except (Unsupported, UnsupportedSize) as error:
            importer.problems.add(f"input {node.name}", location(node), str(error))
            return FAILED
        value = Value(type_, node.name)
        importer.function.inputs.append(value)
        return value
    if isinstance(fake, (torch.SymInt, torch.SymFloat)):
        reason = "a number that varies; pass it as a 0-d tensor"
        importer.problems.add(f"input {node.name}", location(node), reason)
        return FAILED
    return fake if fake is not None else getattr(spec.arg, "value", None)


def _held(importer: GraphImporter, node: torch.fx.Node, target: str, *, is_state: bool) -> Any:
    tensor = held_tensor(importer.program, target)
    if isinstance(tensor, FakeTensor):
        if is_used(node):
            reason = "torch.export lost its elements; make it in the module's constructor, as a buffer"
            importer.problems.add(f"constant {target}", location(node), reason)
        return FAILED
    importer.pool.name(tensor, target)
    if not node.users and not is_state:  # such as weights that were quantized since
        return None
    try:
        return _state(importer, tensor, target) if is_state else constant(importer, tensor, target)
    except Unsupported as error:
        importer.problems.add(f"parameter {target}", None, str(error))
        return FAILED


def _state(importer: GraphImporter, tensor: torch.Tensor, name: str) -> Value:
    initial = importer.pool.constant(importer.module, tensor, name)
    is_zero = not tensor.any() and not tensor.signbit().any()  # as empty caches are: nothing to store
    importer.module.states[name] = State(name, initial.type, None if is_zero else initial)
    return importer.build.state(name, initial.type, name=name)
