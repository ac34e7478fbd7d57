"""One tiny model, from export to its native result, through the command line; and the examples of every help."""

import importlib
import json
import os
import re
import shlex
from pathlib import Path

import click
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import mtc as mtc_package
from mtc.cli.group import _NAMES
from mtc.cli.group import mtc as group
from mtc.support import hashing

NOT_RUN = {"fetch"}  # its example uses the network


def test_from_export_to_the_native_result(mtc, folder):
    for line in (
        "export model.py",
        "optimize --backend xnnpack",
        "build-runtime --ops ops.yaml --target linux-x86_64",
        "package",
        "run --runtime runtime-linux-x86_64 --outputs out.npz",
        "verify --runtime runtime-linux-x86_64 --against model.py --layers",
    ):
        done = mtc(*line.split())
        assert done.code == 0, (line, done.err)
    assert np.load(folder / "out.npz")["linear"].shape == (1, 4)
    assert (folder / "ops.yaml").read_text().startswith("# Written by mtc select-ops")
    # Nothing throws: the unwinder alone would be a tenth of what is shipped.
    sizes = json.loads((folder / "runtime-linux-x86_64/share/mtc/size.json").read_text())
    assert "libgcc_eh.a" not in {row["part"] for size in sizes["files"] for row in size["rows"]}


def test_a_derived_list_follows_the_model(mtc, folder):
    for line in ("export model.py", "optimize", "build-runtime", "package"):
        assert mtc(*line.split()).code == 0
    text = (folder / "model.py").read_text().replace("nn.ReLU()", "nn.Sigmoid()")
    (folder / "model.py").write_text(text)
    for line in ("export model.py", "optimize", "package"):
        assert mtc(*line.split()).code == 0
    refused = mtc("run", "--runtime", "runtime-linux-x86_64")
    assert refused.code == 1 and "sigmoid" in refused.err
    assert "sigmoid" in mtc("package", "--runtime", "runtime-linux-x86_64", "model.optimized.mtc").err
    assert mtc("build-runtime").code == 0
    assert mtc("run", "--runtime", "runtime-linux-x86_64").code == 0  # not the library that stood there before


