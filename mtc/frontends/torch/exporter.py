"""`torch.export` of a module, and the import of what it gives."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stderr
from operator import itemgetter
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, InputKind, OutputKind, SymIntArgument
from torch.utils import _pytree as pytree

from mtc.diagnostics import BAD_NAMES, BAD_SOURCE, EXPORT_FAILED, MtcError
from mtc.frontends.source import guarded, no_model, users_line
from mtc.frontends.torch import dimnames, table
from mtc.frontends.torch.free_numbers import free_numbers
from mtc.frontends.torch.free_sizes import free_sizes
from mtc.frontends.torch.functional import needs_decompositions, nested_graph_writes, trains, writes_constants
from mtc.frontends.torch.graph import GraphImporter
from mtc.frontends.torch.guards import count_fixed
from mtc.frontends.torch.quiet import quiet
from mtc.frontends.torch.refusals import reason, reasons, remedy
from mtc.frontends.torch.results import changed_states
from mtc.frontends.torch.states import kept
from mtc.frontends.torch.table import overload
from mtc.frontends.torch.tensors import to_numpy
from mtc.frontends.torch.tracing import arguments, as_written, whole_under_autograd
from mtc.frontends.torch.training import asked_for_mode
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Sample
from mtc.ir.verifier import verify
from mtc.support.plural import counted

_WRITES = "a branch or loop body changes a tensor of the function around it in place"


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
    _check_names("input", input_names)
    _check_names("output", output_names)
    args, kwargs = arguments(example_inputs)
    if isinstance(source, torch.export.ExportedProgram):
        if example_inputs is None and source.example_inputs is not None:
            args, kwargs = source.example_inputs
        programs: Iterable[torch.export.ExportedProgram] = [source]
    elif isinstance(source, torch.nn.Module):
        if example_inputs is None:
            raise BAD_SOURCE.error(
                f"`{type(source).__name__}` comes without example inputs, which torch.export traces it with",
                help="define `example_inputs`, a tuple, beside `model` in a model.py; `mtc.export` takes it second",
            )
        dimnames.check_axes(dynamic_shapes, args, kwargs)
        programs = _exported(source, args, kwargs, dynamic_shapes)
    else:
        raise no_model(source)
    trained: Sequence[torch.nn.Module] = ()
    with quiet():
        program, module = _first_imported(programs, dynamic_shapes, args, kwargs)
        if example_inputs is not None or program.example_inputs is not None:
            with asked_for_mode(source) as trained:
                module.samples["forward"] = [_sample(source, program, args, kwargs)]
    if trained:
        warn("the module is in training mode: dropout and batch norm behave as in training; call .eval() first")
    for notice in _fixed_arguments(program):
        warn(notice)
    _rename(module, input_names, output_names)
    verify(module)
    return module


def weight_bytes(source: object) -> int:
    """The bytes of a model's parameters and buffers, those that several modules share counted once."""
    held: Iterable[Any] = ()
    if isinstance(source, torch.nn.Module):
        held = (*source.parameters(), *source.buffers())
    elif isinstance(source, torch.export.ExportedProgram):
        held = source.state_dict.values()
    return sum(t.numel() * t.element_size() for t in held if not torch.nn.parameter.is_lazy(t))


