"""`mtc build-runtime --check` for another processor: models run in qemu on the runtime that was just built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from emulation import missing

import mtc
from mtc.analysis.reduced_check import check_models, device_for, read_models
from mtc.build.targets import TARGETS
from mtc.diagnostics import MtcError
from mtc.ir.constant import Constant
from mtc.stages.build_runtime import build_runtime
from mtc.stages.select_ops import select_ops

ARM64 = TARGETS["linux-arm64"]
pytestmark = pytest.mark.skipif(bool(reason := missing("qemu:arm64")), reason=reason)


def test_models_run_on_another_processor(tmp_path: Path) -> None:
    model = mtc.export(torch.nn.Hardswish().eval(), (torch.randn(4, 8),))
    mtc.package(model, tmp_path / "m.mtp", backend="portable")
    accepted = []

    def check(built: Path) -> None:
        accepted.extend(check_models(built, device_for(ARM64), read_models([tmp_path / "m.mtp"])))

    listed = select_ops(model, backend="portable")
    built = build_runtime(listed, tmp_path / "r", target_name=ARM64.name, accept=check)
    (checked,) = accepted
    assert checked.against == "its sample" and checked.differences[0].max_rel < 1e-6
    assert built.proof == dict.fromkeys(built.proof, 1)

    (sample,) = model.samples["forward"]
    wrong = [Constant.of(constant.array() + 1) for constant in sample.outputs]
    model.samples["forward"] = [replace(sample, outputs=tuple(wrong))]
    mtc.package(model, tmp_path / "wrong.mtp", backend="portable")
    mtc.package(model, tmp_path / "other.mtp", backend="xnnpack")
    with pytest.raises(MtcError) as caught:
        check_models(built.folder, device_for(ARM64), read_models([tmp_path / "wrong.mtp", tmp_path / "other.mtp"]))
    assert [diagnostic.code.id for diagnostic in caught.value.diagnostics] == ["MTC504", "MTC402"]
