"""What a script reads of a failure: the same keys of every command, and always a next step."""

import numpy as np
import pytest

KEYS = {"code", "title", "message", "operator", "at", "notes", "help"}
ERF = """\
import torch
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(4, 3)
    def forward(self, x):
        return torch.erf(self.table(x))
model, example_inputs = Model().eval(), (torch.ones(2, dtype=torch.int64),)
"""
UNKNOWN = ERF.replace("torch.erf", "torch.special.bessel_j0")


@pytest.mark.parametrize(
    ("line", "code", "operator", "at"),
    [
        ("export unknown.py", "MTC201", "aten.special_bessel_j0.default", "unknown.py:7"),
        ("compile unknown.py", "MTC201", "aten.special_bessel_j0.default", "unknown.py:7"),
        ("recipe run r.yaml", "MTC201", "aten.special_bessel_j0.default", "unknown.py:7"),
        ("compile model.py --no-fallback", "MTC303", "erf", "model.py:7"),
        ("optimize model.mtc --no-fallback", "MTC303", "erf", "model.py:7"),
        ("package model.mtc --no-fallback", "MTC303", "erf", "model.py:7"),
        ("bench model.mtp --runs 3 --fail-on-fallback", "MTC303", "erf", "model.py:7"),
        ("run model.mtp --inputs far.npz", "MTC502", "embedding", "model.py:7 (table)"),
        ("run model.mtp --inputs long.npz", "MTC501", None, None),
        ("run model.mtp --function x", "MTC501", None, None),
        ("verify model.mtp --against none.py", "MTC107", None, None),
        ("check model.py --backend xnpack", "MTC301", None, None),
        ("inspect none", "MTC107", None, None),
        ("diff model.mtc model.mtp", "MTC101", None, None),
        ("select-ops model.py", "MTC101", None, "model.py"),
        ("build-runtime --ops none.yaml", "MTC107", None, None),
        ("recipe run none.yaml", "MTC107", None, None),
        ("recipe shwo", "usage", None, None),
        ("compile", "usage", None, None),
    ],
)
def test_errors_have_an_operator_a_place_and_a_next_step(mtc, folder, line, code, operator, at):
    (folder / "model.py").write_text(ERF)
    (folder / "unknown.py").write_text(UNKNOWN)
    (folder / "r.yaml").write_text("version: 1\nsource: unknown.py\n")
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    np.savez(folder / "far.npz", np.full(2, 9))
    np.savez(folder / "long.npz", np.full(3, 1))
    refused = mtc(*line.split(), "--json")
    assert refused.code != 0
    for error in refused.json["errors"]:
        assert error.keys() == KEYS and error["help"] and error["title"]
    found = [(error["code"], error["operator"], error["at"]) for error in refused.json["errors"]]
    assert (code, operator, at) in found


LOOP = """\
import torch
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(4, 3)
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: self.table(x), lambda x: self.table(x * 0), (x,))
model, example_inputs = Model().eval(), (torch.ones(2, dtype=torch.int64),)
"""


def test_the_operator_of_a_nested_function_is_the_cause(mtc, folder):
    (folder / "model.py").write_text(LOOP)
    mtc("export", "model.py")
    mtc("package", "model.mtc")
    np.savez(folder / "far.npz", np.full(2, 9))
    (error,) = mtc("run", "model.mtp", "--inputs", "far.npz", "--json").json["errors"]
    assert (error["code"], error["operator"]) == ("MTC502", "embedding")
    assert error["notes"][0].startswith("inside `")
