"""One program for many functions: starting a process in an emulator takes longer than most of them."""

from __future__ import annotations

from collections.abc import Sequence

from mtc.ir.builder import Builder
from mtc.ir.clone import inline
from mtc.ir.module import Function, Module, Value


def joined(parts: Sequence[Function]) -> Module:
    """A function of all inputs, part by part, whose results are all results."""
    inputs = [Value(value.type, f"x{i}_{j}") for i, part in enumerate(parts) for j, value in enumerate(part.inputs)]
    function = Function("forward", inputs)
    build = Builder(function)
    left = iter(inputs)
    build.results(*(y for part in parts for y in inline(part, [next(left) for _ in part.inputs], build)))
    module = Module({"forward": function})
    module.register_constants()
    return module
