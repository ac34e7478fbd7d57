"""The table of the kernels that a runtime holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtc.build import kernel_table
from mtc.delegates.registry import kernel_keys
from mtc.delegates.xnnpack.microkernels import microkernels
from mtc.diagnostics import MtcError
from mtc.ir.kernel_key import KernelKey
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
    header, _, sources, _ = kernel_table.write(
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


def test_code_of_a_variant_is_left_out_where_it_is_not_selected(tmp_path: Path) -> None:
    keys = ["conv2d.dense@xnnpack:f16/1", "conv2d.dense@xnnpack:f32/1", "conv2d.depthwise@xnnpack:f32/1"]
    header, table, *_ = kernel_table.write(keys, tmp_path)
    lines = header.read_text().splitlines()
    assert "#define MTC_SELECTED_xnnpack_Conv2d(V) V(Conv2d, Half) V(Conv2d, float)" in lines
    assert "#define MTC_SELECTED_xnnpack_Conv2d_dense(V) V(Conv2d, Half) V(Conv2d, float)" in lines
    assert "#define MTC_SELECTED_xnnpack_Conv2d_depthwise(V) V(Conv2d, float)" in lines
    text = table.read_text()
    assert all(f'"{key}\\0"' in text for key in keys)
    given = {line.split("(")[0].split()[-1]: line for line in text.splitlines() if " xnn_selected_" in line}
    assert "return xnn_init_f32_gemm_config();" in given["xnn_selected_f32_gemm_config"]
    assert "xnn_init_f32_dwconv_config" in given["xnn_selected_f32_dwconv_config"]
    assert "nothing" in given["xnn_selected_f16_dwconv_config"] and "nothing" in given["xnn_selected_qu8_gemm_config"]


def test_an_adapted_kernel_may_be_given_any_variant(tmp_path: Path) -> None:
    header = kernel_table.write(["max_pool2d@portable:qi8/1", "avg_pool2d.nchw@portable:f32/1"], tmp_path)[0]
    lines = header.read_text().splitlines()
    for layout in ("nchw", "nhwc"):
        assert f"#define MTC_SELECTED_portable_MaxPool2d_{layout}(V) V(MaxPool2d, int8_t)" in lines
    assert "#define MTC_SELECTED_portable_AvgPool2d_nhwc(V) " in lines


@pytest.mark.parametrize(
    ("keys", "runs", "nests"),
    [
        ([], "false", "false"),
        (["relu@portable:f32/1"], "true", "false"),
        (["relu@portable:f32/1", "cond@portable/1"], "true", "true"),
    ],
)
def test_the_interpreter_has_what_the_kernels_need(keys: list[str], runs: str, nests: str, tmp_path: Path) -> None:
    parts = kernel_table.write(keys, tmp_path)[3].read_text()
    assert f"kRunsKernels = {runs};" in parts and f"kNestsFunctions = {nests};" in parts
    whole = kernel_table.write(keys, tmp_path, has_other_kernels=True)[3].read_text()
    assert "false" not in whole


@pytest.mark.parametrize("key", [key for key in kernel_keys() if "@xnnpack:" in key])
def test_kernels_of_products_say_which_microkernels_they_run(key: str) -> None:
    parsed = KernelKey.parse(key)
    is_product = parsed.op in ("conv2d", "linear", "integer_linear", "matmul", "conv_transpose2d")
    found = microkernels(parsed)
    assert bool(found) == is_product and "" not in {dtype for _, dtype in found}
