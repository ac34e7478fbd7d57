"""Whether two modules are the same, node by node: what a round trip through a file has to keep."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from mtc.ir.constant import Constant
from mtc.ir.module import Function, Module, Node, Value


def equal(a: Module, b: Module) -> bool:
    """Equal form, states, functions in order, nodes in order, types, locs, interface names, and constants bit by bit.

    Names of values within a function are only decoration and may differ; `meta` and `samples` are not compared.
    """
    return (
        a.form == b.form
        and list(a.states) == list(b.states)
        and list(a.functions) == list(b.functions)
        and a.constants.keys() == b.constants.keys()
        and all(equal_constants(constant, b.constants[name]) for name, constant in a.constants.items())
        and all(
            (x.name, x.type, x.is_trainable, x.space) == (y.name, y.type, y.is_trainable, y.space)
            and equal_constants(x.initial, y.initial)
            for x, y in zip(a.states.values(), b.states.values(), strict=True)
        )
        and all(map(equal_functions, a.functions.values(), b.functions.values()))
    )


def equal_functions(a: Function, b: Function) -> bool:
    """Equal name, inputs, named dims, nodes and output names."""
    if (a.name, list(a.symbols.items()), a.output_names) != (b.name, list(b.symbols.items()), b.output_names):
        return False
    if [(value.name, value.type) for value in a.inputs] != [(value.name, value.type) for value in b.inputs]:
        return False
    same: dict[Value | None, Value | None] = {None: None, **dict(zip(a.inputs, b.inputs, strict=True))}
    for x, y in zip_longest(a, b):
        if x is None or y is None or not _equal_nodes(x, y, same):
            return False
        same.update(zip(x.outputs, y.outputs, strict=True))
    return True


def equal_constants(a: Constant | None, b: Constant | None) -> bool:
    """Equal name, type and stored bytes; read in pieces."""
    if a is None or b is None or a is b:
        return a is b
    if (a.name, a.type) != (b.name, b.type):
        return False
    return a.data is b.data or _equal_bytes(a.chunks(), b.chunks())


def _equal_nodes(a: Node, b: Node, same: dict[Value | None, Value | None]) -> bool:
    return (
        a.op is b.op
        and a.loc == b.loc
        and len(a.inputs) == len(b.inputs)
        and all(x in same and same[x] is y for x, y in zip(a.inputs, b.inputs, strict=True))
        and [value.type for value in a.outputs] == [value.type for value in b.outputs]
        and a.attrs.keys() == b.attrs.keys()
        and all(_equal_attributes(value, b.attrs[name]) for name, value in a.attrs.items())
        and len(a.regions) == len(b.regions)
        and all(map(equal_functions, a.regions, b.regions))
    )


def _equal_attributes(a: Any, b: Any) -> bool:
    if isinstance(a, Constant) and isinstance(b, Constant):
        return equal_constants(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal_attributes, a, b))
    if isinstance(a, float) and isinstance(b, float):  # -0.0 is not 0.0, but one NaN is like another
        return struct.pack("<d", a) == struct.pack("<d", b) or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and bool(a == b)


def _equal_bytes(a: Iterable[bytes | memoryview], b: Iterable[bytes | memoryview]) -> bool:
    """Whether two streams are equal, however they are cut."""
    left, right = _rest(iter(a)), _rest(iter(b))
    x, y = memoryview(b""), memoryview(b"")
    while True:
        x, y = x or next(left, x), y or next(right, y)
        if not x or not y:
            return not x and not y
        size = min(len(x), len(y))
        if x[:size] != y[:size]:
            return False
        x, y = x[size:], y[size:]


def _rest(pieces: Iterator[bytes | memoryview]) -> Iterator[memoryview]:
    return (memoryview(piece) for piece in pieces if len(piece))
