"""build-runtime: what is proved from the binaries, and models that are run on them before they are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import mtc as api
from mtc.analysis.reduced_check import as_near, device_for, drift_of, limits_for
from mtc.analysis.verify import Difference, compared
from mtc.build.targets import TARGETS
from mtc.diagnostics import MtcError
from mtc.ir.constant import Constant


@pytest.fixture
def models(mtc, folder):
    """Two models and a list of the kernels of the first."""
    (folder / "other.py").write_text((folder / "model.py").read_text().replace("nn.ReLU()", "nn.Sigmoid()"))
    for name in ("model", "other"):
        mtc("export", f"{name}.py")
        mtc("optimize", f"{name}.mtc")
    mtc("package", "model.optimized.mtc")
    assert mtc("select-ops", "model.optimized.mtc").code == 0
    return folder


def test_models_run_on_the_reduced_runtime(mtc, models):
    line = ["build-runtime", "--check", "model.mtp", "--check", "model.optimized.mtc", "-o", "r"]
    built = mtc(*line, "--json")
    assert built.code == 0, built.err
    kernels = len(built.json["kernels"])
    assert built.json["proof"]["binaries"] == dict.fromkeys(built.json["proof"]["binaries"], kernels)
    assert {"lib/libmtc.so", "bin/mtc_run"} <= built.json["proof"]["binaries"].keys()
    assert built.json["proof"]["models"] == {"model.py": kernels}
    checked = {one["model"]: one for one in built.json["checked"]}
    assert checked.keys() == {"model.mtp", "model.optimized.mtc"}
    for one in checked.values():
        assert one["against"] == "its sample" and all(row["max_rel"] < 1e-5 for row in one["outputs"])
    shown = mtc(*line)
    assert "proved from the binaries" in shown.out and "model.optimized.mtc  forward" in shown.out

    (models / "other.optimized.mtc").rename("an other.mtc")
    missing = mtc("build-runtime", "--check", "an other.mtc", "--check", "model.mtp", "-o", "s")
    assert missing.code == 1 and "MTC402" in missing.err and "`sigmoid@xnnpack:f32/1`" in missing.err
    assert "`ops.yaml` lacks" in missing.err and "at: an other.mtc" in missing.err
    assert "`mtc select-ops 'an other.mtc' --merge ops.yaml -o ops.yaml` adds them" in missing.err
    assert not (models / "s").exists()

    model = api.load("model.optimized.mtc")
    (sample,) = model.samples["forward"]
    wrong = replace(sample, outputs=tuple(Constant.of(constant.array() + 1) for constant in sample.outputs))
    model.samples["forward"] = [wrong]
    api.save(model, "wrong.mtc")
    refused = mtc("build-runtime", "--check", "wrong.mtc", "-o", "s")
    assert refused.code == 1 and "MTC504" in refused.err and "differs from its sample" in refused.err
    assert not (models / "s").exists()

    for device, code in (("host:x", "MTC301"), ("qemu:arm64", "MTC5"), ("ssh:no-such-host.invalid", "MTC507")):
        elsewhere = mtc("build-runtime", "--check", "model.mtp", "--device", device, "-o", "s")
        assert elsewhere.code != 0 and f"[{code}" in elsewhere.err and "mtc build-runtime " not in elsewhere.err

    (models / "bad.mtc").write_text("no model")
    assert mtc("build-runtime", "--check", "bad.mtc", "-o", "s").code == 1
    packaged = mtc("package", "an other.mtc", "--runtime", "r")
    assert packaged.code == 1 and "`sigmoid@xnnpack:f32/1`" in packaged.err


@pytest.mark.parametrize("scheme", ["bf16", "fp16", "weight-int8"])
def test_what_rounding_to_few_bits_costs_is_no_fault_of_the_runtime(mtc, models, scheme):
    """The source model's outputs are further away than any limit that would find a fault."""
    assert mtc("quantize", "model.optimized.mtc", "--scheme", scheme, "-o", "small.mtc").code == 0
    model = api.load("small.mtc")
    (sample,) = model.samples["forward"]
    far = replace(sample, outputs=tuple(Constant.of(constant.array() * 1.01) for constant in sample.outputs))
    model.samples["forward"] = [far]
    api.save(model, "small.mtc")
    assert mtc("select-ops", "small.mtc", "-o", "small.yaml").code == 0
    built = mtc("build-runtime", "--ops", "small.yaml", "--check", "small.mtc", "-o", "small", "--json")
    assert built.code == 0, built.err
    (checked,) = built.json["checked"]
    assert checked["against"] == "the host runtime" and all(row["max_rel"] < 1e-5 for row in checked["outputs"])