def test_inputs_bind_by_name_or_in_order(mtc, folder):
    for line in ("export model.py", "package model.mtc", "build-runtime"):
        assert mtc(*line.split()).code == 0
    array = np.random.default_rng(1).standard_normal((1, 3, 16, 16)).astype(np.float32)
    np.savez("named.npz", input=array)
    np.savez("other.npz", picture=array)
    run = ["run", "model.mtp", "--runtime", "runtime-linux-x86_64", "--outputs"]
    assert mtc(*run, "a.npz", "--inputs", "named.npz").code == 0
    assert mtc(*run, "b.npz", "--inputs", "other.npz").code == 0
    assert np.array_equal(np.load("a.npz")["linear"], np.load("b.npz")["linear"])
    np.savez("wrong.npz", input=array.astype(np.float64))
    wrong = mtc(*run, "c.npz", "--inputs", "wrong.npz")
    assert wrong.code == 1 and "MTC501" in wrong.err and not (folder / "c.npz").exists()
    with open("huge.npy", "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 45,)}
        np.lib.format.write_array_header_1_0(file, header)
    assert "MTC501" in mtc(*run, "c.npz", "--inputs", "huge.npy").err
    np.savez("swapped.npz", input=array.astype(">f4"))  # of a machine with the other byte order
    assert mtc(*run, "d.npz", "--inputs", "swapped.npz").code == 0
    assert np.array_equal(np.load("a.npz")["linear"], np.load("d.npz")["linear"])
    good = (folder / "named.npz").read_bytes()
    np.save("good.npy", array)
    plain = (folder / "good.npy").read_bytes()
    no_arrays = (
        b"no arrays",
        b"",
        good[:50],
        good[:-30],
        plain[:90],
        plain.replace(b"(1, 3", b"(1, ("),
        b"\x93NUMPY\1\0",
    )
    for content in no_arrays:
        (folder / "text.npz").write_bytes(content)
        refused = mtc(*run, "c.npz", "--inputs", "text.npz")
        assert refused.code == 1 and "MTC501" in refused.err, content
    assert mtc(*run, "c.npy").code == 2
    assert "MTC105" in mtc(*run, "model.mtp").err
    assert mtc(*run, "a.npz", "--inputs", "named.npz").code == 0  # its own output
    assert "MTC105" in mtc(*run, "named.npz", "--inputs", "named.npz").err  # its own input


def test_each_input_may_have_a_file(mtc, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(
        "import torch\n"
        "class Model(torch.nn.Module):\n"
        "    def forward(self, x, y):\n"
        "        return x - y\n"
        "model = Model()\n"
        "example_inputs = (torch.ones(3), torch.ones(3))\n"
    )
    assert mtc("export", "model.py").code == 0
    assert mtc("package", "model.mtc").code == 0
    np.save("a.npy", np.float32([5, 6, 7]))
    np.save("b.npy", np.float32([1, 2, 4]))
    assert mtc("run", "--inputs", "a.npy", "--inputs", "b.npy", "--outputs", "out.npz").code == 0
    (result,) = np.load("out.npz").values()
    assert result.tolist() == [4, 4, 3]
    assert mtc("run", "--inputs", "a.npy", "--inputs", "a.npy", "--outputs", "out.npz").code == 0
    (result,) = np.load("out.npz").values()
    assert result.tolist() == [0, 0, 0]
    assert mtc("bench", "--runs", "3", "--inputs", "a.npy", "--inputs", "b.npy").code == 0
    assert "1 array (0: a.npy)" in mtc("run", "--inputs", "a.npy").err
    np.savez("x.npz", x=np.float32([5, 6, 7]))
    assert "`x` is in two files" in mtc("run", "--inputs", "x.npz", "--inputs", "x.npz").err


def test_bench_tells_weights_in_place_from_packed_ones(mtc, folder):
    (folder / "model.py").write_text(
        "import torch\n"
        "model = torch.nn.Sequential(torch.nn.Embedding(4096, 64), torch.nn.Linear(64, 16))\n"
        "example_inputs = (torch.arange(4096)[None],)\n"
    )
    assert mtc("export", "model.py").code == 0
    assert mtc("optimize", "--backend", "xnnpack").code == 0
    assert mtc("package").code == 0
    measured = mtc("bench", "--runs", "3", "--json").json
    table = 4096 * 64 * 4
    assert table <= measured["mapped_file"] <= table + (1 << 20)
    assert 64 * 16 * 4 <= measured["packed_weights"] < table


def test_compile_reuses_what_is_up_to_date(mtc, folder):
    first = mtc("compile", "model.py", "--json").json
    assert [stage["was_reused"] for stage in first["stages"]] == [False] * 5
    assert {row["backend"] for row in first["placement"]} == {"xnnpack"}
    second = mtc("compile", "model.py", "--json").json
    assert [stage["was_reused"] for stage in second["stages"]] == [True] * 5
    (folder / "model.py").write_text((folder / "model.py").read_text().replace("seed(0)", "seed(1)"))
    third = mtc("compile", "model.py", "--json").json
    assert [stage["was_reused"] for stage in third["stages"]][:2] == [False, False]
    assert mtc("compile", "model.py", "-o", ".").code != 0


WEIGHTS = """\
import os, torch
from safetensors.torch import load_file
model = torch.nn.Linear(3, 2).eval()
model.load_state_dict(load_file(os.path.join(os.path.dirname(__file__), "w.safetensors")))
example_inputs = (torch.ones(1, 3),)
"""


def reused(mtc):
    done = mtc("compile", "model.py", "--json")
    assert done.code == 0, done.err
    return [stage["was_reused"] for stage in done.json["stages"]]


def test_compile_sees_weights_that_native_code_reads(mtc, folder):
    (folder / "model.py").write_text(WEIGHTS)
    for bias in (0.0, 1.0):
        layer = torch.nn.Linear(3, 2)
        torch.nn.init.constant_(layer.bias, bias)
        save_file(layer.state_dict(), folder / "w.safetensors")
        assert reused(mtc)[0] is False
        assert reused(mtc) == [True] * 5


LINEAR = """\
import torch
import part
model = torch.nn.Linear(8, 8).eval()
example_inputs = (torch.ones(1, 8),)
calibration_inputs = [(part.SCALE * torch.ones(1, 8),)] * 3
"""


def test_compile_quantizes_again_when_data_or_config_have_changed(mtc, folder):
    """A folder has also changed if it holds another file, and a function's data with what it imports."""

    def is_reused(calibration):
        words = ("--backend", "portable", "--config", "q.yaml", "--calibration", calibration)
        if (planned := mtc("compile", "model.py", *words, "--dry-run", "--json").json["stages"][2])["was_reused"]:
            return True
        assert "mtc quantize" in planned["command"] and mtc("compile", "model.py", *words).code == 0
        return False

    (folder / "model.py").write_text(LINEAR)
    (folder / "part.py").write_text("SCALE = 1.0")
    (folder / "q.yaml").write_text("version: 1\nscheme: weight-int8\ncorrect-bias: true\n")
    (folder / "data").mkdir()
    np.save(folder / "data" / "0.npy", np.ones((4, 8), np.float32))
    assert [is_reused("data"), is_reused("data")] == [False, True]
    np.save(folder / "data" / "1.npy", np.ones((4, 8), np.float32))
    assert [is_reused("data"), is_reused("data")] == [False, True]
    (folder / "q.yaml").write_text("version: 1\nscheme: weight-int8\ncorrect-bias: true\nper-tensor: true\n")
    assert [is_reused("data"), is_reused("data")] == [False, True]
    assert [is_reused("model.py:calibration_inputs") for _ in range(2)] == [False, True]
    (folder / "part.py").write_text("SCALE = 2.0")
    assert [is_reused("model.py:calibration_inputs") for _ in range(2)] == [False, True]


def test_compile_lowers_once_and_reads_each_file_once_for_its_hash(mtc, folder, monkeypatch):
    calls = []

    def counted(module, name):
        call = getattr(module, name)
        monkeypatch.setattr(module, name, lambda first, *more: calls.append((name, first)) or call(first, *more))

    counted(importlib.import_module("mtc.stages.package"), "lower")
    counted(hashing, "file_sha256")
    reused(mtc)
    assert [name for name, _ in calls].count("lower") == 1
    hashed = [path for name, path in calls if name == "file_sha256"]
    written = {path.name for path in hashed}
    assert {"model.py", "model.mtc", "model.optimized.mtc", "model.mtp", "ops.yaml"} <= written
    assert len(hashed) == len(set(map(os.path.abspath, hashed)))
    before = len(calls)
    assert reused(mtc) == [True] * 5
    again = [path for name, path in calls[before:] if name == "file_sha256"]
    assert len(again) == len(set(map(os.path.abspath, again)))


def test_compile_makes_again_what_is_missing_or_changed(mtc, folder):
    reused(mtc)
    made = folder / "model-compiled"
    (made / "runtime-linux-x86_64" / "lib" / "libmtc.so").unlink()
    assert reused(mtc) == [True, True, True, True, False]
    (made / "model.mtp").unlink()
    assert reused(mtc) == [True, True, True, False, True]


def test_compile_leaves_alone_what_it_did_not_write(mtc, folder):
    reused(mtc)
    (folder / "model-compiled" / "model.mtp").write_text("mine")
    refused = mtc("compile", "model.py")
    assert refused.code == 1 and "MTC105" in refused.err and "mtc export" not in refused.err
    assert mtc("compile", "model.py", "--overwrite").code == 0


def test_a_compilation_that_comes_to_nothing_leaves_nothing(mtc, folder):
    (folder / "model.py").write_text("model = 3\n")
    for name in ("model.py", "none.py"):
        assert mtc("compile", name).code == 1
    assert [path.name for path in folder.iterdir()] == ["model.py"]


def test_compile_says_what_it_did(mtc, folder):
    first, second = mtc("compile", "model.py", "--save-recipe", "r.yaml"), mtc("compile", "model.py")
    assert "wrote r.yaml" in first.err and "source: model.py" in (folder / "r.yaml").read_text()
    for what in ("exported", "became", "listed", "wrote a program", "kernels for linux-x86_64"):
        assert what in first.err and what not in second.err
    assert second.err.count("up to date: same inputs, settings and mtc") == 5
    planned = mtc("compile", "model.py", "--dry-run", "--json").json["stages"]
    assert [stage["was_reused"] for stage in planned] == [True] * 5
    planned = mtc("compile", "model.py", "--dry-run", "--disable-pass", "fuse-clamp")
    assert [line.endswith("# up to date: same inputs, settings and mtc") for line in planned.out.splitlines()] == [
        *(True, False, False, False, False)
    ]
    assert "4 stages would run, 1 would be reused" in planned.err
    assert "5 stages would run" in mtc("compile", "model.py", "--dry-run", "--fresh").err
    assert "using model-compiled/model.mtp" in mtc("run").err


def test_a_recipe_run_says_what_it_does(mtc, folder):
    (folder / "r.yaml").write_text("version: 1\nsource: model.py\nverify: {max-rel: 0.01}\n")
    done = mtc("recipe", "run", "r.yaml", "--threads", "2")
    assert done.code == 0, done.err
    assert "max-rel=0.01  min-cosine=0.9999  threads=2  output=r" in done.err
    assert "mtc optimize r/model.mtc --backend xnnpack" in done.err and "conv2d    xnnpack" in done.err
    assert "placement: 4 on xnnpack" in done.err and "same as the source model: 1 output" in done.out
    facts = mtc("recipe", "run", "r.yaml", "--json").json
    assert {row["op"] for row in facts["placement"]} == {"conv2d", "mean", "linear", "permute"}
    (folder / "r.yaml").write_text("version: 1\nsource: model.py\nverify: {max-rel: 0, min-cosine: 1}\n")
    assert "placement: 4 on xnnpack" in mtc("recipe", "run", "r.yaml").err  # before the outputs are compared


def test_verify_finds_a_model_that_is_not_the_programs(mtc, folder, monkeypatch):
    for line in ("export model.py", "package model.mtc", "build-runtime"):
        assert mtc(*line.split()).code == 0
    (folder / "model.py").write_text((folder / "model.py").read_text().replace("seed(0)", "seed(1)"))
    verify = ["verify", "model.mtp", "--runtime", "runtime-linux-x86_64", "--against", "model.py"]
    (folder / "metric.py").write_text("def metrik(outputs, references):\n    return True\n")
    undefined = mtc(*verify, "--metric", "metric.py")
    assert undefined.code == 1 and "MTC207" in undefined.err and "did you mean `metrik`" in undefined.err
    wrong = mtc(*verify)
    assert wrong.code == 1 and "MTC504" in wrong.err
    (folder / "metric.py").write_text("def metric(outputs, references):\n    return True\n")
    assert mtc(*verify, "--metric", "metric.py").code == 0
    (folder / "metric.py").write_text("def metric(outputs, references):\n    return outputs['scores'] > 0\n")
    raised = mtc(*verify, "--metric", "metric.py")
    assert raised.code == 1 and "TypeError" in raised.err and "metric.py:2" in raised.err
    (folder / "metric.py").write_text("def metric(outputs, references):\n    return outputs[7]\n")
    raised = mtc(*verify, "--metric", "metric.py")
    assert raised.code == 1 and "MTC206" in raised.err and "metric.py:2" in raised.err


def test_bench_measures_and_compares(mtc, folder):
    for line in ("export model.py", "package model.mtc", "build-runtime"):
        assert mtc(*line.split()).code == 0
    bench = ["bench", "model.mtp", "--runtime", "runtime-linux-x86_64", "--runs", "5"]
    measured = mtc(*bench, "--json")
    assert measured.json["median_ms"] > 0 and measured.json["flops"] > 0 == measured.json["quantized_flops"]
    assert {row["op"] for row in measured.json["operators"]} >= {"conv2d", "linear"}
    (folder / "b.json").write_text(measured.out)
    assert mtc(*bench, "--baseline", "b.json", "--max-regress", "99900%").code == 0
    (folder / "b.json").write_text(re.sub(r'"median_ms": [\d.e-]+', '"median_ms": 1e-9', measured.out))
    unreadable = mtc(*bench, "--runs", "1000000", "--baseline", "model.py")
    assert unreadable.code == 1 and "model.py" in unreadable.err
    slower = mtc(*bench, "--baseline", "b.json")
    assert slower.code == 1 and "MTC505" in slower.err and "median latency" in slower.err
    assert "conv2d" in slower.out  # what was measured is shown, also where it is too slow
    assert mtc(*bench, "--baseline", "b.json", "--json").json["errors"][0]["code"] == "MTC505"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"median_ms": float("nan")}, "is not what `mtc bench --json` writes"),
        ({"load_ms": -1}, "is not what `mtc bench --json` writes"),
        ({"peak_memory": None}, "is not what `mtc bench --json` writes"),
        ({"threads": None}, ""),
        ({"threads": 4, "program": "other.mtp"}, "threads=4, this with threads=1"),
        ({"machine": "a slow one, 1 core"}, "measured with machine=a slow one, 1 core, this with machine="),
        ({"runtime": "runtime-linux-x86_64"}, "runtime=runtime-linux-x86_64, this with runtime=host"),
        ({"interface": {"inputs": {"input": "f32[1,3,99,99]"}, "outputs": {"linear": "f32[1,4]"}}}, "MTC506"),
        ({"interface": None}, "is not what `mtc bench --json` writes"),
    ],
    ids=str,
)
def test_a_baseline_that_is_none_or_of_something_else(mtc, folder, change, message):
    for line in ("export model.py", "package model.mtc"):
        assert mtc(*line.split()).code == 0
    bench = ["bench", "model.mtp", "--runs", "1"]
    assert mtc(*bench, "--max-regress", "99900%").code == 2  # than what?
    base = mtc(*bench, "--json").json | change
    (folder / "b.json").write_text(json.dumps(base))
    done = mtc(*bench, "--baseline", "b.json", "--max-regress", "99900%")
    assert done.code == (1 if "is not what" in message or "MTC506" in message else 0) and message in done.err
    assert "MTC506" not in message or ("inputs are input: f32[1,3,99,99]" in done.err and "outputs are" not in done.err)


