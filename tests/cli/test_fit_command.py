"""fit: from the command line, with and without a way."""

from __future__ import annotations

MODEL = """\
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 8), nn.Hardswish(), nn.Linear(8, 4)).eval()
example_inputs = (torch.randn(2, 8),)
"""
SHIPS = [f"--op={key}:f32" for key in ("linear@xnnpack", "add@portable", "mul@portable", "clamp@portable")]


def test_a_model_is_fitted_to_a_list(mtc, folder):
    (folder / "new.py").write_text(MODEL)
    mtc("export", "new.py")
    mtc("select-ops", *SHIPS, "-o", "ships.yaml")
    fitted = mtc("fit", "new.mtc", "--runtime", "ships.yaml")
    assert fitted.code == 0 and "hardswish" in fitted.out and "add clamp mul mul" in fitted.out
    listed = (folder / "ships.yaml").read_text().splitlines(keepends=True)
    (folder / "edited.yaml").write_text("".join(["# Kernels of release 2.\n", *reversed(listed[1:3]), *listed[3:]]))
    assert mtc("fit", "new.mtc", "--runtime", "edited.yaml", "-o", "by.edited.mtc").code == 0
    assert mtc("select-ops", *SHIPS, "--merge", "edited.yaml", "-o", "edited.yaml").code == 0
    assert mtc("select-ops", "new.fitted.mtc", "--compare", "ships.yaml", "--exit-code").code == 0
    assert mtc("verify", "new.fitted.mtp", "--against", "new.py").code == 0
    shown = mtc("fit", "new.mtc", "--runtime", "ships.yaml", "--json").json
    assert shown["changes"][0]["operator"] == "hardswish" and shown["difference"] <= 1
    for name in ("new.v2", "other.mtp"):
        assert mtc("fit", "new.mtc", "--runtime", "ships.yaml", "-o", name).code == 0
        assert (folder / f"{name}.mtp").exists() and mtc("inspect", name).code == 0
    assert not (folder / "new.mtp").exists()
    assert mtc("optimize", "new.fitted.mtc", "-o", "free.mtc").code == 0
    mtc("select-ops", "free.mtc", "-o", "free.yaml")
    assert "hardswish@xnnpack" in (folder / "free.yaml").read_text()


def test_without_a_way_nothing_is_written(mtc, folder):
    (folder / "new.py").write_text(MODEL)
    mtc("export", "new.py")
    mtc("select-ops", *SHIPS[:3], "-o", "ships.yaml")
    refused = mtc("fit", "new.mtc", "--runtime", "ships.yaml", "--no-measure", "--json")
    assert refused.code == 1
    stuck, addition = refused.json["errors"]
    assert stuck["code"] == "MTC404" and (stuck["operator"], stuck["at"]) == ("hardswish", "1")
    assert addition["message"] == "the smallest addition is `hardswish@xnnpack:f32/1`"
    command = addition["help"].split("`")[1]
    assert mtc(*command.split()[1:], "-o", "next.yaml").code == 0
    assert mtc("fit", "new.mtc", "--runtime", "next.yaml", "-o", "next.mtc").code == 0
    assert not list(folder.glob("*.fitted.*"))
    refused = mtc("fit", "new.mtc", "--runtime", "new.mtc")
    assert refused.code == 1 and "not an operator list or a runtime" in refused.err


def test_the_addition_is_named_where_its_bytes_cannot_be_measured(mtc, folder, monkeypatch):
    (folder / "new.py").write_text(MODEL)
    mtc("export", "new.py")
    mtc("select-ops", *SHIPS[:3], "-o", "ships.yaml")
    monkeypatch.setenv("CXX", "/no/such/g++")
    refused = mtc("fit", "new.mtc", "--runtime", "ships.yaml")
    assert refused.code == 1 and "the smallest addition is `hardswish@xnnpack:f32/1`" in refused.err
    assert "was not measured:" in refused.err
