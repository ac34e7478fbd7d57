"""Recipes: what the file may say, and every mistake in it at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtc.analysis.limits import Limits
from mtc.diagnostics import BAD_JUDGE, BAD_RECIPE, CANNOT_READ, UNKNOWN_NAME, MtcError
from mtc.recipe import reader
from mtc.recipe.inputs import prepared
from mtc.recipe.reader import Recipe, load, overridden, save
from mtc.recipe.running import _facts, _ordered, run, unexpected
from mtc.stages.compile_steps import Settings

FULL = """\
version: 1
title: A test
source: model.py
stages:
  export: {input-names: [image], metadata: {license: MIT, year: 2024}}
  optimize: {backend: portable, verify-each: true}
  build-runtime: {target: linux-x86_64}
inputs:
  image: {image: cat.png, size: [8, 8]}
  mask: {array: mask.npy}
verify: {max-rel: 1, min-cosine: 0.5}
answer: answer.py
expected: {label: cat, score: 0.5}
tolerance: 0.1
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "r.yaml"
    path.write_text(text)
    return path


def test_everything_that_a_recipe_may_say(tmp_path: Path) -> None:
    (tmp_path / "model.py").touch()
    recipe = load(written(tmp_path, FULL))
    assert recipe.settings == Settings(
        source=str(tmp_path / "model.py"),
        input_names=("image",),
        metadata={"license": "MIT", "year": "2024"},
        backend=("portable",),
        verify_each=True,
        target="linux-x86_64",
    )
    assert recipe.inputs == {"image": {"image": "cat.png", "size": (8, 8)}, "mask": {"array": "mask.npy"}}
    assert (recipe.title, recipe.limits, recipe.tolerance) == ("A test", Limits(1.0, 0.5), 0.1)
    assert recipe.answer == tmp_path / "answer.py"


def test_a_source_that_is_no_file_beside_it_stays(tmp_path: Path) -> None:
    recipe = load(written(tmp_path, "version: 1\nsource: pkg.mod:model\n"))
    assert recipe == Recipe(tmp_path / "r.yaml", Settings("pkg.mod:model"))