@pytest.mark.parametrize(("backend", "code"), [("xnnpack", 1), ("portable", 0)])
def test_bench_refuses_fallback_where_another_backend_was_asked_for(mtc, folder, backend, code):
    text = "import torch\nclass Erf(torch.nn.Module):\n    def forward(self, x):\n        return torch.erf(x)\n"
    (folder / "model.py").write_text(f"{text}\nmodel, example_inputs = Erf(), (torch.ones(4),)\n")
    for line in ("export model.py", f"package model.mtc --backend {backend}"):
        assert mtc(*line.split()).code == 0
    measured = mtc("bench", "model.mtp", "--runs", "3", "--fail-on-fallback")
    assert measured.code == code
    assert code == 0 or ("`erf`" in measured.err and "model.py:4" in measured.err)


def examples():
    for name in _NAMES:
        command = group.get_command(click.Context(group), name)
        lines = [line.strip() for line in (command.help or "").splitlines()]
        yield from (line for line in lines if line.startswith(f"mtc {name}") and name not in NOT_RUN)


@pytest.mark.parametrize("line", list(examples()))
def test_the_examples_of_help_work_as_printed(mtc, folder, line):
    for before in ("export model.py", "optimize model.mtc", "package"):
        assert mtc(*before.split()).code == 0
    if "batches.npz" in line:
        (signature,) = mtc_package.Session(folder / "model.mtp").inputs()
        np.savez(folder / "batches.npz", image=np.ones((3, *signature.shape), np.float32))
    if "--runtime" in line:  # of what is shipped already
        for before in ("select-ops", *(["build-runtime"] if "runtime-" in line else [])):
            assert mtc(*before.split()).code == 0
    done = mtc(*shlex.split(line)[1:])
    assert done.code == 0, done.err
