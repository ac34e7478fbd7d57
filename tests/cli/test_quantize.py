"""`mtc quantize` as a user types it: reports, sensitivity, tuning, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

MODEL = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8), nn.Linear(8, 5)
        with torch.no_grad():  # one channel that is much larger than the others: what int8 is bad at
            self.b.weight[0] *= 200

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))).mean((2, 3)))

torch.manual_seed(0)
model, example_inputs = Net().eval(), (torch.randn(1, 3, 16, 16),)

def calibration_inputs():
    return [(torch.randn(1, 3, 16, 16),) for _ in range(6)]
"""
LINEARS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([torch.randn(16, 16) / 4 for _ in range(4)])
        self.register_buffer("scale", torch.arange(16.0).exp2() / 256)  # what one scale is bad at

    def forward(self, x):
        x = nn.functional.linear(x * self.scale, self.weights[0])
        for weight in self.weights[1:]:
            x = nn.functional.linear(torch.tanh(x), weight)
        return x

torch.manual_seed(0)
model, example_inputs = Net().eval(), (torch.randn(4, 16),)

def calibration_inputs():
    return [(torch.randn(4, 16),) for _ in range(6)]
"""
RECURRENT = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Embedding(20, 16), nn.LSTM(16, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x):
        return self.c(self.b(self.a(x))[0][:, -1])

torch.manual_seed(0)
model, example_inputs = Net().eval(), (torch.arange(6)[None],)

def calibration_inputs():
    return [(torch.randint(0, 20, (1, 6)),) for _ in range(6)]
"""
METRIC = """
import numpy as np

def metric(outputs, references):
    return float(np.mean([a[0].argmax() == b[0].argmax() for a, b in zip(outputs, references)]))
"""


@pytest.fixture
def quantized_folder(mtc, folder):
    (folder / "model.py").write_text(MODEL)
    (folder / "metric.py").write_text(METRIC)
    for line in ("export model.py", "optimize"):
        assert mtc(*line.split()).code == 0
    return folder


DATA = ("--calibration", "model.py:calibration_inputs")


def test_the_loss_of_each_layer_as_table_page_and_json(mtc, quantized_folder):
    done = mtc("quantize", *DATA, "--report")
    assert done.code == 0 and "conv2d" in done.out and "saturated" in done.out and "dB" in done.out
    assert mtc("quantize", *DATA, "--report", "q.html").code == 0
    page = (quantized_folder / "q.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "<svg" in page and "model.py:" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")  # nothing is loaded from anywhere
    assert mtc("quantize", *DATA, "--report", "q.json").code == 0
    found = json.loads((quantized_folder / "q.json").read_text())
    layers = {row["value"]: row for row in found["layers"]}
    assert found["scheme"] == "int8" and len(layers) >= 3
    for row in [row for row in layers.values() if row["op"] != "integer_linear"]:
        assert row["loss"]["sqnr"] is None or row["loss"]["sqnr"] > 5
        assert row["least"] <= row["low"] + 1e-6 and row["high"] <= row["most"] + 1e-6 and row["saturated"] < 0.01
    assert mtc("quantize", *DATA, "--report", "q.txt").code == 2


@pytest.mark.parametrize("scheme", ["int8", "int8-dynamic", "weight-int8", "fp16"])
def test_layers_that_compute_floats_of_rounded_numbers_are_reported(mtc, quantized_folder, scheme):
    found = mtc("quantize", *DATA, "--scheme", scheme, "--report", "--json").json
    layers = {row["value"]: row for row in found["layers"]}
    products = {"relu", "relu_1", "linear"}
    assert products <= set(layers)
    assert abs(layers["linear"]["loss"]["sqnr"] - found["outputs"]["linear"]["sqnr"]) < 3  # of more batches
    assert layers["linear"]["most"] is None and layers["linear"]["saturated"] == 0
    mtc("quantize", "model.optimized.mtc", *DATA, "--scheme", scheme, "--report", "q.html")
    page = (quantized_folder / "q.html").read_text()
    assert "inf" not in page.replace("inf dB", "") and "nan" not in page


def test_embeddings_and_recurrent_layers_are_layers(mtc, folder):
    """Without them the goal was not met with every layer in floats."""
    (folder / "model.py").write_text(RECURRENT)
    for line in ("export model.py", "optimize"):
        assert mtc(*line.split()).code == 0
    tuned = mtc("quantize", "--scheme", "weight-int8", *DATA, "--tune", "--min-sqnr", "500", "--json").json
    assert {row["op"] for row in tuned["sensitivity"]} == {"embedding", "lstm", "linear"}
    assert tuned["front"][-1]["floats"] == 3 and tuned["outputs"]["linear"]["sqnr"] is None


