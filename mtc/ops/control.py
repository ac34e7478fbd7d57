"""Structured control flow: nested functions that run or not, once or often. They see nothing but their operands."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir import dims
from mtc.ir.dims import Dim
from mtc.ir.literals import type_text
from mtc.ops.define import BOOL, Accuracy, Function, Tensor, TensorType, op, require


def called(function: Any, operands: tuple[TensorType, ...]) -> list[TensorType]:
    """The types of a nested function's results for operands of these types. TypeMismatch if it does not take them.

    Its named dims are bound to the operands' sizes, as a call binds them.
    """
    require(
        len(operands) == len(function.inputs),
        f"`@{function.name}` takes {len(function.inputs)} operands, not {len(operands)}",
    )
    axes = function.symbol_axes
    bound = {name: operands[i].shape[axis] for name, (i, axis) in axes.items() if axis < operands[i].rank}
    for value, given in zip(function.inputs, operands, strict=True):
        require(
            _substituted(value.type, bound) == given,
            f"an operand of `@{function.name}` is {type_text(given)}, not {type_text(value.type)}",
        )
    return [_substituted(value.type, bound) for value in function.outputs]


def _substituted(type: TensorType, bound: dict[str, Dim]) -> TensorType:
    return type.with_shape(tuple(dims.substitute(size, bound) for size in type.shape))


def _require_same(what: str, types: list[TensorType], wanted: list[TensorType]) -> None:
    require(len(types) == len(wanted), f"{what}: {len(types)} results, not {len(wanted)}")
    for index, (have, want) in enumerate(zip(types, wanted, strict=True)):
        require(have == want, f"{what}: result {index} is {type_text(have)}, not {type_text(want)}")


def _is_flag(type: TensorType) -> bool:
    return type.dtype is BOOL and type.count == 1


def _of_branches(predicate: TensorType, *operands: TensorType, then: Any, otherwise: Any, **_: Any) -> list[TensorType]:
    require(_is_flag(predicate), "the predicate has one element")
    results = called(then, operands)
    _require_same("the branches disagree", called(otherwise, operands), results)
    return results


@op(types="bool, any -> *any", infer=_of_branches, accuracy=Accuracy.EXACT)
def cond(predicate: Tensor, *operands: Tensor, then: Function, otherwise: Function):
    """What `then` returns for `operands` where `predicate`, which has one element, is true, else what `otherwise` does.

    Only the chosen function runs. Both return the same types.
    """
    return (then if predicate.reshape(()) else otherwise)(*operands)


def _of_loop(*operands: TensorType, condition: Any, body: Any, carried: int, **_: Any) -> list[TensorType]:
    require(0 <= carried <= len(operands), f"{carried} carried operands of {len(operands)}")
    flags = called(condition, operands)
    require(len(flags) == 1 and _is_flag(flags[0]), "the condition is one bool")
    results = list(operands[:carried])
    _require_same("the loop changes a type", called(body, operands), results)
    return results


@op(types="any -> *any", infer=_of_loop, accuracy=Accuracy.EXACT)
def while_loop(*operands: Tensor, condition: Function, body: Function, carried: int):
    """Runs `body` as long as `condition` returns true.

    Both take all operands. The first `carried` ones are replaced by what `body` returns, in types that stay the same;
    the others are the same in every turn. The results are the carried values after the last turn.
    """
    values, fixed = operands[:carried], operands[carried:]
    while condition(*values, *fixed)[0].reshape(()):
        values = body(*values, *fixed)
    return [*values]


def _of_scan(*operands: TensorType, body: Any, carried: int, scanned: int, **_: Any) -> list[TensorType]:
    require(
        carried >= 0 and scanned >= 1 and carried + scanned <= len(operands),
        f"{carried} carried and {scanned} scanned operands of {len(operands)}; at least one is scanned",
    )
    scans = operands[carried : carried + scanned]
    require(all(type.rank > 0 for type in scans), "a scalar cannot be scanned")
    length = scans[0].shape[0]
    require(all(type.shape[0] == length for type in scans), "the scanned operands have different lengths")
    slices = tuple(type.with_shape(type.shape[1:]) for type in scans)
    results = called(body, (*operands[:carried], *slices, *operands[carried + scanned :]))
    _require_same("the scan changes a type", results[:carried], list(operands[:carried]))
    stacked = [type.with_shape((length, *type.shape)) for type in results[carried:]]
    return [*results[:carried], *stacked]


@op(types="any -> *any", infer=_of_scan, accuracy=Accuracy.EXACT)
def scan(*operands: Tensor, body: Function, carried: int, scanned: int):
    """Runs `body` for each index of the first axis of the `scanned` operands, in order.

    It takes the `carried` first operands, one slice of each of the `scanned` ones that follow, and the others whole.
    It returns the carried values for the next turn, in types that stay the same, and further results, which are
    stacked along a new first axis. The results are the carried values after the last turn, and the stacks.
    """
    values: list[np.ndarray] = list(operands[:carried])
    scans, fixed = operands[carried : carried + scanned], operands[carried + scanned :]
    rows = []
    for index in range(len(scans[0])):
        results = body(*values, *(x[index] for x in scans), *fixed)
        values = results[:carried]
        rows.append(results[carried:])
    if rows:
        return [*values, *(np.stack(row) for row in zip(*rows, strict=True))]
    slices = [np.empty(x.shape[1:], x.dtype) for x in scans]
    return [*values, *(row[None][:0] for row in body.empty_results(*values, *slices, *fixed)[carried:])]
