"""Control flow: nested functions as text."""

from __future__ import annotations

import torch

from cases.case import Case, array, case, randn
from mtc import ops
from mtc.ir.types import BF16, BOOL, F16, F32, F64, I8, I64

DTYPES = (F32, F64, F16, BF16, I8, I64)


def doubled(x: torch.Tensor) -> torch.Tensor:
    """`x + x`, rounded as its dtype is."""
    return x + x


def powers(x: torch.Tensor, n: torch.Tensor, **_: int) -> tuple[torch.Tensor, torch.Tensor]:
    """x doubled as often as `n` says, and n."""
    for _turn in range(int(n)):
        x = doubled(x)
    return n, x


CONDITION = "func @condition(%i: i64, %x: $T[3], %n: i64) { %0 = lt(%i, %n) : bool return %0 }"
DOUBLE = """func @body(%i: i64, %x: $T[3], %n: i64) {
  %one = constant 1 : i64
  %0 = add(%i, %one) : i64
  %1 = add(%x, %x) : $T[3]
  return %0, %1
}"""
SUMS = """func @body(%sum: $T[2], %x: $T[2], %y: $T, %z: $T[1]) {
  %0 = add(%sum, %x) : $T[2]
  %1 = add(%0, %y) : $T[2]
  %2 = add(%x, %z) : $T[2]
  return %0, %1, %2
}"""


def fibonacci(a: torch.Tensor, b: torch.Tensor, x: torch.Tensor, **_: int) -> tuple[torch.Tensor, ...]:
    for _turn in range(len(x)):
        a, b = a + b, a
    return a, b


def sums(start: torch.Tensor, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, **_: int) -> tuple[torch.Tensor, ...]:
    totals = torch.empty_like(x)
    for index, row in enumerate(x):
        start = totals[index] = start + row
    return start, totals + y[:, None], x + z


CASES: list[Case] = [
    *(
        case(
            ops.cond,
            lambda p, x, y: (x + y, x) if p else (x, doubled(y)),
            dtypes=DTYPES,
            predicate=array(predicate, BOOL),
            operands=[randn(2, 3), randn(2, 3)],
            then="func @then(%x: $T[2,3], %y: $T[2,3]) { %0 = add(%x, %y) : $T[2,3] return %0, %x }",
            otherwise="func @otherwise(%x: $T[2,3], %y: $T[2,3]) { %0 = add(%y, %y) : $T[2,3] return %x, %0 }",
        )
        for predicate in (True, [False])
    ),
    case(
        ops.cond,
        lambda p: torch.tensor([1.0, 2.0]),
        predicate=array([[True]], BOOL),
        operands=[],
        then="func @then() { %0 = constant [1.0, 2.0] : f32[2] return %0 }",
        otherwise="func @otherwise() { %0 = constant [3.0, 4.0] : f32[2] return %0 }",
        note="no operands",
    ),
    *(
        case(
            ops.while_loop,
            lambda i, x, n, carried: powers(x, n),
            dtypes=(F32, F16, I64),
            operands=[array(0, I64), randn(3), array(turns, I64)],
            condition=CONDITION,
            body=DOUBLE,
            carried=2,
        )
        for turns in (0, 1, 5)
    ),
    *(
        case(
            ops.scan,
            fibonacci,
            dtypes=(F32, I64),
            operands=[randn(2), randn(2), randn(length, 0)],
            body="func @body(%a: $T[2], %b: $T[2], %x: $T[0]) { %0 = add(%a, %b) : $T[2] return %0, %a }",
            carried=2,
            scanned=1,
        )
        for length in (0, 4)
    ),
    *(
        case(
            ops.scan,
            sums,
            dtypes=(F64, I64),
            operands=[randn(2), randn(length, 2), randn(length), randn(1)],
            body=SUMS,
            carried=1,
            scanned=2,
        )
        for length in (0, 1, 5)
    ),
]