def test_layers_are_ranked_by_the_loss_that_each_causes_alone(mtc, quantized_folder):
    found = mtc("quantize", *DATA, "--sensitivity", "--per-tensor", "--json").json
    ranked = found["sensitivity"]
    assert [row["sqnr"] for row in ranked] == sorted(row["sqnr"] for row in ranked)
    assert len(ranked) == 3 and "model.py:13" in ranked[0]["at"]
    alone = {row["value"]: row["sqnr"] for row in ranked}
    assert min(alone.values()) >= found["outputs"]["linear"]["sqnr"] - 3  # one layer costs no more than all


def test_tuning_meets_the_goal_and_writes_a_config_that_does(mtc, quantized_folder):
    plain = mtc("quantize", *DATA, "--per-tensor", "--json").json["outputs"]["linear"]["sqnr"]
    goal = plain + 3
    done = mtc("quantize", *DATA, "--per-tensor", "--tune", "--min-sqnr", str(goal), "--json")
    assert done.code == 0, done.err
    tuned = done.json
    assert tuned["outputs"]["linear"]["sqnr"] >= goal and 1 <= len(tuned["floats"]) < 3
    assert next(point["floats"] for point in tuned["front"]) == 0
    config = yaml.safe_load((quantized_folder / "model.int8.q.yaml").read_text())
    assert config["rules"] == [{"match": f"%{name}", "scheme": "float"} for name in tuned["floats"]]
    again = mtc("quantize", "model.optimized.mtc", *DATA, "--config", "model.int8.q.yaml", "--json").json
    assert again["outputs"] == tuned["outputs"]
    assert not list(quantized_folder.glob("*.tune*"))
    assert len(mtc("quantize", *DATA, "--tune", "--min-sqnr", "500", "--json").json["floats"]) == 3  # all of them


@pytest.mark.parametrize(
    "flags",
    [("--no-correct-bias", "--per-tensor"), ("--observer", "mse", "--round", "adaptive"), ("--only", "linear")],
    ids=" ".join,
)
def test_a_layer_that_is_called_like_its_operator_is_one_layer(mtc, folder, flags):
    """The first of many linear layers is the value `linear`: what is found for it holds for no other, and the config
    that is written holds all that was asked for."""
    (folder / "model.py").write_text(LINEARS)
    for line in ("export model.py", "optimize"):
        assert mtc(*line.split()).code == 0
    alone = {
        row["value"]: row["sqnr"]
        for row in mtc("quantize", *DATA, *flags, "--sensitivity", "--json").json["sensitivity"]
    }
    assert min(alone, key=alone.__getitem__) == "linear" and len(alone) == 4
    goal = alone["linear"] + 0.5  # which that layer alone misses
    tuned = mtc("quantize", "model.optimized.mtc", *DATA, *flags, "--tune", "--min-sqnr", str(goal), "--json").json
    assert tuned["floats"] == ["linear"]
    kept = [row for row in tuned["placement"] if row["op"] in ("linear", "integer_linear")]
    assert sum(row["count"] for row in kept) == 4 and tuned["constant_bytes"] < 0.6 * tuned["constant_bytes_before"]
    again = mtc("quantize", "model.optimized.mtc", *DATA, "--config", "model.int8.q.yaml", "--json").json
    assert again["outputs"] == tuned["outputs"] and again["constant_bytes"] == tuned["constant_bytes"]


def test_layers_are_ranked_as_a_config_quantizes_them(mtc, quantized_folder):
    (quantized_folder / "q.yaml").write_text(
        "version: 1\nscheme: int8\nround: adaptive\nper-tensor: true\ncorrect-bias: false\n"
        "rules:\n- {match: c, scheme: float}\n"
    )
    words = ("--round", "adaptive", "--per-tensor", "--no-correct-bias", "--skip", "c")
    by_flags = mtc("quantize", "model.optimized.mtc", *DATA, *words, "--sensitivity", "--json").json
    by_config = mtc("quantize", "model.optimized.mtc", *DATA, "--config", "q.yaml", "--sensitivity", "--json").json
    assert by_config["sensitivity"] == by_flags["sensitivity"] and len(by_flags["sensitivity"]) == 2


