"""The table of the kernels that a runtime holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtc.build import kernel_table
from mtc.delegates.registry import kernel_keys
from mtc.diagnostics import MtcError
from mtc.selection.ops_list import parse


def test_unknown_kernels_are_told_alike_wherever_they_are_found(tmp_path: Path) -> None:
    with pytest.raises(MtcError) as listed:
        parse({"version": 1, "kernels": {"zzz": {}, "softmx@portable:f32/1": {}}}, "ops.yaml")
    with pytest.raises(MtcError) as built:
        kernel_table.write(["zzz", "softmx@portable:f32/1"], tmp_path)
    for error in (listed.value, built.value):
        nearest, unlike = error.diagnostics
        assert nearest.help == "did you mean `softmax@portable:f32/1`?"
        assert unlike.message == "unknown kernel `zzz`" and f"{len(kernel_keys()) - 30:,} more" in str(unlike.help)
    assert {diagnostic.at for diagnostic in listed.value.diagnostics} == {"ops.yaml"}


def test_no_two_kernels_have_one_key() -> None:
    keys = kernel_keys()
    assert sorted({*keys}) == keys


def test_files_have_at_higher_levels_what_has_versions_there(tmp_path: Path) -> None:
    header, _, sources = kernel_table.write(
        ["relu@portable:f16/1", "relu@portable:f32/1", "neg@portable:f16/1"], tmp_path
    )
    lines = header.read_text().splitlines()
    selected = lines.index("#define MTC_SELECTED_portable_Relu(V) V(Relu, Half)")
    assert lines[selected - 1] == "#if MTC_ISA_LEVEL > 0"
    assert lines[selected + 1 : selected + 4] == [
        "#else",
        "#define MTC_SELECTED_portable_Relu(V) V(Relu, Half) V(Relu, float)",
        "#endif",
    ]
    cold, hot = sources.read_text().splitlines()
    assert "relu.cpp" in hot and "neg.cpp" in cold
