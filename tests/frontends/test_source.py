"""A user's Python files: what they can import, what they draw at random, and that nothing of it stays behind."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import mtc
from mtc import interp
from mtc.analysis.judges import load_function
from mtc.analysis.verify import reference_of
from mtc.frontends.source import load
from mtc.support.opened_files import opened_files

MODEL = """\
import torch
import layers

class Model(torch.nn.Module):
    def forward(self, x):
        import lazy
        return x * layers.SCALE + lazy.OFFSET

model = Model().eval()
example_inputs = (torch.zeros(2),)
"""


def project(folder: Path, scale: int, offset: int, name: str = "model.py") -> Path:
    folder.mkdir()
    (folder / "layers.py").write_text(f"SCALE = {scale}\n")
    (folder / "lazy.py").write_text(f"OFFSET = {offset}\n")
    (folder / name).write_text(MODEL)
    return folder / name


@pytest.fixture(autouse=True)
def _is_left_as_it_was():
    path, modules = list(sys.path), dict(sys.modules)
    yield
    assert sys.path == path
    assert not {"layers", "lazy", "model", "metric"} & sys.modules.keys()
    assert all(sys.modules[name] is module for name, module in modules.items())


def test_two_folders_have_their_own_neighbours(tmp_path: Path) -> None:
    x = np.array([1, 10], np.float32)
    first, second = (project(tmp_path / name, *numbers) for name, *numbers in (("a", 2, 3), ("b", 5, 7)))
    for path, want in ((first, [5, 23]), (second, [12, 57]), (first, [5, 23])):
        np.testing.assert_array_equal(interp.run(mtc.export(path), [x])[0], want)
        np.testing.assert_array_equal(reference_of(str(path)).run([x])[0], want)


def test_a_package_below_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, scale in (("a", 2), ("b", 3)):
        package = project(tmp_path / name, scale, 1).parent / "pkg"
        package.mkdir()
        (package / "net.py").write_text(MODEL)
        monkeypatch.chdir(tmp_path / name)
        np.testing.assert_array_equal(interp.run(mtc.export("pkg.net:model"), [np.ones(2, np.float32)])[0], scale + 1)


def test_a_file_may_have_the_name_of_a_module_in_use(tmp_path: Path) -> None:
    assert load(project(tmp_path / "a", 2, 3, "json.py")).model is not None
    assert sys.modules["json"] is json


def test_nothing_is_written_beside_a_source(tmp_path: Path) -> None:
    path = project(tmp_path / "a", 2, 3)
    before = sys.dont_write_bytecode
    mtc.export(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["layers.py", "lazy.py", "model.py"]
    assert sys.dont_write_bytecode is before


def test_a_judge_imports_when_it_is_called(tmp_path: Path) -> None:
    project(tmp_path / "a", 2, 3)
    metric = tmp_path / "a" / "metric.py"
    metric.write_text("def metric(got, want):\n    import lazy\n    return got + lazy.OFFSET == want\n")
    assert load_function(metric, "metric", "got, want")(1, 4)


def test_a_file_that_raises(tmp_path: Path) -> None:
    path = project(tmp_path / "a", 2, 3)
    path.write_text("import layers\nraise ValueError(layers.SCALE)\n")
    with pytest.raises(mtc.MtcError, match="ValueError: 2"):
        load(path)


def test_neighbours_count_as_read(tmp_path: Path) -> None:
    path = project(tmp_path / "a", 2, 3)
    for _ in range(2):
        with opened_files() as found:
            mtc.export(path)
        assert {str(path.parent / name) for name in ("model.py", "layers.py", "lazy.py")} <= found


DRAWS = """\
import random
import numpy as np
import torch
import parts

class Model(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x) * SCALE + torch.from_numpy(np.random.rand(2)).float()