def test_an_interrupted_search_goes_on(mtc, quantized_folder, monkeypatch):
    from mtc.analysis.quantization import tuning

    measured = tuning.Tuner._measured
    calls = []

    def interrupted(self, count, result):
        calls.append(count)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measured(self, count, result)

    monkeypatch.setattr(tuning.Tuner, "_measured", interrupted)
    search = ("quantize", *DATA, "--per-tensor", "--tune", "--min-sqnr", "60")
    assert mtc(*search).code == 130
    assert json.loads((quantized_folder / "model.int8.tune.json").read_text())["points"]
    done = mtc(*search)
    assert "going on with" in done.err
    assert calls.count(0) == 1  # what was measured is not measured again
    facts = json.loads(mtc("inspect", "model.int8.mtc", "--json").out)["quantization"]
    assert facts["batches"] == 6


@pytest.mark.parametrize("change", ["goal", "data", "config"])
def test_a_search_for_something_else_begins_anew(mtc, quantized_folder, monkeypatch, change):
    """What was measured of other data, by other settings or without the metric says nothing."""
    from mtc.analysis.quantization import tuning

    def interrupted(self):
        raise KeyboardInterrupt

    def batches(scale):
        np.savez("data.npz", x=scale * np.random.default_rng(0).standard_normal((6, 3, 16, 16), np.float32))

    config = quantized_folder / "q.yaml"
    config.write_text("version: 1\nrules: []\n")
    batches(1)
    search = ("quantize", "--calibration", "data.npz", "--config", "q.yaml", "--per-tensor", "--tune")
    with monkeypatch.context() as patched:
        patched.setattr(tuning.Tuner, "_ranked", interrupted)
        assert mtc(*search, "--min-sqnr", "60").code == 130
    if change == "data":
        batches(2)
    elif change == "config":
        config.write_text("version: 1\nequalize: true\n")
    goal = ("--metric", "metric.py", "--max-drop", "1000%") if change == "goal" else ("--min-sqnr", "60")
    done = mtc(*search, *goal, "--json")
    assert done.code == 0 and "going on" not in done.err
    assert (done.json["front"][0]["drop"] is not None) == (change == "goal")


def test_a_metric_decides(mtc, quantized_folder):
    done = mtc("quantize", *DATA, "--tune", "--metric", "metric.py", "--max-drop", "0.5", "--json")
    assert done.code == 0 and done.json["floats"] == [] and done.json["front"][0]["drop"] is not None


@pytest.mark.parametrize("returned", ["'good'", "None", "float('nan')", "__import__('numpy').ones(3)"])
def test_a_metric_that_is_no_number_is_refused(mtc, quantized_folder, returned):
    (quantized_folder / "metric.py").write_text(f"def metric(outputs, references): return {returned}")
    done = mtc("quantize", *DATA, "--tune", "--metric", "metric.py")
    assert done.code == 1 and "MTC207" in done.err and "no finite number" in done.err


def test_a_report_replaces_reports_alone(mtc, quantized_folder):
    (quantized_folder / "mine.json").write_text('{"mine": 1}')
    refused = mtc("quantize", "model.optimized.mtc", *DATA, "--report", "mine.json")
    assert refused.code == 1 and "is not a report on quantization" in refused.err
    assert (quantized_folder / "mine.json").read_text() == '{"mine": 1}'
    for _ in range(2):
        assert mtc("quantize", "model.optimized.mtc", *DATA, "--report", "q.json").code == 0


def test_what_is_asked_for_is_shown_in_quiet(mtc, quantized_folder):
    assert mtc("quantize", "model.optimized.mtc", *DATA, "-q").out == ""
    assert "layer alone" in mtc("quantize", "model.optimized.mtc", *DATA, "--sensitivity", "-q").out


def test_a_quantized_model_is_not_quantized_again(mtc, quantized_folder):
    """Its record would be lost: that its scales are from random data, for one."""
    assert mtc("quantize", "model.optimized.mtc", "--calibration", "random").code == 0
    for words in (("--scheme", "uint8", *DATA), ("--scheme", "fp16")):
        done = mtc("quantize", "model.int8.mtc", "-o", "again.mtc", *words)
        assert done.code == 1 and "quantized already: scheme int8" in done.err and "calibration random" in done.err
    assert not (quantized_folder / "again.mtc").exists()


