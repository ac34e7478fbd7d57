"""What is said of a name that nobody has."""

from __future__ import annotations

import pytest

from mtc.build import kernel_table
from mtc.delegates.registry import kernel_keys
from mtc.diagnostics import MtcError
from mtc.selection.ops_list import parse
from mtc.support.suggest import did_you_mean


def test_the_nearest_name_else_as_many_as_a_reader_looks_through() -> None:
    assert did_you_mean("ad", ["add", "sub"]) == "did you mean `add`?"
    assert did_you_mean("xyz", ["sub", "add"]) == "known: add, sub"
    many = did_you_mean("xyz", [f"op{index:04}" for index in range(1500)])
    assert many.startswith("known: op0000, op0001, ") and many.endswith(", op0029, and 1,470 more")


def test_unknown_kernels_are_told_alike_wherever_they_are_found(tmp_path) -> None:
    with pytest.raises(MtcError) as listed:
        parse({"version": 1, "kernels": {"zzz": {}, "softmx@portable:f32/1": {}}}, "ops.yaml")
    with pytest.raises(MtcError) as built:
        kernel_table.write(["zzz", "softmx@portable:f32/1"], tmp_path)
    for error in (listed.value, built.value):
        nearest, unlike = error.diagnostics
        assert nearest.help == "did you mean `softmax@portable:f32/1`?"
        assert unlike.message == "unknown kernel `zzz`" and f"{len(kernel_keys()) - 30:,} more" in str(unlike.help)
    assert {diagnostic.at for diagnostic in listed.value.diagnostics} == {"ops.yaml"}
