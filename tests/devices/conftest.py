from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import ssh_server
from torch import nn

import mtc


@pytest.fixture(scope="session")
def small_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two linear layers, with samples."""
    import torch

    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)).eval()
    path = tmp_path_factory.mktemp("program") / "small.mtp"
    mtc.package(mtc.optimize(mtc.export(network, (torch.randn(3, 16),))), path)
    return path


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssh_server.Server]:
    """An sshd that `ssh board` reaches."""
    if reason := ssh_server.missing():
        pytest.skip(reason)
    folder = tmp_path / "ssh"
    folder.mkdir()
    with ssh_server.serving(folder) as server:
        monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
        yield server
