"""The model card: what a model or program takes and gives, what it is made of, what it needs, where it runs."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

from mtc.analysis.placement import PlacedOps, example_sizes, placed_ops, total_flops
from mtc.analysis.program_flops import instruction_flops
from mtc.delegates.registry import first_backend
from mtc.ir.dims import evaluate
from mtc.ir.literals import type_text
from mtc.ir.module import Function, Module
from mtc.ir.opspec import Trait
from mtc.lower import Lowered
from mtc.partition import is_fallback
from mtc.program import reader
from mtc.program.plan import peak, plan
from mtc.program.reader import Program
from mtc.program.storage import assign_storage
from mtc.stages.package import pitch_rule

Card = dict[str, Any]


def model_card(name: str, model: Module | Program, placed: Lowered | Program) -> Card:
    """The card of what a .mtc or .mtp file called `name` holds, as plain data. `placed` is what a module was lowered
    to: the placement and the memory plan are its; a program has been placed already."""
    if isinstance(model, Program):
        return _program_card(model)
    assert isinstance(placed, Lowered)
    return _module_card(name, model, placed)


def _module_card(name: str, module: Module, lowered: Lowered) -> Card:
    rows = placed_ops(lowered)
    operators = Counter(node.op.name for node in module.nodes() if not node.op.has(Trait.STRUCTURAL))
    return {
        "file": name,
        "kind": f"model, {module.form}",
        "source": module.meta.get("source"),
        "stages": list(module.meta.get("stages", [])),
        "metadata": dict(module.meta.get("metadata", {})),
        "quantization": dict(module.meta.get("quantization", {})),
        "functions": {f.name: _interface(f) for f in module.functions.values()},
        "operators": dict(operators.most_common()),
        "parameters": sum(evaluate(constant.type.count, {}) for constant in module.constants.values()),
        "constant_bytes": module.constant_bytes,
        "state": {name: type_text(state.type) for name, state in module.states.items()},
        "flops": total_flops(rows),
        "memory": {f.name: memory_of(lowered, f) for f in lowered.module.functions.values()},
        "kernels": list(lowered.keys),
        "placement": [row.to_json() for row in rows],
    }


def _program_card(program: Program) -> Card:
    """As its tables have it."""
    functions = program.tables.functions or []
    rows = _program_placement(program)
    return {
        "file": program.path.name,
        "kind": "program",
        "source": None,
        "stages": [],
        "metadata": program.metadata,
        "quantization": {},
        "functions": {
            reader.text(f.name): {
                "inputs": dict(program.interface(f, "input")),
                "outputs": dict(program.interface(f, "output")),
            }
            for f in functions
        },
        "operators": dict(Counter(i.op for i in program.instructions).most_common()),
        "parameters": sum(
            prod(map(int, reader.numbers(c.dims))) for c in program.tables.constants or [] if c.encoded < 0
        ),
        "constant_bytes": program.constant_bytes,
        "state": program.states,
        "flops": total_flops(rows),
        "memory": {
            reader.text(f.name): {"arena": int(f.arenaSize), "is_planned": bool(f.isPlanned)} for f in functions
        },
        "kernels": program.kernels,
        "placement": [row.to_json() for row in rows],
    }


def memory_of(lowered: Lowered, function: Function) -> dict[str, Any]:
    """Bytes of the arena, and those in use at the busiest step, which no plan can go below; at the sample's sizes."""
    storage = assign_storage(function, pitch_rule(lowered))
    sizes = example_sizes(lowered.module)
    bytes_of = {value: evaluate(value.type.nbytes, sizes) for value in storage.live}
    roots = list(bytes_of)
    _, arena = plan([bytes_of[root] for root in roots], [storage.live[root] for root in roots])
    busiest = peak({root: bytes_of[root] for root in roots}, {root: storage.live[root] for root in roots})
    return {"arena": arena, "peak": busiest, "is_planned": not function.symbols}


def _interface(function: Function) -> dict[str, dict[str, str]]:
    inputs = zip(function.input_labels, function.inputs, strict=True)
    outputs = zip(function.output_labels, function.outputs, strict=True)
    return {
        "inputs": {name: type_text(value.type) for name, value in inputs},
        "outputs": {name: type_text(value.type) for name, value in outputs},
    }


def _program_placement(program: Program) -> list[PlacedOps]:
    first = first_backend(program.backends)
    groups: dict[tuple[str, str], list[int]] = {}
    fallbacks: set[tuple[str, str]] = set()
    places: dict[tuple[str, str], dict[str, None]] = {}
    start = 0
    for number, function in enumerate(program.tables.functions or []):
        count = len(function.instructions or [])
        shapes = [_shape(program, number, position) for position in range(len(reader.numbers(function.inputs)))]
        flops = instruction_flops(program, shapes, number)
        for instruction, work in zip(program.instructions[start : start + count], flops, strict=True):
            key = (instruction.op, instruction.library)
            groups.setdefault(key, []).append(work)
            if is_fallback(instruction.kernel, first):
                fallbacks.add(key)
            places.setdefault(key, {})[instruction.location] = None
        start += count
    rows: list[PlacedOps] = []
    for (op, backend), counts in groups.items():
        at = tuple(filter(None, places[op, backend]))
        rows.append(PlacedOps(op, backend, len(counts), sum(counts), "", (op, backend) in fallbacks, at))
    return sorted(rows, key=lambda row: (-row.flops, row.op))


def _shape(program: Program, number: int, position: int) -> list[int]:
    """The sizes of the input at `position` of a function: the sample's; without one, where the caller decides, the
    smallest that is allowed."""
    function = program.tables.functions[number]
    for sample in program.tables.samples or []:
        if (sample.function, sample.index, sample.isOutput) == (number, position, False):
            return reader.numbers(sample.dims)
    shape = reader.numbers(function.values[reader.numbers(function.inputs)[position]].dims)
    for symbol in function.symbols or []:
        if symbol.input == position:
            shape[symbol.axis] = max(int(symbol.min), 1)
    return [max(size, 1) for size in shape]