@pytest.mark.parametrize("source", ["./model.py", "./model.py:net", "model.py:net"])
def test_a_saved_recipe_names_the_source_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").touch()
    reader.save(Settings(source), tmp_path / "r.yaml")
    assert load(tmp_path / "r.yaml").settings.source == str(tmp_path / source)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("version: 2", ["version is 2"]),
        ("source: 7", ["`source` is missing"]),
        ("sorce: m.py", ["unknown key `sorce` in the recipe", "`source`"]),
        ("stages: {optimise: {}}", ["unknown key `optimise` in stages", "`optimize`"]),
        ("stages: {optimize: {backends: x}}", ["unknown key `backends` in optimize", "`backend`"]),
        ("stages: {optimize: {verify-each: 1}}", ["`optimize.verify-each` is 1", "truth value"]),
        ("stages: {export: [a]}", ["`export` is not a mapping"]),
        ("stages: {build-runtime: {target: [a]}}", ["`build-runtime.target`", "not a text"]),
        ("inputs: {x: {size: [1, 1]}}", ["says neither `image` nor `array`"]),
        ("inputs: {x: {array: a.npy, mean: [1]}}", ["unknown key `mean` in inputs.x"]),
        ("inputs: {x: 1}", ["`inputs.x` is not a mapping"]),
        ("verify: {max-rel: true}", ["`verify.max-rel` is True", "number"]),
        ("tolerance: lots", ["`tolerance` is 'lots'"]),
        ("expected: 3", ["`expected` is not a mapping"]),
        ("expected: {a: 1}", ["no `answer`"]),
        ("title: [1]", ["`title` is [1]", "text"]),
        ("answer: 3", ["`answer` is 3", "text"]),
        ("tolerance: -1", ["`tolerance` is -1", "number from 0"]),
        ("verify: {max-rel: .nan}", ["`verify.max-rel` is nan"]),
        ("verify: {min-cosine: 2}", ["`verify.min-cosine` is 2", "number from -1 to 1"]),
        ("stages: {optimize: {backend: [1]}}", ["`optimize.backend` is [1]", "list of texts"]),
        ("stages: {optimize: {backend: [a, a]}}", ["`optimize.backend`", "each once"]),
        ("stages: {optimize: {disable-pass: [[a]]}}", ["`optimize.disable-pass`"]),
        ("stages: {export: {metadata: {a: [1]}}}", ["`export.metadata`", "mapping to texts"]),
        ("inputs: {x: }", ["says neither `image` nor `array`"]),
        ("inputs: {x: {array: 1}}", ["`inputs.x.array` is 1"]),
        ("inputs: {x: {image: a.png, size: [8]}}", ["`inputs.x.size`", "width and height"]),
        ("inputs: {x: {image: a.png, size: [8, 0]}}", ["`inputs.x.size`"]),
        ("inputs: {x: {image: a.png, size: [8, 8.5]}}", ["`inputs.x.size`"]),
        ("inputs: {x: {image: a.png, mean: [1, 2]}}", ["`inputs.x.mean`", "one number or three"]),
        ("inputs: {x: {image: a.png, std: [0]}}", ["`inputs.x.std`", "none of them 0"]),
        ("inputs: {x: {image: a.png, layout: chw}}", ["`inputs.x.layout` is 'chw'", "nchw, nhwc"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_are_named(tmp_path: Path, text: str, why: list[str]) -> None:
    given = {line.partition(":")[0] for line in text.splitlines()}
    rest = "".join(line for line in ("version: 1\n", "source: m.py\n") if line.partition(":")[0] not in given)
    with pytest.raises(MtcError) as caught:
        load(written(tmp_path, f"{rest}{text}\n"))
    (finding,) = caught.value.diagnostics
    assert finding.code is BAD_RECIPE
    assert all(part in f"{finding.message} {finding.help}" for part in why)


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(MtcError) as caught:
        load(written(tmp_path, "verson: 1\nstages: {optimize: {backend: 3}}\n"))
    assert len(caught.value.diagnostics) == 4  # the key, the version, the source, the backend


@pytest.mark.parametrize("text", ["", "- a", "a: [", "\x00", "[" * 20_000])
def test_a_file_that_is_none_of_ours(tmp_path: Path, text: str) -> None:
    with pytest.raises(MtcError) as caught:
        load(written(tmp_path, text))
    (finding,) = caught.value.diagnostics
    assert finding.code is BAD_RECIPE and "\n" not in finding.message
    assert ("is empty" in finding.message) is (text == "")
    assert (finding.at or "").endswith("r.yaml:1:5") is (text == "a: [")


def test_missing_files_and_names(tmp_path: Path) -> None:
    for call, code in ((load, CANNOT_READ), (lambda path: reader.find(str(path)), CANNOT_READ)):
        with pytest.raises(MtcError) as caught:
            call(tmp_path / "none.yaml")
        assert caught.value.code is code
    with pytest.raises(MtcError, match="`quickstart`") as caught:
        reader.find("quickstrat")
    assert caught.value.code is UNKNOWN_NAME


def test_calibration_data_and_configuration_are_beside_the_recipe(tmp_path: Path) -> None:
    for name in ("model.py", "q.yaml"):
        (tmp_path / name).touch()
    files = {"calibration": f"{tmp_path}/model.py:batches", "config": f"{tmp_path}/q.yaml"}
    settings = Settings(str(tmp_path / "model.py"), scheme="int8", **files)
    save(settings, tmp_path / "r.yaml")
    assert "calibration: model.py:batches\n    " in (tmp_path / "r.yaml").read_text()
    assert load(tmp_path / "r.yaml").settings == settings


def test_an_attribute_of_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.py").touch()
    settings = Settings(f"{tmp_path}/model.py:net")
    save(settings, tmp_path / "r.yaml")
    assert "source: model.py:net" in (tmp_path / "r.yaml").read_text()
    assert load(tmp_path / "r.yaml").settings == settings


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "model.py").touch()
    settings = Settings(str(tmp_path / "model.py"), output_names=("y",), metadata={"a": "b"}, no_fallback=True)
    save(settings, tmp_path / "r.yaml")
    assert load(tmp_path / "r.yaml").settings == settings
    assert "source: model.py" in (tmp_path / "r.yaml").read_text()  # the folder can be moved


def test_flags_override() -> None:
    recipe = Recipe(Path("r.yaml"), Settings("m.py", backend=("xnnpack",)))
    changed = overridden(recipe, {"optimize.backend": "a, b", "verify-each": "yes", "metadata": "k=v,l=w=x"}).settings
    assert (changed.backend, changed.verify_each, changed.metadata) == (("a", "b"), True, {"k": "v", "l": "w=x"})
    assert overridden(recipe, {"backend": ("p",)}).settings.backend == ("p",)
    assert overridden(recipe, {"verify-each": "off", "metadata": ""}).settings == recipe.settings
    for flag, value in (("verify-each", "maybe"), ("export.metadata", "a=b,c")):
        with pytest.raises(MtcError, match=f"`{flag}` is '{value}'"):
            overridden(recipe, {flag: value})
    with pytest.raises(MtcError, match=r"`optimize\.backend`"):
        overridden(recipe, {"optimize.backnd": "x"})


def test_inputs_are_the_models(tmp_path: Path) -> None:
    with pytest.raises(MtcError) as caught:
        _ordered({"imagge": np.ones(1), "mask": np.ones(1)}, ["image", "mask"], tmp_path)
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [
        (BAD_RECIPE, "the model has no input `imagge`"),
        (BAD_RECIPE, "`inputs` lacks the model's `image`"),
    ]
    assert caught.value.diagnostics[0].help == "did you mean `image`?"
    assert _ordered({"b": np.ones(2), "a": np.ones(1)}, ["a", "b"], tmp_path)[0].shape == (1,)


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(MtcError, match=r"a\.png` is not an image") as caught:
        prepared({"image": "a.png"}, tmp_path)
    assert caught.value.code is CANNOT_READ
    for package in ("package:no_such_package/x.png", "package:", "package:../x"):
        with pytest.raises(MtcError, match="is not installed"):
            prepared({"image": package}, tmp_path)


def test_an_image_becomes_an_array(tmp_path: Path) -> None:
    Image.new("RGB", (6, 4), (10, 20, 30)).save(tmp_path / "a.png")
    entry = {"image": "a.png", "size": (2, 3), "mean": (10.0, 10.0, 10.0), "std": (10.0,)}
    array = prepared(entry, tmp_path)
    assert (array.shape, array.dtype, array[0, :, 0, 0].tolist()) == ((1, 3, 3, 2), np.float32, [0.0, 1.0, 2.0])
    assert prepared(entry | {"layout": "nhwc", "batch": False}, tmp_path).shape == (3, 2, 3)


def test_answers_may_differ_by_the_tolerance() -> None:
    recipe = Recipe(Path("r.yaml"), Settings("m.py"), expected={"label": "cat", "x": 10, "y": 3}, tolerance=2)
    assert unexpected(recipe, {"label": "cat", "x": 12, "y": 3.5}) == []
    found = unexpected(recipe, {"label": "dog", "x": 12.5})
    assert found == [
        "`label` is 'dog', expected 'cat'",
        "`x` is 12.5, expected 10",
        "`y` is None, expected 3",
    ]


def test_an_answer_is_a_mapping() -> None:
    recipe = Recipe(Path("r.yaml"), Settings("m.py"), answer=Path("answer.py"), expected={"labels": [1, 2]})
    facts = _facts({"labels": np.array([1, 2]), "mean": np.float32(0.5)}, recipe)
    assert (facts, unexpected(recipe, facts)) == ({"labels": [1, 2], "mean": 0.5}, [])
    with pytest.raises(MtcError, match="`answer` returned a list, not a mapping") as caught:
        _facts(["cat"], recipe)
    assert (caught.value.code, caught.value.diagnostics[0].at) == (BAD_JUDGE, "answer.py")


def test_calibration_data_need_no_image(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "import torch\n"
        "torch.manual_seed(0)\n"
        "model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).eval()\n"
        "example_inputs = (torch.randn(3, 4),)\n"
        "def batches():\n"
        "    return [(torch.randn(3, 4),) for _ in range(4)]\n"
    )
    stages = "optimize: {backend: portable}, quantize: {scheme: int8, calibration: model.py:batches}"
    limits = "max-rel: 0.2, min-cosine: 0.99"
    text = f"version: 1\nsource: model.py\nstages: {{{stages}}}\nverify: {{{limits}}}\n"
    recipe = load(written(tmp_path, text))
    (output,) = run(recipe, tmp_path / "out").differences
    assert output.is_ok and output.max_rel > 0
