"""Rows of the program's tables."""

from __future__ import annotations

from typing import Any, TypeVar

Row = TypeVar("Row")


def make(table: type[Row], /, **fields: Any) -> Row:
    """A row with these fields, which must be fields of its table."""
    row = table()
    for name, value in fields.items():
        if name not in vars(row):
            raise AttributeError(f"{table.__name__} has no field `{name}`")
        setattr(row, name, value)
    return row
