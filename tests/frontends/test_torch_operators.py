"""ATen operators: each row of a table in `functions/` is exported and compared with itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from functions import any_size, complex_numbers, elementwise, networks, shapes, writes
from torch.export import Dim

from mtc.frontends.torch import table

FUNCTIONS = [
    pytest.param(row, id=name)
    for family in (elementwise, shapes, writes, networks, complex_numbers)
    for name, row in family.FUNCTIONS.items()
]


@pytest.mark.parametrize("row", FUNCTIONS)
def test_operators_agree_with_torch(row: Callable[[], tuple[Any, ...]], exported: Any) -> None:
    function, *inputs = row()
    exported(function, tuple(inputs))


@pytest.mark.parametrize("name", any_size.FUNCTIONS)
def test_operators_take_any_size(name: str, exported: Any) -> None:
    sizes = [(torch.randn(2, n, 6),) for n in (4, 5, 8, 11, 20)]
    exported(any_size.FUNCTIONS[name], (torch.randn(2, 7, 6),), sizes, dynamic_shapes=(({1: Dim("n", min=4)},),))


def test_every_row_takes_the_arguments_of_its_overload() -> None:
    for name in table.LIBRARIES:
        table.register_library(name)
    table.load()
    for name, convert in table.ROWS.items():
        target = table.overload(name)
        if not isinstance(target, torch._ops.OpOverload):
            continue
        positional = [argument for argument in target._schema.arguments if not argument.kwarg_only]
        named = {argument.name: None for argument in target._schema.arguments if argument.kwarg_only}
        required = [argument for argument in positional if not argument.has_default_value()]
        for arguments in (required, positional):
            inspect.signature(convert).bind(None, *arguments, **named)


def test_bags_of_one_size_are_reduced_where_they_lie(exported: Any) -> None:
    bags = torch.nn.EmbeddingBag(10, 4, mode="mean")
    shapes = ({0: Dim("bags")},)
    module = exported(bags, (torch.randint(0, 10, (3, 5)),), [(torch.randint(0, 10, (1, 5)),)], dynamic_shapes=shapes)
    assert "scatter" not in {node.op.name for node in module.nodes()}


def test_every_row_names_an_overload_of_torch() -> None:
    missing = tuple(f"{name}::" for name in table.LIBRARIES if not table.register_library(name))
    table.load()
    assert not [name for name in table.ROWS if not name.startswith(missing) and table.overload(name) is None]