def test_a_model_of_which_nothing_is_quantized_is_told_of(mtc, quantized_folder):
    for words, is_told in ((("--skip", "*"), True), (("--skip", "a"), False), (("--scheme", "fp16"), False)):
        done = mtc("quantize", "model.optimized.mtc", *DATA, *words)
        assert done.code == 0 and ("nothing was quantized" in done.err) == is_told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scheme", "int8"), "`int8` needs calibration data"),
        (("--scheme", "weight-int8", "--round", "adaptive"), "needs calibration data"),
        (("--calibration", "none.npz"), "`none.npz` does not exist"),
        (("--calibration", "none.py:batches"), "`none.py` does not exist"),
        (("--calibration", "random", "--backend", "qnnpack"), "qnnpack cannot run `int8`"),
    ],
)
def test_a_compilation_that_cannot_quantize_begins_nothing(mtc, quantized_folder, arguments, message):
    done = mtc("compile", "model.py", "-o", "compiled", *arguments)
    assert done.code == 1 and message in done.err and "mtc export" not in done.err
    assert not (quantized_folder / "compiled").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--tune",), 2, "--tune wants a goal"),
        (("--min-sqnr", "20"), 2, "goals of --tune"),
        (("--tune", "--min-sqnr", "nan"), 2, "no number of dB"),
        (("--scheme", "int9"), 2, "no scheme is called `int9`"),
        (("--observer", "min"), 2, "min-max"),
        (("--scheme", "int8", "--block", "32"), 1, "has no blocks"),
        (("--scheme", "weight-int4", "--block", "48"), 1, "blocks of 48"),
        (("--scheme", "int8"), 1, "`int8` needs calibration data"),
        (("--scheme", "weight-int4"), 1, "blocks of 32 do not divide the 8 columns of `linear`'s weights"),
    ],
)
def test_what_cannot_be_is_refused_at_once(mtc, quantized_folder, arguments, code, message):
    done = mtc("quantize", "model.optimized.mtc", *arguments)
    assert done.code == code and message in done.err
    assert not list(quantized_folder.glob("model.*int*.mtc"))


@pytest.mark.parametrize("scheme", ["int8", "int8-dynamic", "weight-int8", "bf16"])
def test_files_are_called_after_the_model(mtc, quantized_folder, scheme):
    """Whatever the stage before has made of it."""
    data = DATA if scheme == "int8" else ()
    assert mtc("quantize", "model.optimized.mtc", "--scheme", scheme, *data).code == 0
    assert mtc("package", f"model.{scheme}.mtc").code == 0
    assert (quantized_folder / "model.mtp").is_file()


def test_verify_says_that_a_program_is_quantized(mtc, quantized_folder):
    assert mtc("quantize", "model.optimized.mtc", *DATA).code == 0
    assert mtc("package").code == 0
    done = mtc("verify", "--against", "model.py")
    assert done.code == 1 and "the program is quantized: scheme int8" in done.err and "--max-rel" in done.err
    assert mtc("verify", "--against", "model.py", "--max-rel", "0.2", "--min-cosine", "0.99").code == 0


def test_integers_are_no_share_of_what_the_machine_does_in_floats(mtc, quantized_folder):
    assert mtc("quantize", "model.optimized.mtc", *DATA).code == 0
    assert mtc("package").code == 0
    measured = mtc("bench", "--runs", "1", "--json").json
    assert 0 < measured["quantized_flops"] <= measured["flops"]
    shown = mtc("bench", "--runs", "1").out
    assert "by quantized kernels; this machine does" in shown and "of this machine's" not in shown


def test_layers_that_no_block_divides_may_have_another_scheme(mtc, quantized_folder):
    (quantized_folder / "q.yaml").write_text("version: 1\nrules:\n- {match: c, scheme: weight-int8}\n")
    done = mtc("quantize", "model.optimized.mtc", "--scheme", "weight-int4", "--config", "q.yaml")
    assert done.code == 0


def test_compile_quantizes_too(mtc, quantized_folder):
    done = mtc("compile", "model.py", "--scheme", "weight-int8", "--dry-run")
    assert done.code == 0 and "mtc quantize" in done.out and "model.quantized.mtc" in done.out
    done = mtc("compile", "model.py", "--scheme", "int8", "--dry-run", "--save-recipe", "r.yaml", *DATA)
    assert done.code == 0 and f"--calibration {DATA[1]}" in done.out


