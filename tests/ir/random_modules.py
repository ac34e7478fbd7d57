"""Random valid modules over the toy opset."""

from __future__ import annotations

from typing import Any

import numpy as np
import toy_ops as ops
from hypothesis import strategies as st

from mtc.ir import dims
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.dims import Bounds
from mtc.ir.module import Function, Loc, Module, State, Value
from mtc.ir.types import ANY, DType, QParams, TensorType

NAMES = st.one_of(st.sampled_from(["x", "y", "0", "x_1", "none", "layer.0.weight"]), st.text(min_size=1, max_size=6))
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
INTS = st.integers(-(1 << 62), 1 << 62)
DTYPES = st.sampled_from(list(DType))


@st.composite
def sizes(draw: Any, names: tuple[str, ...] = ("n", "m")) -> dims.Dim:
    """Expressions over `names`."""
    leaf = st.one_of(st.integers(1, 9), st.sampled_from([dims.dim(name) for name in names]))
    operators = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "//": lambda a, b: dims.floor_div(a, b) if b != 0 else a,
        "%": lambda a, b: dims.mod(a, b) if b != 0 else a,
        "min": dims.minimum,
        "max": dims.maximum,
    }
    size = draw(leaf)
    for _ in range(draw(st.integers(0, 5))):
        other = draw(leaf) if draw(st.booleans()) else draw(leaf) * draw(leaf) + draw(leaf)
        pair = (size, other) if draw(st.booleans()) else (other, size)
        size = operators[draw(st.sampled_from(sorted(operators)))](*pair)
    return size


def _natural(size: dims.Dim) -> dims.Dim:
    return abs(size) if isinstance(size, int) else size


@st.composite
def constants(draw: Any, name: str | None = None, type: TensorType | None = None) -> Constant:
    """Of every dtype and of any bits."""
    if type is None:
        dtype = draw(DTYPES)
        shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
        qparams = draw(qparams_for(dtype)) if dtype.is_quantized else None
        type = TensorType(dtype, shape, qparams)
    count, dtype = int(type.count), type.dtype
    raw = draw(st.binary(min_size=count * dtype.numpy.itemsize, max_size=count * dtype.numpy.itemsize))
    if dtype is DType.BOOL:
        raw = bytes(byte & 1 for byte in raw)
    elements = np.frombuffer(raw, dtype.numpy).reshape(tuple(int(size) for size in type.shape))
    if dtype is DType.QI4:
        elements = np.asarray(elements % 16 - 8, np.int8)
    return Constant(name, type, elements)


@st.composite
def qparams_for(draw: Any, dtype: DType) -> QParams:
    low = 0 if dtype is DType.QU8 else -8
    return QParams((draw(st.floats(1e-6, 1e6)),), (draw(st.integers(low, 7)),))


@st.composite
def modules(draw: Any) -> Module:
    module = Module(form=draw(st.sampled_from(["imported", "canonical"])))
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        module.constants[name] = draw(constants(name))
    for name in draw(st.lists(NAMES, max_size=2, unique=True)):
        initial = draw(constants())
        module.states[name] = State(
            name, initial.type, draw(st.sampled_from([None, initial])), draw(st.booleans()), draw(NAMES)
        )
    for name in draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)):
        module.functions[name] = draw(functions(module, name))
    module.register_constants()
    return module


