"""A model, its program, and a runtime that was built for it, which the tests put into packages and use as apps do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mtc
from mtc.build.runtime_folder import RECORD
from mtc.build.targets import TARGETS, Target
from mtc.cli import run_command

ZIG = (sys.executable, "-m", "ziglang")


@dataclass(frozen=True)
class Built:
    """A runtime's folder, the program that it runs, and what torch computes for ones and for zeros."""

    runtime: Path
    program: Path
    inputs: np.ndarray
    outputs: np.ndarray
    outputs_of_zeros: np.ndarray


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("bundles")
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh()).eval()
    inputs = torch.ones(2, 6)
    model = mtc.optimize(mtc.export(network, (inputs,)), backend="portable")
    mtc.save(model, folder / "net.mtc")
    mtc.package(model, folder / "net.mtp")
    mtc.build_runtime(mtc.select_ops(model), folder / "runtime")
    with torch.no_grad():
        expected = [network(given).numpy() for given in (inputs, torch.zeros_like(inputs))]
    return Built(folder / "runtime", folder / "net.mtp", inputs.numpy(), *expected)


def relabelled(built: Built, folder: Path, target: str) -> Path:
    """A copy of the runtime that says to be for another target, which is all that most formats ask. For an Apple system
    its libraries are of that system too, with a function each."""
    shutil.copytree(built.runtime, folder)
    record = json.loads((folder / RECORD).read_text()) | {"target": target, "bytes": {}}  # files of any size
    (folder / RECORD).write_text(json.dumps(record))
    if TARGETS[target].is_apple:
        for library in folder.glob("lib/**/*.a"):
            _write_apple_library(library, TARGETS[target])
    return folder


def _write_apple_library(path: Path, target: Target) -> None:
    """Of a function `answer_of_NAME`, after the library's name."""
    source, objects = path.with_suffix(".c"), path.with_suffix(".o")
    source.write_text(f"int answer_of_{path.stem}(void) {{ return 42; }}\n")
    subprocess.run([*ZIG, "cc", "-target", target.zig_triple, "-O1", "-g0", "-c", source, "-o", objects], check=True)
    path.unlink()
    subprocess.run([*ZIG, "ar", "rcs", path, objects], check=True)
    source.unlink()
    objects.unlink()


@pytest.fixture
def other_target(built: Built, tmp_path: Path) -> Callable[[str], Path]:
    return lambda target: relabelled(built, tmp_path / f"runtime-{target}", target)


@dataclass(frozen=True)
class Packaged:
    code: int
    err: str
    output: Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Runs `mtc package` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Packaged:
        capfd.readouterr()
        code = run_command(["package", *map(str, arguments), "--json"])
        out, err = capfd.readouterr()
        output = json.loads(out).get("output", "") if out else ""
        return Packaged(code, out + err, tmp_path / output)

    return command
