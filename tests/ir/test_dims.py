"""Symbolic sizes compute what Python's integers compute."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_modules import sizes

from mtc.ir import dims
from mtc.ir.dim_range import range_of
from mtc.ir.dims import Bounds, Dim, dim
from mtc.ir.typeparser import parse_type

VALUES = st.fixed_dictionaries({"n": st.integers(1, 50), "m": st.integers(1, 50)})
OPERATORS: list[tuple[Callable[[Any, Any], Any], Callable[[int, int], int]]] = [
    (operator.add, operator.add),
    (operator.sub, operator.sub),
    (operator.mul, operator.mul),
    (dims.floor_div, operator.floordiv),
    (dims.mod, operator.mod),
    (dims.ceil_div, lambda a, b: -(-a // b)),
    (dims.minimum, min),
    (dims.maximum, max),
]


def _value(size: Dim, values: dict[str, int]) -> int | None:
    try:
        return dims.evaluate(size, values)
    except ZeroDivisionError:
        return None


@settings(max_examples=500)
@given(sizes(), sizes(), VALUES, st.sampled_from(OPERATORS))
def test_operation_computes_as_integers_do(a: Dim, b: Dim, values: dict[str, int], both: Any) -> None:
    symbolic, plain = both
    x, y = _value(a, values), _value(b, values)
    if x is None or y is None or (y <= 0 and symbolic is dims.ceil_div):
        return
    if (b == 0 or y == 0) and symbolic in (dims.floor_div, dims.mod):
        return
    assert _value(symbolic(a, b), values) == plain(x, y)


@given(sizes())
def test_text_reads_back(size: Dim) -> None:
    assert parse_type(f"f32[{size}]").shape == (size,)


@given(sizes(), VALUES)
def test_substituting_all_dims_evaluates(size: Dim, values: dict[str, int]) -> None:
    number = _value(size, values)
    if number is not None:
        assert dims.substitute(size, values) == number


@given(sizes(), st.integers(1, 9))
def test_substituting_a_dim_keeps_the_rest(size: Dim, number: int) -> None:
    if _value(size, {"n": number, "m": 7}) is not None:
        halfway = dims.substitute(size, {"n": number})
        assert dims.names_in([halfway]) <= {"m"}
        assert _value(halfway, {"m": 7}) == _value(size, {"n": number, "m": 7})


n, m = dim("n"), dim("m")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (n + m, m + n),
        ((n + 1) * 2, n * 2 + 2),
        (dims.floor_div(n * 6, 3), n * 2),
        (dims.floor_div(n * m, n), m),
        (dims.floor_div(n * 2 + 1, 2), n),
        (dims.mod(n * 4 + 1, 4), 1),
        (dims.minimum(n, n + 1), n),
        (dims.maximum(n, m), dims.maximum(m, n)),
        (n - n, 0),
    ],
)
def test_equal_sizes_compare_equal(a: Dim, b: Dim) -> None:
    assert a == b


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (n * 2 + 1, "2*n+1"),
        (dims.floor_div(n + 1, 2), "(n+1)//2"),
        (dims.floor_div(n, 2) * 3, "3*(n//2)"),
        (-dims.floor_div(n, 2), "-(n//2)"),
        (dims.minimum(n, 3), "min(3, n)"),
    ],
)
def test_text(size: Dim, text: str) -> None:
    assert str(size) == text


@given(sizes(), VALUES, st.integers(0, 9), st.integers(0, 9) | st.none())
def test_a_size_is_in_its_range(size: Dim, values: dict[str, int], below: int, above: int | None) -> None:
    number = _value(size, values)
    if number is not None:
        bounds = {name: Bounds(n - below, None if above is None else n + above) for name, n in values.items()}
        low, high = range_of(size, bounds)
        assert low <= number <= high


def test_a_rest_is_smaller_than_its_divisor() -> None:
    assert range_of(10 - dims.mod(dim("n"), 5), {"n": Bounds()}) == (6, 10)
    assert range_of(dim("n") * 2 - dim("m"), {"n": Bounds(3), "m": Bounds(1, 4)}) == (2, math.inf)


def test_the_text_of_nested_sizes_takes_time_in_proportion_to_its_length() -> None:
    """A chain of strided convolutions; each level that is written twice would double the whole."""
    size: Dim = dim("n")
    for _ in range(60):
        size = dims.floor_div(size * 3 + 1, 2) * dim("d")
    assert str(size).count("//") == 60
