from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import phone
import pytest
import ssh_server
import torch
from torch import nn

import mtc
from mtc.build.runtime import cached_runtime
from mtc.build.targets import TARGETS, host_target
from mtc.program import reader


@pytest.fixture(scope="session")
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)).eval()


@pytest.fixture(scope="session")
def program(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`network` with samples, for portable kernels: their runtimes are quick to build."""
    path = tmp_path_factory.mktemp("program") / "small.mtp"
    mtc.package(mtc.optimize(mtc.export(network, (torch.randn(3, 16),)), backend="portable"), path)
    return path


@pytest.fixture(scope="session")
def runtime_for(program: Path) -> Callable[[str], Path]:
    """The runtime with the program's kernels for a target."""
    return lambda target: cached_runtime(reader.read(program).kernels, TARGETS[target])


@pytest.fixture
def changed_runtime(runtime_for: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """This machine's runtime with another `mtc_run`, a script, or with the name of another target."""

    def change(*, script: str = "", target: str = "") -> Path:
        folder = tmp_path / f"changed-{len([*tmp_path.iterdir()])}"
        shutil.copytree(runtime_for(host_target().name), folder)
        record = folder / "share" / "mtc" / "runtime.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | ({"target": target} if target else {})))
        if script:
            (folder / "bin" / "mtc_run").write_text(f"#!/bin/sh\n{script}\n")
        return folder

    return change


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssh_server.Server]:
    """An sshd that `ssh board` reaches."""
    if reason := ssh_server.missing():
        pytest.skip(reason)
    folder = tmp_path / "ssh"
    folder.mkdir()
    with ssh_server.serving(folder) as server:
        monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        yield server


@pytest.fixture
def adb(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server of the real adb, which knows no phone yet."""
    if reason := phone.missing():
        pytest.skip(reason)
    with phone.server() as env:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def plugged(adb: None, tmp_path: Path) -> phone.Phone:
    """A phone that this server has found."""
    found = phone.Phone(tmp_path / "phone", "x86_64")
    subprocess.run(["adb", "connect", found.serial], check=True, capture_output=True)
    return found