ARM64 = TARGETS["linux-arm64"]
SCALES, HALF_SUMS = "linear@xnnpack:f32,qi8/1", "linear@xnnpack:f16/1"


@pytest.mark.parametrize(
    ("kernel", "there", "here", "is_ok"),
    [
        (SCALES, (0.069, 0.9982), (0.068, 0.9986), True),  # mobilevit_xxs in int8-dynamic, on arm64 and x86_64
        (SCALES, (0.09, 0.9982), (0.068, 0.9986), False),
        (SCALES, (0.069, 0.9962), (0.068, 0.9986), False),
        (SCALES, (0.9, 0.1), (0.9, 0.1), False),  # where the host is far away, too, nothing is known
        (SCALES, (float("inf"), 1.0), (float("inf"), 1.0), False),  # integers
        (HALF_SUMS, (0.031, 0.9997), (0.0047, 0.99999), True),  # resnet18 in f16, on arm64 and x86_64
        (HALF_SUMS, (0.031, 0.9997), (0.0005, 0.99999), False),
        (HALF_SUMS, (0.137, 0.9888), (0.036, 0.9992), True),  # resnet50
        (HALF_SUMS, (0.137, 0.97), (0.036, 0.9992), False),
        (HALF_SUMS, (0.3, 0.9888), (0.036, 0.9992), False),
    ],
)
def test_rounded_results_may_be_as_far_from_the_source_as_the_hosts(kernel, there, here, is_ok):
    row, its, ours = (Difference("", "y", *distance, False) for distance in ((0.033, 0.9995), there, here))
    assert [found.is_ok for found in as_near([row], [its], [ours], drift_of([kernel], ARM64))] == [is_ok]
    assert as_near([replace(row, is_ok=True)], [its], [ours], drift_of([kernel], ARM64))[0].is_ok


@pytest.mark.parametrize(
    ("kernel", "target"),
    [
        ("linear@portable:f32,qi8/1", "linux-arm64"),
        ("linear@xnnpack:qi8,qi8/1", "linux-arm64"),
        ("linear@portable:f16/1", "linux-arm64"),
        ("linear@xnnpack:f32/1", "linux-arm64"),
        ("matmul@portable:bf16/1", "linux-arm64"),
        (HALF_SUMS, "linux-x86_64"),
    ],
)
def test_only_where_a_library_rounds_otherwise_may_a_device_be_that_far(kernel, target):
    assert drift_of([kernel], TARGETS[target]) is None


F16, BF16 = (torch.finfo(dtype).eps / 2 for dtype in (torch.float16, torch.bfloat16))  # their unit roundoffs


@pytest.mark.parametrize(
    ("kernels", "least", "most"),
    [
        ("relu@portable:f32/1", 0, 1e-3),
        ("relu@portable:f32/1 matmul@portable:f16/1 cast@portable:f16,f32/1", 4 * F16, 0.005),
        ("matmul@portable:f16/1 relu@portable:bf16/1", 4 * BF16, 0.02),
        ("linear@xnnpack:f16/1 relu@portable:f16/1", 0.02, 0.02),
        ("linear@portable:qi8,qi8/1 relu@portable:f16/1", 1 / 127, 0.02),
    ],
)
def test_runtimes_may_be_as_far_apart_as_their_types_round(kernels, least, most):
    """A unit in the last place is two roundoffs: to fall on the other side twice is no fault."""
    assert least <= limits_for(kernels.split()).max_rel <= most


def test_one_in_a_hundred_is_a_fault_in_f16():
    want = np.linspace(-1, 1, 64, dtype=np.float16)
    limits = limits_for(["tanh@portable:f16/1"])
    for got, is_ok in ((np.nextafter(want, np.float16(2)), True), (want * np.float16(1.01), False)):
        (row,) = compared("", ["y"], [got], [want], limits)
        assert row.is_ok is is_ok


def test_a_target_that_nothing_here_runs_says_so():
    with pytest.raises(MtcError, match="nothing here runs programs for macos-arm64") as caught:
        device_for(TARGETS["macos-arm64"])
    assert caught.value.code.id == "MTC507"
