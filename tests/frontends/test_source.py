"""A user's Python files: what they can import, and that nothing of it stays behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

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
    for _ in range(2):  # the second time they are neither opened nor executed
        with opened_files() as found:
            mtc.export(path)
        assert {str(path.parent / name) for name in ("model.py", "layers.py", "lazy.py")} <= found
