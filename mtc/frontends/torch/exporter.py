"""`torch.export` of a module, and the import of what it gives."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils import _pytree as pytree

from mtc.diagnostics import BAD_NAMES, BAD_SOURCE, EXPORT_FAILED
from mtc.frontends.torch import table
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.tensors import to_numpy
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Sample
from mtc.ir.verifier import verify


def import_torch(
    source: torch.nn.Module | torch.export.ExportedProgram,
    example_inputs: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    warn: Any = warnings.warn,
) -> Module:
    """The IR of a module or an exported program, form `imported`, with one sample if there are example inputs.

    `example_inputs` is a tuple of positional arguments, or a mapping of keyword arguments. MtcError if torch cannot
    export the module, or if operators cannot be imported.
    """
    args, kwargs = _arguments(example_inputs)
    with _quiet():
        if isinstance(source, torch.export.ExportedProgram):
            program = source
            if example_inputs is None and program.example_inputs is not None:
                args, kwargs = program.example_inputs
        elif isinstance(source, torch.nn.Module):
            if example_inputs is None:
                raise BAD_SOURCE.error("a module is exported with example inputs", help="give `example_inputs`")
            if any(module.training for module in source.modules()):
                warn("the module is in training mode: dropout and batch norm behave as in training; call .eval() first")
            program = _export(source, args, kwargs, dynamic_shapes)
        else:
            raise BAD_SOURCE.error(f"a {type(source).__name__} is not a model", help=BAD_SOURCE.explanation)
        has_example = example_inputs is not None or program.example_inputs is not None
        sample = _sample(program, args, kwargs) if has_example else None
        rows = table.load()
        names = _dim_names(program, dynamic_shapes, args, kwargs)
        module = Importer(_decomposed(program, rows), rows, names).run()
    _rename(module, input_names, output_names)
    if sample is not None:
        module.samples["forward"] = [sample]
    verify(module)
    return module


def _arguments(example_inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if example_inputs is None:
        return (), {}
    if isinstance(example_inputs, Mapping):
        return (), dict(example_inputs)
    if isinstance(example_inputs, torch.Tensor):
        return (example_inputs,), {}
    return tuple(example_inputs), {}


def _export(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> torch.export.ExportedProgram:
    """Non-strict first, since it takes more of Python; then strict, which sees through more control flow."""
    reasons = []
    for strict in (False, True):
        try:
            with torch.no_grad():
                return torch.export.export(module, args, kwargs, dynamic_shapes=dynamic_shapes, strict=strict)
        except Exception as error:  # noqa: BLE001  torch raises whatever the user's forward raises
            reasons.append(f"{'strict' if strict else 'non-strict'}: {type(error).__name__}: {_first_lines(error)}")
    raise EXPORT_FAILED.error(
        f"torch.export cannot trace `{type(module).__name__}`",
        notes=reasons,
        help="make the forward independent of values, or mark sizes that vary in dynamic_shapes",
    )


def _first_lines(error: Exception, most: int = 6) -> str:
    return "\n    ".join(str(error).strip().splitlines()[:most])


def _decomposed(program: torch.export.ExportedProgram, rows: Mapping[Any, Any]) -> torch.export.ExportedProgram:
    """Without in-place calls, and with every operator that has no row broken into core ATen ones."""
    decompositions = torch.export.default_decompositions()
    for target in list(decompositions):
        if target in rows:
            del decompositions[target]
    return program.run_decompositions(decompositions)


def _sample(program: torch.export.ExportedProgram, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sample:
    """The example inputs and the source's outputs on them; its buffers are put back afterwards."""
    before = {name: tensor.detach().clone() for name, tensor in program.state_dict.items() if _is_mutated(program, name)}
    inputs = [leaf.detach().clone() for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    with torch.no_grad():
        results = program.module()(*args, **kwargs)
        for name, tensor in before.items():
            program.state_dict[name].copy_(tensor)
    outputs = [leaf for leaf in pytree.tree_leaves(results) if isinstance(leaf, torch.Tensor)]
    return Sample(_constants(inputs), _constants(outputs))


def _is_mutated(program: torch.export.ExportedProgram, name: str) -> bool:
    return name in program.graph_signature.buffers_to_mutate.values() or name in dict(program.named_buffers())


def _constants(tensors: Sequence[torch.Tensor]) -> tuple[Constant, ...]:
    return tuple(Constant.of(to_numpy(tensor)) for tensor in tensors)


def _dim_names(
    program: torch.export.ExportedProgram, dynamic_shapes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, str]:
    """torch's symbols by the names the user gave with torch.export.Dim."""
    if dynamic_shapes is None:
        return {}
    wanted = [
        leaf
        for leaf in pytree.tree_leaves(dynamic_shapes, is_leaf=lambda item: isinstance(item, torch.export.Dim) or item is None)
        if isinstance(leaf, torch.export.Dim)
    ]
    names = {dim.__name__: None for dim in wanted}
    symbols: dict[str, None] = {}
    for node in program.graph.find_nodes(op="placeholder"):
        fake = node.meta.get("val")
        for size in fake.shape if isinstance(fake, torch.Tensor) else ():
            if isinstance(size, torch.SymInt) and size.node.expr.is_Symbol:
                symbols[str(size.node.expr)] = None
    # In the order of the inputs both are the same list, unless torch merged or dropped some: then its names stand.
    return dict(zip(symbols, names, strict=True)) if len(symbols) == len(names) else {}


def _rename(module: Module, input_names: Sequence[str], output_names: Sequence[str]) -> None:
    function = module.functions["forward"]
    if input_names:
        if len(input_names) != len(function.inputs):
            raise BAD_NAMES.error(f"{len(input_names)} input names for {len(function.inputs)} inputs")
        for value, name in zip(function.inputs, input_names, strict=True):
            value.name = name
    if output_names:
        if len(output_names) != len(function.outputs):
            raise BAD_NAMES.error(f"{len(output_names)} output names for {len(function.outputs)} outputs")
        function.output_names = list(output_names)


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.export warns of its own internals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
