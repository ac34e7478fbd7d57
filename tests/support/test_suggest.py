"""What is said of a name that nobody has."""

from __future__ import annotations

from mtc.support.suggest import did_you_mean


def test_the_nearest_name_else_as_many_as_a_reader_looks_through() -> None:
    assert did_you_mean("ad", ["add", "sub"]) == "did you mean `add`?"
    assert did_you_mean("xyz", ["sub", "add"]) == "known: add, sub"
    many = did_you_mean("xyz", [f"op{index:04}" for index in range(1500)])
    assert many.startswith("known: op0000, op0001, ") and many.endswith(", op0029, and 1,470 more")
