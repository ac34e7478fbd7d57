"""Runs a function on the NumPy references of its ops: constant folding, and the oracle of the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtc.ir.dims import evaluate
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.opspec import Accuracy, AttrKind, OpSpec
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE
from mtc.ir.types import BF16, F16, DType
from mtc.ops import quantized


def run(
    module: Module,
    inputs: Sequence[np.ndarray],
    function: str = "forward",
    states: dict[str, np.ndarray] | None = None,
) -> list[np.ndarray]:
    """The outputs of `function`. `states` holds the state's values and receives the new ones."""
    return run_function(
        module, module.functions[function], inputs, initial_states(module) if states is None else states
    )


def initial_states(module: Module) -> dict[str, np.ndarray]:
    """The values of the module's state before the first call."""
    return {
        name: state.initial.array().copy()
        if state.initial is not None
        else np.zeros(state.type.shape, state.type.dtype.numpy)  # type: ignore[arg-type]
        for name, state in module.states.items()
    }


def run_function(
    module: Module, function: Function, inputs: Sequence[np.ndarray], states: dict[str, np.ndarray]
) -> list[np.ndarray]:
    """The outputs of `function`, which may be nested in another."""
    symbols = bind_symbols(function, [array.shape for array in inputs])
    values: dict[Value, np.ndarray] = dict(zip(function.inputs, map(np.asarray, inputs), strict=True))
    uses = Counter(value for node in function for value in node.inputs if value is not None)
    for node in function:
        if node.op is CONSTANT:
            values[node.output] = node.attrs["value"].array()
        elif node.op is STATE:
            values[node.output] = states[node.attrs["state"]].copy()
        elif node.op is STATE_UPDATE:
            states[node.attrs["state"]] = values[node.inputs[0]].copy()  # type: ignore[index]
        elif node.op is not RETURN:
            arrays = [None if v is None else values[v] for v in node.inputs]
            results = compute(node, arrays, symbols, [_Nested(module, region, states) for region in node.regions])
            values.update(zip(node.outputs, results, strict=True))
        if node.op is not RETURN:
            uses.subtract(value for value in node.inputs if value is not None)
            for value in (*node.inputs, *node.outputs):
                if value is not None and not uses[value]:  # nobody reads it again: its memory is free
                    values.pop(value, None)
    return [values[value] for value in function.outputs]


class _Nested:
    """A nested function as a reference calls it."""

    def __init__(self, module: Module, function: Function, states: dict[str, np.ndarray]) -> None:
        self._module, self._function, self._states = module, function, states

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        return run_function(self._module, self._function, inputs, self._states)

    def empty_results(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Arrays of the results' types that hold anything, without a run."""
        symbols = bind_symbols(self._function, [array.shape for array in inputs])
        types = [value.type for value in self._function.outputs]
        return [np.empty([evaluate(size, symbols) for size in type.shape], type.dtype.numpy) for type in types]


def bind_symbols(function: Function, shapes: Sequence[Sequence[int]]) -> dict[str, int]:
    """The numbers that the named dims of `function` have for inputs of these shapes."""
    return {name: shapes[index][axis] for name, (index, axis) in function.symbol_axes.items()}


def compute(
    node: Node, arrays: Sequence[np.ndarray | None], symbols: Mapping[str, int], regions: Sequence[Any] = ()
) -> list[np.ndarray]:
    """The results of one node."""
    attrs = {
        name: tuple(evaluate(size, symbols) for size in value)
        if node.op.attributes[name].kind is AttrKind.DIMS
        else value
        for name, value in node.attrs.items()
    }
    types = [value.type for value in node.outputs]
    has_qparams = any(type is not None and type.qparams for type in (*node.input_types, *types))
    if has_qparams and (node.op.quantized is not None or node.signature.form):
        return quantized.evaluate(node.op, arrays, node.input_types, attrs, types)
    return evaluate_op(node.op, arrays, attrs, [type.dtype for type in types], regions)


def evaluate_op(
    op: OpSpec,
    arrays: Sequence[np.ndarray | None],
    attrs: Mapping[str, Any],
    dtypes: Sequence[DType],
    regions: Sequence[Any] = (),
) -> list[np.ndarray]:
    """The reference's results, in `dtypes`. Types that only store (f16, bf16) are computed in f32."""
    assert op.reference is not None, op
    if op.accuracy is not Accuracy.EXACT:
        arrays = [_widened(array) for array in arrays]
    with np.errstate(all="ignore"):
        results = op.reference(*op.group(arrays), **op.named_regions(regions), **attrs)
    many = results if isinstance(results, (list, tuple)) else [results]
    return [np.asarray(result).astype(dtype.numpy, copy=False) for result, dtype in zip(many, dtypes, strict=True)]


def fold(node: Node) -> list[np.ndarray] | None:
    """The results of a node whose operands are all constants and whose attributes are numbers; else None."""
    arrays: list[np.ndarray | None] = []
    for value in node.inputs:
        if value is not None and value.constant is None:
            return None
        arrays.append(None if value is None else value.constant.array())  # type: ignore[union-attr]
    for name, spec in node.op.attributes.items():
        if spec.kind is AttrKind.DIMS and not all(isinstance(size, int) for size in node.attrs[name]):
            return None
    return compute(node, arrays, {}) if not node.regions else None


def _widened(array: np.ndarray | None) -> np.ndarray | None:
    is_storage = array is not None and array.dtype in (F16.numpy, BF16.numpy)
    return array.astype(np.float32) if is_storage and array is not None else array
