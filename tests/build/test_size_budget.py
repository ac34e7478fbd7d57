"""A runtime that is too large is refused, and what to drop is ranked by what it saves."""

from __future__ import annotations

import pytest

from mtc.build.size_budget import check_size, savings
from mtc.build.size_report import Bill, SizeReport, SizeRow
from mtc.cli.parameters import Bytes
from mtc.diagnostics import MtcError

ADD, ADD16, RELU = "add@portable:f32/1", "add@portable:f16/1", "relu@portable:f32/1"
ROWS = (
    SizeRow("mtc core", "interpreter", 1000),
    SizeRow("mtc kernels", "add@portable", 100, (ADD,)),
    SizeRow("mtc kernels", "add@portable", 50, (ADD16,)),
    SizeRow("mtc kernels", "add@portable", 25, (ADD16, ADD)),
    SizeRow("mtc kernels", "relu@portable", 300, (RELU,)),
)
BILL = Bill((SizeReport("lib/libmtc.so", 1475, ROWS),), {ADD: {"a": [], "b": []}, ADD16: {"b": []}, RELU: {"a": []}})


def test_savings_are_what_only_the_dropped_kernels_need() -> None:
    found = {saving.what: saving.bytes for saving in savings(BILL.files[0], BILL.needed_by)}
    # What drops the same kernels as a model (dtype f16, operator relu) is said once, as the model.
    assert found == {
        "dtype f32": 400,
        "model `a`": 300,
        "operator add": 175,
        f"kernel `{ADD}`": 100,
        "model `b`": 50,
    }
    assert [*found.values()] == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    ("most", "help_"),
    [
        (1475, None),
        (1474, "drop model `b` from the list, or raise --max-size to 1475"),
        (1300, "drop operator add from the list, or raise --max-size to 1475"),
        (1050, "drop more than one of these from the list, or raise --max-size to 1475"),
        (999, "dropping kernels may not make it that small: raise --max-size to 1475"),
    ],
)
def test_too_large_is_an_error_with_the_least_that_is_enough(most: int, help_: str | None) -> None:
    if help_ is None:
        check_size(BILL, most)
        return
    with pytest.raises(MtcError) as caught:
        check_size(BILL, most)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code.id, diagnostic.help) == ("MTC705", help_)
    assert diagnostic.message == f"`lib/libmtc.so` has 1,475 bytes, {1475 - most:,} more than --max-size allows"


@pytest.mark.parametrize(
    ("text", "count"), [("600KB", 600_000), ("600 KiB", 614_400), ("1.5MB", 1_500_000), ("2mib", 2 << 20), ("7", 7)]
)
def test_units(text: str, count: int) -> None:
    assert Bytes().convert(text, None, None) == count
