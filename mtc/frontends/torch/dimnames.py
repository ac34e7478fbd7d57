"""What the user said of sizes with torch.export.Dim: names, and the least sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils import _pytree as pytree

from mtc.diagnostics import BAD_SOURCE


@dataclass(frozen=True)
class StatedDims:
    """By torch's symbols: the user's names, and the least sizes where the user gave one."""

    names: dict[str, str] = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)


def stated_dims(
    program: torch.export.ExportedProgram, dynamic_shapes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> StatedDims:
    """What `dynamic_shapes` says."""
    if not dynamic_shapes:
        return StatedDims()
    fakes = _fakes(program, args, kwargs)
    names: dict[str, str] = {}
    least: dict[str, int] = {}
    for tensor, axis, dim in _named(dynamic_shapes, _bound(args, kwargs)):
        fake = fakes.get(id(tensor))
        size = fake.shape[axis] if fake is not None else None
        if isinstance(size, torch.SymInt):
            symbols = sorted(size.node.expr.free_symbols, key=str)
            root = getattr(dim, "root", dim)  # 2 * dim is derived from dim
            name = getattr(root, "__name__", None)
            if len(symbols) != 1:
                continue
            if isinstance(smallest := getattr(root, "min", None), int):
                least[str(symbols[0])] = max(smallest, least.get(str(symbols[0]), 0))
            if isinstance(name, str) and name.isidentifier() and name not in ("min", "max"):
                names.setdefault(str(symbols[0]), name)
    # Two symbols of one name are two sizes: torch's own names stand.
    return StatedDims({symbol: name for symbol, name in names.items() if list(names.values()).count(name) == 1}, least)


def count_fixed(
    program: torch.export.ExportedProgram, dynamic_shapes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> int:
    """How many sizes that may vary as far as `dynamic_shapes` goes do not."""
    fakes = _fakes(program, args, kwargs)
    named = _named(dynamic_shapes, _bound(args, kwargs))
    stated = [(fakes.get(id(tensor)), axis) for tensor, axis, dim in named if dim != torch.export.Dim.STATIC]
    return sum(isinstance(fake, torch.Tensor) and isinstance(fake.shape[axis], int) for fake, axis in stated)


def check_axes(dynamic_shapes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """BAD_SOURCE if `dynamic_shapes` names an axis that a tensor has not: torch takes some of these as if nothing stood
    there, and raises an IndexError of its own for others."""
    wrong = [
        f"axis {axis!r} of a tensor of shape {list(tensor.shape)}"
        for tensor, axis, _ in _named(dynamic_shapes, _bound(args, kwargs))
        if not isinstance(axis, int) or not -tensor.dim() <= axis < tensor.dim()
    ]
    if wrong:
        raise BAD_SOURCE.error(
            f"`dynamic_shapes` names {'; '.join(wrong)}", help="name axes by number, from 0: `{0: Dim('n')}`"
        )


def _fakes(program: torch.export.ExportedProgram, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[int, Any]:
    leaves = pytree.tree_leaves((args, kwargs))
    users = set(program.graph_signature.user_inputs)
    nodes = [node for node in program.graph.find_nodes(op="placeholder") if node.name in users]
    if len(nodes) != len(leaves):
        held = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        nodes = [node for node in nodes if isinstance(node.meta.get("val"), torch.Tensor)]
        leaves = held if len(held) == len(nodes) else []
    return {id(leaf): node.meta.get("val") for leaf, node in zip(leaves, nodes, strict=False)}


def _bound(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[Any, Any]:
    """Arguments by position, and by name where one was given."""
    return {**dict(enumerate((*args, *kwargs.values()))), **kwargs}


def _named(shapes: Any, arguments: dict[Any, Any]) -> Iterator[tuple[torch.Tensor, int, Any]]:
    """Tensor, axis and Dim, or hint such as Dim.AUTO, of each size that has one."""
    if isinstance(shapes, Mapping):
        for index, (name, shape) in enumerate(shapes.items()):
            # A mapping is in the order of the forward's parameters.
            yield from _walk(shape, arguments[name] if name in arguments else arguments.get(index))
    elif isinstance(shapes, Sequence):
        for index, shape in enumerate(shapes):
            is_rest = isinstance(arguments.get(index), torch.Tensor) and _holds_shapes(shape)  # of *args
            pairs = enumerate(shape, start=index) if is_rest else ((index, shape),)
            for place, inner in pairs:
                yield from _walk(inner, arguments.get(place))


def _holds_shapes(shape: Any) -> bool:
    return isinstance(shape, (tuple, list)) and any(isinstance(inner, (Mapping, tuple, list)) for inner in shape)


def _walk(shape: Any, argument: Any) -> Iterator[tuple[torch.Tensor, int, Any]]:
    if isinstance(argument, torch.Tensor):
        entries = shape.items() if isinstance(shape, Mapping) else enumerate(shape or ())
        for axis, dim in entries:
            if hasattr(dim, "min"):
                yield argument, axis, dim
    elif isinstance(argument, Mapping) and isinstance(shape, Mapping):
        for key, inner in shape.items():
            yield from _walk(inner, argument.get(key))
    elif isinstance(argument, Sequence) and isinstance(shape, Sequence):
        for inner, item in zip(shape, argument, strict=False):
            yield from _walk(inner, item)
