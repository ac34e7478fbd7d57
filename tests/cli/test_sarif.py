"""`--sarif`: what a service reads that shows findings beside source lines, by the rules of SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtc.diagnostics.diagnostic import CODES

ERF = """\
import torch
class Model(torch.nn.Module):
    def forward(self, x):
        return torch.erf(x)
model, example_inputs = Model().eval(), (torch.ones(2),)
"""
UNKNOWN = ERF.replace("torch.erf", "torch.special.bessel_j0")
BROKEN = "model = 1 / 0\n"
LEVELS = {"error", "warning", "note"}


def log_of(path: Path) -> dict[str, Any]:
    """The one run of a log, which has all members that the standard and code scanning ask for."""
    log = json.loads(path.read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "mtc"
    for rule in driver["rules"]:
        assert rule["id"] in {*CODES, "usage", "warning"}
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS and result["message"]["text"]
        assert len(result["locations"]) == 1
        for place in (*result["locations"], *result.get("relatedLocations", ())):
            physical = place["physicalLocation"]
            assert physical["artifactLocation"]["uri"] and physical["region"]["startLine"] >= 1
    return run


def places_of(run: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    found = []
    for result in run["results"]:
        physical = result["locations"][0]["physicalLocation"]
        line = physical["region"]["startLine"]
        found.append((result["ruleId"], result["level"], physical["artifactLocation"]["uri"], line))
    return found


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        ("check erf.py", 0, [("MTC303", "warning", "erf.py", 4)]),
        ("check unknown.py", 1, [("MTC201", "error", "unknown.py", 4)]),
        ("export unknown.py", 1, [("MTC201", "error", "unknown.py", 4)]),
        ("export broken.py", 1, [("MTC206", "error", "broken.py", 1)]),
        ("export none.py", 1, [("MTC107", "error", "none.py", 1)]),
        ("check none.py:net -v", 1, [("MTC107", "error", "none.py", 1)]),
        ("export none.py -o model.py", 1, [("MTC107", "error", "none.py", 1)]),  # what another option names is there
        ("optimize none.mtc", 1, [("MTC107", "error", "none.mtc", 1)]),
        ("diff ops.yaml none.mtc", 1, [("MTC107", "error", "none.mtc", 1)]),
        ("diff ops.yaml erf.py", 1, [("MTC101", "error", "erf.py", 1)]),
        ("explain erf.py", 2, [("MTC301", "error", "erf.py", 1)]),
        ("check erf.py --backend xnpack", 2, [("MTC301", "error", "erf.py", 1)]),
        ("bench erf.py --runs 0", 2, [("usage", "error", "erf.py", 1)]),
        ("recipe run none.yaml", 1, [("MTC107", "error", "none.yaml", 1)]),
        ("build-runtime --ops none.yaml -o runtime", 1, [("MTC107", "error", "none.yaml", 1)]),
        ("package --format tar -o x.tar.gz --runtime none", 1, [("MTC107", "error", "none", 1)]),
        ("select-ops --merge ops.yaml --merge none.yaml", 1, [("MTC107", "error", "none.yaml", 1)]),
        ("backends", 0, []),
    ],
)
def test_findings_stand_at_their_lines(mtc, folder, line, code, found):
    for name, content in (("erf", ERF), ("unknown", UNKNOWN), ("broken", BROKEN)):
        (folder / f"{name}.py").write_text(content)
    assert mtc("select-ops", "--op", "add:f32").code == 0
    assert mtc(*line.split(), "--sarif", "found.sarif").code == code
    run = log_of(folder / "found.sarif")
    assert places_of(run) == found
    assert run["invocations"] == [{"executionSuccessful": code != 2, "exitCode": code}]


def test_places_are_from_the_top_of_the_checkout(mtc, folder, monkeypatch):
    (folder / ".git").mkdir()
    (folder / "an app").mkdir()
    (folder / "an app" / "unknown.py").write_text(UNKNOWN)
    monkeypatch.chdir(folder / "an app")
    assert mtc("check", "unknown.py", "--sarif", "found.sarif").code == 1
    (result,) = log_of(Path("found.sarif"))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "an%20app/unknown.py", "uriBaseId": "%SRCROOT%"}
    assert "help: " in result["message"]["text"]
    assert result["properties"] == {"operator": "aten.special_bessel_j0.default"}


def test_several_lines_of_one_finding_are_related(mtc, folder):
    twice = "y = torch.erf(x)\n        return torch.erf(y)"
    (folder / "twice.py").write_text(ERF.replace("return torch.erf(x)", twice))
    assert mtc("check", "twice.py", "--sarif", "found.sarif").code == 0
    (result,) = log_of(folder / "found.sarif")["results"]
    (related,) = result["relatedLocations"]
    lines = [place["physicalLocation"]["region"]["startLine"] for place in (*result["locations"], related)]
    assert lines == [4, 5]


def test_warnings_are_findings_too(mtc, folder):
    trained = ERF.replace("Model().eval()", "torch.nn.BatchNorm1d(3)").replace("ones(2)", "ones(2, 3)")
    (folder / "training.py").write_text(trained)
    assert mtc("export", "training.py", "--sarif", "found.sarif").code == 0
    (result,) = log_of(folder / "found.sarif")["results"]
    assert (result["ruleId"], result["level"]) == ("warning", "warning")
    assert "training mode" in result["message"]["text"]


def test_a_log_replaces_a_log_and_nothing_else(mtc, folder):
    for _ in range(2):
        assert mtc("backends", "--sarif", "found.sarif").code == 0
    before = (folder / "model.py").read_text()
    refused = mtc("backends", "--sarif", "model.py")
    assert refused.code == 1 and "exists and is not a SARIF log" in refused.err
    assert (folder / "model.py").read_text() == before
    refused = mtc("backends", "--sarif", "none/found.sarif")
    assert refused.code == 1 and "does not exist" in refused.err and not refused.out
