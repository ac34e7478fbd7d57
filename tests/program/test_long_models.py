"""What a model costs to compile grows with its length, not with the square of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mtc import ops, stages
from mtc.ir.builder import Builder
from mtc.ir.loc import Loc
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import F32, TensorType

TYPE = TensorType(F32, (4, 8))


def build_at(function: Function, number: int) -> Builder:
    return Builder(function, loc=(Loc("layers", f"model.py:{number}"),))


def residuals(function: Function, count: int) -> list[Value]:
    x, y = function.inputs[0], function.inputs[0]
    for i in range(count):
        build = build_at(function, i)
        x = build.emit(ops.add, x, build.emit(ops.sin, y))
        y = x
    return [x]


def scaled(function: Function, count: int) -> list[Value]:
    """Equal constants."""
    x = function.inputs[0]
    for i in range(count):
        build = build_at(function, i)
        x = build.emit(ops.mul, build.emit(ops.sin, x), build.scalar(2.5, F32))
    return [x]


def one_concat(function: Function, count: int) -> list[Value]:
    build = Builder(function)
    x = build.emit(ops.permute, function.inputs[0], dims=(1, 0))
    parts = [build.emit(ops.mul, x, build.scalar(float(i), F32)) for i in range(count)]
    return [build.emit(ops.concat, *parts, axis=0)]


def one_reader_each(function: Function, count: int) -> list[Value]:
    """A tensor that every layer reads."""
    x = shared = Builder(function).emit(ops.sin, function.inputs[0])
    for i in range(count):
        build = build_at(function, i)
        x = build.emit(ops.mul, build.emit(ops.sin, x), shared)
    return [x]


def outputs(function: Function, count: int) -> list[Value]:
    found = [function.inputs[0]]
    for i in range(count):
        found.append(build_at(function, i).emit(ops.sin, found[-1]))
    return found


def views(function: Function, count: int) -> list[Value]:
    x = function.inputs[0]
    for i in range(count):
        x = build_at(function, i).emit(ops.reshape, x, shape=(8, 4) if i % 2 == 0 else (4, 8))
    return [Builder(function).emit(ops.sin, x)]


def model(body: Callable[[Function, int], list[Value]], count: int) -> Module:
    function = Function("forward", [Value(TYPE, "x")])
    Builder(function).results(*body(function, count))
    return Module({"forward": function})


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of Python run in `call`: a cost that is the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "body",
    [residuals, scaled, one_concat, one_reader_each, outputs, views],
    ids=lambda body: body.__name__,
)
def test_twice_the_operators_cost_twice_as_much(tmp_path: Path, body: Callable[[Function, int], list[Value]]) -> None:
    def compiled(count: int) -> None:
        path = tmp_path / f"{count}.mtc"
        stages.save(model(body, count), path)
        stages.package(stages.optimize(stages.load(path)), tmp_path / f"{count}.mtp")

    compiled(3)  # what is read or derived once
    assert lines_run(lambda: compiled(200)) < 2.02 * lines_run(lambda: compiled(100))


def test_a_long_chain_of_concats_is_a_program(tmp_path: Path) -> None:
    """Each stands in the next, so that a value's memory is that of the last one: the table says so at once."""
    function = Function("forward", [Value(TensorType(F32, (1, 2)), "x")])
    build = Builder(function)
    (x,) = function.inputs
    for _ in range(1500):
        x = build.emit(ops.concat, x, build.emit(ops.sin, function.inputs[0]), axis=0)
    build.results(x)
    held = stages.package(Module({"forward": function}), tmp_path / "m.mtp")
    assert len(held.keys) == 2
    program = stages.load_any(tmp_path / "m.mtp")
    assert len(program.instructions) == 1501  # the rest is dead
    values = program.tables.functions[0].values
    assert {values[value.aliasOf].aliasOf for value in values if value.aliasOf >= 0} == {-1}