def test_a_scheme_that_no_listed_backend_runs_is_refused(mtc, quantized_folder):
    assert mtc("optimize", "model.mtc", "--backend", "qnnpack", "-o", "q.mtc").code == 0
    done = mtc("quantize", "q.mtc", *DATA)
    assert done.code == 1 and "qnnpack cannot run `int8`" in done.err and "--scheme uint8" in done.err
    assert mtc("quantize", "q.mtc", *DATA, "--scheme", "uint8").code == 0


def test_random_data_is_told_by_inspect(mtc, quantized_folder):
    assert mtc("quantize", "--calibration", "random").code == 0
    assert mtc("package").code == 0
    for name in ("model.int8.mtc", "model.mtp"):
        assert "calibration random" in mtc("inspect", name).out


def test_wrong_data_is_refused_before_anything_runs(mtc, quantized_folder):
    np.savez(quantized_folder / "bad.npz", x=np.full((1, 3, 16, 16), np.nan, np.float32))
    np.savez(quantized_folder / "types.npz", x=np.zeros((1, 3, 16, 16)))
    np.savez(quantized_folder / "empty.npz", x=np.zeros((0, 3, 16, 16), np.float32))
    (quantized_folder / "cut.npz").write_bytes((quantized_folder / "bad.npz").read_bytes()[:100])
    for name, message in {
        "bad.npz": "NaN or infinite",
        "types.npz": "float64",
        "empty.npz": "no batch",
        "cut.npz": "is not a .npz",
        "": "the name of the calibration data is empty",
        "nowhere": "does not exist",
        "model.py:nothing": "does not define `nothing`",
    }.items():
        done = mtc("quantize", "model.optimized.mtc", "--calibration", name)
        assert done.code == 1 and message in done.err, (name, done.err)


@pytest.mark.parametrize(
    ("arrays", "errors"),
    [
        (
            {"x": np.zeros((5, 3, 16, 16))},
            ["input `x` is float64, the model's f32: `array.astype('float32')` [MTC801]"],
        ),
        ({"x": [0, np.nan, np.inf]}, ["input `x` holds numbers that are NaN or infinite [MTC801]"]),
        ({}, ["the file has 0 arrays, the program takes 1 input (x) [MTC501]"]),
        ({"x": np.zeros(3), "z": np.zeros(3)}, ["the program has no input called `z` [MTC501]"]),
    ],
)
def test_what_is_wrong_with_a_file_is_said_once(mtc, quantized_folder, arrays, errors):
    """However many batches have it, and with the file's name: a folder may hold others."""
    (quantized_folder / "data").mkdir()
    if isinstance(arrays.get("x"), list):
        arrays = {"x": np.stack([np.full((3, 16, 16), value, np.float32) for value in arrays["x"]])}
    np.savez(quantized_folder / "data" / "a.npz", x=np.zeros((2, 3, 16, 16), np.float32))
    np.savez(quantized_folder / "data" / "b.npz", **arrays)
    done = mtc("quantize", "model.optimized.mtc", "--calibration", "data")
    assert done.code == 1
    assert [line.removeprefix("error: ") for line in done.err.splitlines() if line.startswith("error: ")] == errors
    assert done.err.count("at: data/b.npz") == 1 and "a.npz" not in done.err


def test_what_is_done_for_accuracy_is_told_and_kept_by_a_recipe(mtc, quantized_folder):
    flags = ("--equalize", "--smooth", "0.5", "--no-correct-bias", "--round", "adaptive")
    found = mtc("quantize", *DATA, *flags, "--json").json
    assert found["equalize"] is True and found["smooth"] == 0.5 and found["round"] == "adaptive"
    assert "correct_bias" not in found
    assert mtc("quantize", *DATA, "--json").json["correct_bias"] is True
    done = mtc("compile", "model.py", *DATA, *flags, "--dry-run", "--save-recipe", "r.yaml")
    assert done.code == 0 and " ".join(flags) in done.out
    assert mtc("compile", "model.py", *DATA, *flags, "--save-recipe", "r.yaml", "--dry-run").code == 0
    recipe = yaml.safe_load(done.err[done.err.index("version:") :].split("\n1 stage")[0])
    assert recipe["stages"]["quantize"]["correct-bias"] is False
    refused = mtc("quantize", "--scheme", "fp16", "--equalize", "--round", "adaptive")
    assert refused.code == 1 and "MTC803" in refused.err and "`round` would change nothing" in refused.err
    assert mtc("quantize", "--scheme", "weight-int8", "--smooth", "0.5").code == 1
