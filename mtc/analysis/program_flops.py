"""The work of a program's instructions: the op's own formula on the operands that the tables state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtc.diagnostics import DAMAGED_ARTIFACT
from mtc.ir.kernel_key import KernelKey
from mtc.ir.opspec import Attribute, AttrKind
from mtc.ir.types import DType, TensorType
from mtc.ops import OPS
from mtc.program import schema_generated as schema
from mtc.program.reader import DAMAGE, Program, numbers


def instruction_flops(program: Program, shapes: Sequence[Sequence[int]], function: int = 0) -> list[int]:
    """Floating-point operations of each instruction of a function, for inputs of these shapes. DAMAGED_ARTIFACT if
    its tables make no sense."""
    try:
        body = program.tables.functions[function]
        sizes = _expressions(body, shapes)
        return [_flops(program, body, instruction, sizes) for instruction in body.instructions or []]
    except (*DAMAGE, KeyError, ZeroDivisionError) as error:
        raise DAMAGED_ARTIFACT.error(f"`{program.path}` is damaged: {error}") from error


def _flops(program: Program, body: Any, instruction: Any, sizes: list[int]) -> int:
    op = OPS.get(KernelKey.parse(program.kernels[instruction.kernel]).op)
    if op is None or op.flops is None:
        return 0
    types = [None if i < 0 else _type(body.values[i], sizes) for i in instruction.inputs]
    attrs = {
        name: _attribute(spec, attr, sizes)
        for (name, spec), attr in zip(op.attributes.items(), instruction.attrs or [], strict=True)
    }
    return int(op.flops(*op.group(types), **attrs))


def _expressions(body: Any, shapes: Sequence[Sequence[int]]) -> list[int]:
    symbols = [int(shapes[symbol.input][symbol.axis]) for symbol in body.symbols or []]
    values: list[int] = []
    kinds: Mapping[int, Any] = {
        schema.ExprKind.add: lambda a, b: a + b,
        schema.ExprKind.mul: lambda a, b: a * b,
        schema.ExprKind.floor_div: lambda a, b: a // b if b else 0,
        schema.ExprKind.mod: lambda a, b: a % b if b else 0,
        schema.ExprKind.min: min,
        schema.ExprKind.max: max,
    }
    for row in body.exprs or []:
        if row.kind == schema.ExprKind.constant:
            values.append(int(row.a))
        elif row.kind == schema.ExprKind.symbol:
            values.append(symbols[row.a])
        else:
            values.append(int(kinds[row.kind](values[row.a], values[row.b])))
    return values


def _type(value: Any, sizes: list[int]) -> TensorType:
    dims = tuple(d if d >= 0 else sizes[-d - 1] for d in numbers(value.dims))
    return TensorType(DType.numbered(value.dtype), dims)


def _attribute(spec: Attribute, attr: Any, sizes: list[int]) -> Any:
    ints = numbers(attr.ints)
    match spec.kind:
        case AttrKind.INT:
            return ints[0]
        case AttrKind.BOOL:
            return bool(ints[0])
        case AttrKind.ENUM:
            assert spec.enum is not None
            return list(spec.enum)[ints[0]]
        case AttrKind.DTYPE:
            return DType.numbered(ints[0])
        case AttrKind.FLOAT:
            return float(attr.floats[0])
        case AttrKind.FLOATS:
            return () if attr.floats is None else tuple(float(v) for v in attr.floats)
    if attr.exprs is not None and len(attr.exprs):
        return tuple(sizes[i] for i in attr.exprs)
    return tuple(ints)
