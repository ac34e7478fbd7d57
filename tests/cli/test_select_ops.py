"""select-ops: folders of models, kernels by hand, and what changed since an earlier list."""

from __future__ import annotations

import yaml

from mtc import stages
from mtc.selection import ops_list


def test_a_folder_stands_for_all_models_in_it(mtc, folder):
    mtc("export", "model.py", "-o", "model.mtc")
    (folder / "models/deep").mkdir(parents=True)
    mtc("package", "model.mtc", "-o", "models/deep/a.mtp")
    mtc("optimize", "model.mtc", "-o", "models/b.mtc")
    assert mtc("select-ops", "models/deep/a.mtp", "models/b.mtc", "-o", "one.yaml").code == 0
    assert mtc("select-ops", "models", "-o", "all.yaml").code == 0
    assert (folder / "one.yaml").read_text() == (folder / "all.yaml").read_text()
    (folder / "models/c.mtc").write_text("no model")
    (folder / "models/deep/d.mtp").touch()
    refused = mtc("select-ops", "models", "-o", "none.yaml")
    assert refused.code == 1 and "models/c.mtc" in refused.err and "models/deep/d.mtp" in refused.err
    (folder / "empty").mkdir()
    refused = mtc("select-ops", "empty", "-o", "none.yaml")
    assert refused.code == 1 and "`empty` holds no .mtc or .mtp" in refused.err
    assert not (folder / "none.yaml").exists()


def test_models_of_one_name_are_told_apart(mtc, folder):
    """Each has its source in a `model.py` of its own folder, as the README shows it."""
    for name, op in (("x", "ReLU"), ("y", "Tanh")):
        (folder / name).mkdir()
        source = f"import torch\n\nmodel, example_inputs = torch.nn.{op}(), (torch.ones(2),)\n"
        (folder / name / "model.py").write_text(source)
        assert mtc("export", f"{name}/model.py", "-o", f"{name}/net.mtc").code == 0
        assert mtc("export", f"{name}/model.py", "-o", f"{name}.mtc").code == 0
        assert mtc("package", f"{name}.mtc", "-o", f"{name}/net.mtp").code == 0
    for given, names in (
        (["x.mtc"], ["model.py"]),
        (["x.mtc", "y.mtc"], ["x.mtc", "y.mtc"]),
        (["x/net.mtc", "y/net.mtc"], ["x/net.mtc", "y/net.mtc"]),
        (["x/net.mtc", "y/net.mtp"], ["model.py", "net.mtp"]),
        (["x/net.mtp", "y/net.mtp"], ["x/net.mtp", "y/net.mtp"]),
        (["x.mtc", "x/net.mtc"], ["net.mtc", "x.mtc"]),
    ):
        assert mtc("select-ops", *given, "-o", "ops.yaml").code == 0
        assert list(ops_list.load(folder / "ops.yaml").models) == names
    both = [stages.load(folder / "x.mtc"), stages.load(folder / "y.mtc")]
    assert list(stages.select_ops(*both).models) == ["model.py (1)", "model.py (2)"]


def test_kernels_by_hand_need_no_model(mtc, folder):
    assert mtc("select-ops", "--op", "add@portable:f32", "--op", "erf:f32").code == 0
    kernels = yaml.safe_load((folder / "ops.yaml").read_text())["kernels"]
    assert list(kernels) == ["add@portable:f32/1", "erf@portable:f32/1"]
    assert mtc("select-ops", "--op", "add:f33").code == 2


def test_lists_become_one_without_a_model(mtc, folder):
    for op in ("add", "mul"):
        mtc("select-ops", "--op", f"{op}@portable:f32", "-o", f"{op}.yaml")
    merged = mtc("select-ops", "--merge", "add.yaml", "--merge", "mul.yaml", "-o", "both.yaml")
    assert merged.code == 0, merged.err
    kernels = yaml.safe_load((folder / "both.yaml").read_text())["kernels"]
    assert list(kernels) == ["add@portable:f32/1", "mul@portable:f32/1"]
    alone = mtc("select-ops", "--merge", "add.yaml", "-o", "one.yaml")
    assert alone.code == 1 and "no MODEL was named" in alone.err


def test_what_changed_since_an_earlier_list(mtc, folder):
    mtc("select-ops", "--op", "add@portable:f32", "--op", "mul@portable:f32", "-o", "old.yaml")
    again = mtc("select-ops", "--merge", "old.yaml", "--op", "mul@portable:f32", "--compare", "old.yaml", "--exit-code")
    assert again.code == 0 and "the same kernels as old.yaml" in again.out
    line = ["select-ops", "--op", "add@portable:f32", "--op", "erf:f32", "--compare", "old.yaml"]
    changed = mtc(*line)
    assert changed.code == 0 and "+ erf@portable:f32/1\n    by hand: --op erf:f32" in changed.out
    assert "- mul@portable:f32/1" in changed.out and "1 kernel added, 1 dropped since old.yaml" in changed.out
    shown = mtc(*line, "--exit-code", "--json")
    assert shown.code == 1 and shown.json["added"] == {"erf@portable:f32/1": {"by hand": ["--op erf:f32"]}}
    assert mtc("select-ops", "--op", "add:f32", "--exit-code").code == 2