@st.composite
def functions(draw: Any, module: Module, name: str) -> Function:
    x = Value(TensorType(DType.F32, (dims.dim("n"), dims.dim("m"), 3)), draw(NAMES))
    y = Value(
        TensorType(draw(st.sampled_from(ANY)), (_natural(draw(sizes())),)), "" if draw(st.booleans()) else x.name + "'"
    )
    bounds = st.sampled_from([Bounds(), Bounds(0), Bounds(2, 64)])
    function = Function(name, [x, y], symbols={"n": draw(bounds), "m": draw(bounds)})
    values = [x, y]
    for _ in range(draw(st.integers(0, 8))):
        locs = draw(st.lists(st.builds(Loc, st.text(max_size=5), st.text(max_size=5)), max_size=2))
        values += _emit(draw, Builder(function, loc=tuple(locs)), module, draw(st.sampled_from(values)))
    for state in module.states.values():
        if draw(st.booleans()):
            build = Builder(function)
            build.update_state(state.name, build.constant(draw(constants(type=state.type))))
    kept = [value for value in values if not _reads_state(value)]
    results = draw(st.lists(st.sampled_from(kept), max_size=3))
    Builder(function).results(*results)
    if results and draw(st.booleans()):
        function.output_names = draw(st.lists(NAMES, min_size=len(results), max_size=len(results), unique=True))
    return function


def _reads_state(value: Value) -> bool:
    below = value.producer
    return below is not None and (below.op.name == "state" or any(_reads_state(v) for v in below.inputs if v))


def _emit(draw: Any, build: Builder, module: Module, x: Value) -> list[Value]:
    """Adds one node, whose first operand may be `x`; returns its results."""
    name = draw(st.one_of(st.just(""), NAMES))
    if x.type.dtype.is_quantized:
        node = build.node(ops.CLAMP, x, name=name, max=draw(FLOATS))
        node.output.type = x.type
        return [node.output]
    match draw(st.integers(0, 11)):
        case 0:
            return [build.constant(draw(constants()), name)]
        case 1 if module.constants:
            return [build.constant(draw(st.sampled_from(list(module.constants.values()))), name)]
        case 2 if module.states:
            state = draw(st.sampled_from(list(module.states.values())))
            return [build.state(state.name, state.type, name)]
        case 3:
            operands = draw(st.sampled_from([(x, x), (x, x, None), (x, x, x)]))
            attrs = {"stride": (2, 1), "clamp": (draw(FLOATS), 6)} if draw(st.booleans()) else {}
            return [build.emit(ops.CONV, *operands, name=name, **attrs)]
        case 4:
            return [build.emit(ops.CONCAT, *[x] * draw(st.integers(1, 4)), name=name, axis=draw(INTS))]
        case 5:
            return list(build.node(ops.SPLIT, x, name=name, parts=draw(st.integers(1, 3))).outputs)
        case 6:
            shape = tuple(map(_natural, draw(st.lists(sizes(), max_size=3))))
            return [build.emit(ops.RESHAPE, x, name=name, shape=shape)]
        case 7:
            return [build.emit(ops.CAST, x, name=name, dtype=draw(st.sampled_from(ANY)))]
        case 8:
            return [build.emit(ops.COND, x, x, regions=[_region(draw, x) for _ in range(2)], name=name)]
        case 9:
            build.node(ops.SINK, x)
            return []
    return [
        build.emit(
            ops.EVERY,
            x,
            name=name,
            i=draw(INTS),
            f=draw(FLOATS),
            b=draw(st.booleans()),
            e=draw(st.sampled_from(ops.Odd)),
            d=draw(DTYPES),
            ints=tuple(draw(st.lists(INTS, max_size=3))),
            floats=tuple(draw(st.lists(FLOATS, max_size=3))),
            sizes=tuple(draw(st.lists(sizes(), max_size=2))),
        )
    ]


def _region(draw: Any, outer: Value) -> Function:
    """Closed: the sizes that its operand's type depends on are those of further operands."""
    x = Value(outer.type, draw(NAMES))
    symbols = {name: Bounds(0) for name in sorted(dims.names_in(outer.type.shape))}
    sizes = [Value(TensorType(DType.F32, (dims.dim(name),))) for name in symbols]
    region = Function(draw(NAMES), [x, *sizes], symbols=symbols)
    result = Builder(region).emit(ops.ADD, x, x) if draw(st.booleans()) else x
    Builder(region).results(result)
    return region