SCALE = float(random.random() + np.random.rand() + parts.NOISE)
model = MODEL
example_inputs = INPUTS
"""
PARTS = {
    "drawn": "import torch\nNOISE = float(torch.rand(()))\n",
    "seeded": "import torch\ntorch.manual_seed(7)\nNOISE = 1.0\n",  # for who imports it, too
}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("model", ["Model(3, 2).eval()", "lambda: Model(3, 2).eval()"])
@pytest.mark.parametrize("inputs", ["(torch.randn(1, 3),)", "lambda: (torch.randn(1, 3),)"])
def test_what_a_source_draws_at_random_is_always_the_same(tmp_path: Path, parts: str, model: str, inputs: str) -> None:
    (tmp_path / "parts.py").write_text(PARTS[parts])
    path = tmp_path / "model.py"
    path.write_text(DRAWS.replace("MODEL", model).replace("INPUTS", inputs))
    for name in "ab":
        mtc.save(mtc.export(path), tmp_path / name)
        random.random(), np.random.rand(), torch.rand(())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    sample = mtc.load(tmp_path / "a").samples["forward"][0]
    eager = reference_of(str(path))
    np.testing.assert_array_equal(eager.example()[0], sample.inputs[0].array())
    for _ in range(2):
        np.testing.assert_array_equal(eager.run(eager.example())[0], sample.outputs[0].array())


def test_the_callers_generators_go_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    path = project(tmp_path / "a", 2, 3)
    path.write_text("import random, numpy as np\nrandom.seed(5); np.random.seed(5); torch.manual_seed(5)\n" + MODEL)

    def draws(between: Callable[[], object]) -> list[float]:
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        between()
        return [random.random(), float(np.random.rand()), float(torch.rand(()))]

    path.write_text("import random, numpy, torch\nrandom.seed(5), numpy.random.seed(5), torch.manual_seed(5)\n" + MODEL)
    assert draws(lambda: mtc.export(path)) == draws(lambda: None)


def test_all_of_a_project_is_executed_again(tmp_path: Path) -> None:
    x = np.ones(2, np.float32)
    path = project(tmp_path / "a", 2, 3)
    assert interp.run(mtc.export(path), [x])[0][0] == 5
    (path.parent / "layers.py").write_text("SCALE = 20\n")
    assert interp.run(mtc.export(path), [x])[0][0] == 23


def test_how_a_source_is_named_does_not_change_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project(tmp_path / "a", 2, 3)
    (tmp_path / "link").symlink_to(path.parent)
    for index, (here, name) in enumerate(
        [
            (".", "a/model.py"),
            ("a", "model.py"),
            ("a", "../a/./model.py"),
            ("b", "../a/model.py"),
            ("b", "../link/model.py"),
        ]
    ):
        (tmp_path / here).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / here)
        mtc.save(mtc.export(name), tmp_path / f"{index}.mtc")
    first, *others = [(tmp_path / f"{index}.mtc").read_bytes() for index in range(5)]
    assert all(other == first for other in others)
    assert b"model.py:7" in first


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model = 3\nexample_inputs = ()", "this is not a model but of type `int`: 3"),
        (
            "def model(x):\n    return x\nexample_inputs = (1,)",
            "`model` of `.*` is called without arguments, and needs `x`",
        ),
        ("modle = 1", "does not define `model`(.|\n)*it defines `modle`(.|\n)*did you mean `modle`"),
        ("import os\nfrom math import pi, sin\nnet = len\n", "it defines `pi`\n  help: A model.py defines"),
        ("", "`.*model.py` is empty"),
        (
            "import torch\nmodel = torch.nn.ReLU().eval()",
            "`ReLU` comes without example inputs(.|\n)*define `example_inputs`, a tuple, beside `model`",
        ),
    ],
)
def test_a_source_that_is_no_model(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "model.py"
    path.write_text(content)
    with pytest.raises(mtc.MtcError, match=message) as caught:
        mtc.export(path)
    assert caught.value.code.id == "MTC203"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def model():\n    raise SystemExit(4)", "raised SystemExit: 4"),
        ("model = (1,", r"raised SyntaxError(.|\n)*model.py:1"),
        (
            "import torch\n\nclass N(torch.nn.Module):\n    def __init__(self):\n        open('none')\nmodel = N()",
            "model.py:5",
        ),
        (
            "import torch\nclass N(torch.nn.Module):\n    def forward(self, x):\n        return x @ x\n"
            "model, example_inputs = N(), (torch.ones(2, 3),)",
            r"`N.forward` raised RuntimeError: .*mat1(.|\n)*model.py:4",
        ),
        (
            "import torch\nmodel, example_inputs = torch.nn.Linear(2, 2), (torch.ones(3),)",
            r"`Linear.forward` raised RuntimeError: (.|\n)*note: raised at torch/nn/modules/linear.py:\d+",
        ),
        ("assert 1 > 2", r"raised AssertionError \[MTC206\]"),
        ("import no_such_package", "install the package that brings `no_such_package`"),
    ],
)
def test_a_source_that_raises(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "model.py"
    path.write_text(content)
    with pytest.raises(mtc.MtcError, match=message) as caught:
        mtc.export(path)
    assert caught.value.code.id == "MTC206" and caught.value.diagnostics[0].help


def test_an_attribute_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project(tmp_path / "a", 2, 3)
    path.write_text(path.read_text().replace("model =", "small_net ="))
    x = np.ones(2, np.float32)
    np.testing.assert_array_equal(interp.run(mtc.export(f"{path}:small_net"), [x])[0], 5)
    np.testing.assert_array_equal(reference_of(f"{path}:small_net").run([x])[0], 5)
    monkeypatch.chdir(path.parent)
    for src, message in (
        ("model.py:smal_net", "`model.py` does not define `smal_net`(.|\n)*did you mean `small_net`"),
        ("model:smal_net", "`model` does not define `smal_net`(.|\n)*did you mean `small_net`"),
        ("model.py:Model.forwrd", "does not define `Model.forwrd`(.|\n)*did you mean `forward`"),
        ("modle.py:small_net", "`modle.py` does not exist"),
    ):
        with pytest.raises(mtc.MtcError, match=message):
            load(src)


def test_the_users_line_is_shown_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project(tmp_path / "a", 2, 3)
    path.write_text("raise ValueError\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mtc.MtcError) as caught:
        load("a/model.py")
    assert caught.value.diagnostics[0].at == "a/model.py:1"


def test_archives_of_torch_that_are_no_exported_program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    layer = torch.nn.Linear(2, 2).eval()
    torch.save(layer.state_dict(), tmp_path / "weights.pth")
    torch.export.save(torch.export.export(layer, (torch.ones(1, 2),)), tmp_path / "whole.pt2")
    (tmp_path / "cut.pt2").write_bytes(
        (tmp_path / "whole.pt2").read_bytes().replace(b'"graph_module"', b'"graph_moduli"')
    )
    np.savez(tmp_path / "arrays.npz", np.ones(2))
    capfd.readouterr()
    for name, message in (
        ("weights.pth", "holds what torch.save wrote"),
        ("arrays.npz", "is not a model that mtc reads"),
        ("cut.pt2", "torch.export.load cannot read"),
    ):
        with pytest.raises(mtc.MtcError, match=message) as caught:
            load(tmp_path / name)
        assert caught.value.code.id == "MTC203" and caught.value.diagnostics[0].help
    assert capfd.readouterr() == ("", "")
    assert isinstance(load(tmp_path / "whole.pt2").model, torch.export.ExportedProgram)


def test_a_source_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project(tmp_path / "a", 2, 3)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(mtc.MtcError, match="PyTorch is not installed") as caught:
        load(path)
    assert caught.value.code.id == "MTC205"