def _first_imported(
    programs: Iterable[torch.export.ExportedProgram], dynamic_shapes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[torch.export.ExportedProgram, Module]:
    """The first of one model's programs that can be imported, in the functional form that was, and what it became. The
    MtcError of the first if none can."""
    rows = table.load()
    failures: list[MtcError] = []
    for program in programs:
        try:
            functional = _functional(program, rows)
            stated = dimnames.stated_dims(program, dynamic_shapes, args, kwargs)
            return functional, GraphImporter(functional, rows, stated).run()
        except MtcError as error:  # noqa: PERF203  there are three at most
            failures.append(error)
    raise failures[0]


def _exported(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> Iterator[torch.export.ExportedProgram]:
    """Programs of one module: those that keep buffers apart from constants first, then the one with the fewest fixed
    sizes. Non-strict tracing takes more of Python; strict sees through more control flow, through Python's `int`, which
    otherwise fixes the sizes that a number is computed from, and which tensors are buffers. At last one that has such
    numbers fixed: those that are left free may be computed in ways that sizes cannot be."""
    failures: dict[str, Exception] = {}
    found: list[tuple[tuple[bool, int], torch.export.ExportedProgram]] = []
    for strict in (False, True):
        program = _traced(module, args, kwargs, dynamic_shapes, strict, failures)
        if program is not None:
            fixed = count_fixed(program)
            fixed += dimnames.count_fixed(program, dynamic_shapes, args, kwargs) if dynamic_shapes else 0
            found.append(((writes_constants(program), fixed), program))
            if found[-1][0] == (False, 0):
                break
    yield from (program for _, program in sorted(found, key=itemgetter(0)))
    last = _traced(module, args, kwargs, dynamic_shapes, False, {}, fixes_numbers=True) if dynamic_shapes else None
    if last is not None:
        yield last
    if found or last is not None:
        return
    own = [name for name, _ in module.named_buffers(remove_duplicate=False)]
    with kept(module, own), torch.no_grad():  # a model that fails on its own inputs is told so in its own terms
        guarded(lambda: module(*args, **kwargs), f"{type(module).__name__}.forward")
    raise EXPORT_FAILED.error(
        f"torch.export cannot trace `{type(module).__name__}`",
        at=next(filter(None, map(users_line, failures.values())), None),
        notes=reasons(failures),
        help=remedy(list(failures.values())),
    )


def _traced(
    module: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    dynamic_shapes: Any,
    strict: bool,
    failures: dict[str, Exception],
    *,
    fixes_numbers: bool = False,
) -> torch.export.ExportedProgram | None:
    """The program, or None and one more failure: torch raises whatever the user's forward raises."""
    try:
        # torch prints the graph that it could not finish.
        tracing = nullcontext() if strict or fixes_numbers else free_numbers()
        with torch.no_grad(), as_written(), free_sizes(), tracing, redirect_stderr(io.StringIO()):
            return torch.export.export(module, args, kwargs, dynamic_shapes=dynamic_shapes, strict=strict)
    except Exception as error:
        if any(isinstance(cause, KeyboardInterrupt) for cause in _causes(error)):  # torch takes it for a failure
            raise KeyboardInterrupt from error
        failures["strict" if strict else "non-strict"] = error
        return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what it came of, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _functional(program: torch.export.ExportedProgram, rows: table.Table) -> torch.export.ExportedProgram:
    """Without in-place calls that matter, and with every operator that has no row broken into core ATen ones."""
    if not needs_decompositions(program, rows):
        return program
    whole = {*rows.rows, *rows.complex_rows}
    if any(trains(node) for node in program.graph.nodes):
        whole -= {overload("batch_norm"), overload("instance_norm")}
    decompositions = torch.export.default_decompositions()
    for target in list(decompositions):
        if target in whole:
            del decompositions[target]
    try:
        with free_sizes(), whole_under_autograd(whole):
            core: torch.export.ExportedProgram = program.run_decompositions(decompositions)
            return core
    except Exception as error:  # torch raises whatever its passes raise
        is_changed = nested_graph_writes(program.graph_module)
        raise EXPORT_FAILED.error(
            "torch.export cannot make the model's graph functional",
            notes=(_WRITES,) if is_changed else (reason(error),),
            help="return the new value from the branch or body, and assign it outside" if is_changed else None,
        ) from error


def _sample(
    source: torch.nn.Module | torch.export.ExportedProgram,
    program: torch.export.ExportedProgram,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Sample:
    """The example inputs and the source's outputs on them. The state that the call changes is put back."""
    args, kwargs = pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.detach().clone(), (args, kwargs))
    inputs = _constants(pytree.tree_leaves((args, kwargs)))
    model = source if isinstance(source, torch.nn.Module) else source.module()
    with kept(model, changed_states(program.graph_signature)), torch.no_grad(), as_written():
        results = model(*args, **kwargs)
        outputs = _constants(
            _size_or_tensor(leaf, argument)
            for leaf, argument in zip(pytree.tree_leaves(results), _user_outputs(program), strict=True)
        )
    return Sample(inputs, outputs)


def _fixed_arguments(program: torch.export.ExportedProgram) -> Iterator[str]:
    """What goes in or out and is no tensor: it is as in the example for ever, or gone."""
    signature = program.graph_signature
    sides = (
        (signature.input_specs, InputKind.USER_INPUT, "the program takes {} as in the example inputs, for ever"),
        (signature.output_specs, OutputKind.USER_OUTPUT, "the model also returns {}, which the program does not"),
    )
    for specs, kind, said in sides:
        arguments = [spec.arg for spec in specs if spec.kind is kind]
        fixed = [a.value for a in arguments if isinstance(a, ConstantArgument) and a.value is not None]
        if fixed:
            yield said.format(", ".join(f"`{value!r:.40}`" for value in fixed)) + ": only tensors vary"


def _user_outputs(program: torch.export.ExportedProgram) -> list[Any]:
    return [spec.arg for spec in program.graph_signature.output_specs if spec.kind is OutputKind.USER_OUTPUT]


def _size_or_tensor(leaf: Any, argument: Any) -> Any:
    """A number is an output only if it is a size that varies."""
    return torch.tensor(leaf) if isinstance(argument, SymIntArgument) and isinstance(leaf, int) else leaf


def _constants(leaves: Iterable[Any]) -> tuple[Constant, ...]:
    return tuple(Constant.of(to_numpy(leaf)) for leaf in leaves if isinstance(leaf, torch.Tensor))


def _check_names(what: str, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BAD_NAMES.error(f"two {what}s cannot both be called {', '.join(f'`{name}`' for name in twice)}")


def _other_count(what: str, names: int, values: int) -> MtcError:
    return BAD_NAMES.error(f"{counted(names, f'{what} name')} for {counted(values, what)}")


def _rename(module: Module, input_names: Sequence[str], output_names: Sequence[str]) -> None:
    function = module.functions["forward"]
    if input_names:
        if len(input_names) != len(function.inputs):
            raise _other_count("input", len(input_names), len(function.inputs))
        for value, name in zip(function.inputs, input_names, strict=True):
            value.name = name
    if output_names:
        if len(output_names) != len(function.outputs):
            raise _other_count("output", len(output_names), len(function.outputs))
        function.output_names = list(output_names)
