"""The action and the snippets of docs/ci.md: their scripts run as the services run them, on a model of this test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtc.build.targets import host_target

REPOSITORY = Path(__file__).parents[2]
ACTION = REPOSITORY / "recipes" / "ci" / "action.yml"
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```$", (REPOSITORY / "docs" / "ci.md").read_text(encoding="utf-8"), re.M | re.S)
MODEL = """\
import torch
class Model(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)
model, example_inputs = Model().eval(), (torch.ones(2, 3),)
"""
UNKNOWN = MODEL.replace("torch.relu", "torch.special.bessel_j0")
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


@pytest.fixture
def shell(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """Runs a script in the checkout as GitHub runs `shell: bash`, with this mtc on PATH."""
    programs = tmp_path_factory.mktemp("bin")
    for name, arguments in (("mtc", "-m mtc"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (programs / name).chmod(0o755)
    paths = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)}

    def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=folder, env=os.environ | paths | environment, capture_output=True, text=True, check=False
        )

    return run


class Job:
    """The steps of the action that are scripts, with the values that GitHub puts into them."""

    def __init__(self, shell: Any, folder: Path, **inputs: str) -> None:
        action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        self.shell, self.steps = shell, action["runs"]["steps"]
        self.files = {"GITHUB_OUTPUT": folder / "outputs.txt", "GITHUB_STEP_SUMMARY": folder / "summary.md"}
        self.known = {"github.action_path": str(ACTION.parent), "runner.temp": str(folder / "temp")}
        self.known |= {"runner.os": "Linux", "runner.arch": "X64"}
        for name, declared in action["inputs"].items():
            self.known[f"inputs.{name}"] = inputs.pop(name.replace("-", "_"), str(declared.get("default", "")))
        assert not inputs

    def value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self.known[match[1]], text)

    def run(self) -> list[str]:
        """The names of the steps that succeeded, until one failed. Installing is left out: mtc is here."""
        done = []
        for step in self.steps:
            if "run" not in step or step["name"] == "Install mtc":
                continue
            if condition := step.get("if"):  # `inputs.x != ''`
                name, _, wanted = condition.partition(" != ")
                assert wanted == "''"
                if not self.known[name]:
                    continue
            environment = {name: self.value(text) for name, text in step["env"].items()}
            ended = self.shell(step["run"], **environment, **{name: str(path) for name, path in self.files.items()})
            self.said = ended.stdout + ended.stderr
            self.code = ended.returncode
            if ended.returncode:
                return done
            done.append(step["name"])
            if "id" in step:
                lines = self.files["GITHUB_OUTPUT"].read_text().splitlines()
                self.known |= {f"steps.{step['id']}.outputs.{k}": v for k, _, v in (ln.partition("=") for ln in lines)}
        return done


LIST, BUILD, BENCH = "Export and list the kernels", "Build the runtime", "Compare the latency"


def codes_of(folder: Path) -> set[str]:
    logs = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "mtc-out/sarif").glob("*.sarif")]
    return {result["ruleId"] for log in logs for result in log["runs"][0]["results"]}


def test_the_action_builds_and_holds_to_its_baselines(shell, folder, monkeypatch):
    (folder / "model.py").write_text(MODEL)
    (folder / "temp").mkdir()
    monkeypatch.setenv("MTC_CACHE_DIR", str(folder / "temp" / "mtc-cache"))  # as in the steps, for what lies there
    given = {"model": "model.py", "backend": "portable"}
    job = Job(shell, folder, **given, max_size="1MB")
    assert job.run() == [LIST, BUILD], job.said
    assert re.fullmatch(r"mtc-\d+\.\d+\.\d+-host-[0-9a-f]{64}", job.known["steps.list.outputs.key"])
    assert "lib/libmtc" in (folder / "summary.md").read_text() and codes_of(folder) == set()
    (cache,) = (step["with"] for step in job.steps if step.get("uses", "").startswith("actions/cache@"))
    assert job.value(cache["path"]) == str(folder / "temp" / "mtc-cache")  # what the steps are told by MTC_CACHE_DIR
    key, base = job.value(cache["key"]), job.value(cache["restore-keys"])
    assert key.endswith(job.known["steps.list.outputs.key"]) and key.startswith(base)
    size = json.loads((folder / "mtc-out/runtime/share/mtc/size.json").read_text())
    smaller = json.loads(json.dumps(size))
    file = smaller["files"][0]
    for row in file["rows"]:
        row["bytes"] //= 2
    file["total"] = sum(row["bytes"] for row in file["rows"])
    for name, content in (("same", size), ("smaller", smaller)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    measured = shell("mtc bench mtc-out/model.mtp --runtime mtc-out/runtime --runs 3 --json")
    base = json.loads(measured.stdout)
    slow, fast = ({**base, **{key: factor * base[key] for key in KEYS}} for factor in (1000, 0.001))
    for name, content in (("slow", slow), ("fast", fast)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    for inputs, steps, codes in (
        ({"size_baseline": "same.json", "bench_baseline": "slow.json"}, [LIST, BUILD, BENCH], set()),
        ({"size_baseline": "smaller.json"}, [LIST], {"MTC705"}),
        ({"max_size": "1KB"}, [LIST], {"MTC705"}),
        ({"bench_baseline": "fast.json"}, [LIST, BUILD], {"MTC505"}),
    ):
        for log in (folder / "mtc-out/sarif").glob("*"):
            log.unlink()
        job = Job(shell, folder, **given, **inputs)
        assert (job.run(), codes_of(folder) - {"warning"}) == (steps, codes), job.said
        if codes:
            assert job.code == 1 and codes.pop() in job.said
    job = Job(shell, folder, **given, max_size="much")
    assert (job.run(), job.code) == ([LIST], 2), job.said  # mtc's own exit code


KEYS = ("median_ms", "load_ms", "peak_memory")


def test_the_action_says_at_which_line_a_model_fails(shell, folder):
    (folder / "model.py").write_text(UNKNOWN)
    job = Job(shell, folder, model="model.py")
    assert job.run() == [] and "MTC201" in job.said
    assert codes_of(folder) == {"MTC201"}


def test_the_job_for_gitlab_runs(shell, folder):
    (folder / "model.py").write_text(MODEL)
    job = yaml.safe_load(SNIPPETS[1])["runtime"]
    installs, *script = job["script"]
    assert installs.startswith("pip install")
    host = host_target().name
    lines = "\n".join(script).replace("linux-arm64", host).replace("xnnpack", "portable")
    (folder / "ci").mkdir()
    first = "mtc export model.py && mtc optimize --backend portable && mtc select-ops"
    first += " && mtc build-runtime -o runtime && cp runtime/share/mtc/size.json ci/size.json"
    assert shell(first).returncode == 0
    ended = shell(lines)
    assert ended.returncode == 0, ended.stderr
    assert all((folder / name).exists() for name in job["artifacts"]["paths"])
    (folder / "model.py").write_text(MODEL.replace("torch.relu(x)", "torch.relu(x) @ x.T"))
    ended = shell(lines)
    assert ended.returncode == 1 and "matmul" in ended.stdout


@pytest.mark.parametrize(
    ("schema", "content"),
    [("github-actions", ACTION.read_text()), ("github-workflows", SNIPPETS[0]), ("gitlab-ci", SNIPPETS[1])],
    ids=["action", "workflow", "gitlab"],
)
def test_files_are_valid_by_the_services_own_schemas(tmp_path, schema, content):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema, which brings the schemas, is not installed")
    (tmp_path / "file.yml").write_text(content)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", tmp_path / "file.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_gives_the_action_only_what_it_takes():
    steps = yaml.safe_load(SNIPPETS[0])["jobs"]["runtime"]["steps"]
    (used,) = (step for step in steps if step["uses"].endswith("recipes/ci"))
    assert set(used["with"]) <= set(yaml.safe_load(ACTION.read_text())["inputs"])
