"""Which of the files that were read are the user's."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from mtc.support import opened_files
from mtc.support.opened_files import user_files


@pytest.mark.parametrize("prefix", ["/usr", "/opt/python"])
def test_a_project_may_stand_below_usr(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setattr(opened_files.sys, "prefix", prefix)
    monkeypatch.setattr(opened_files.sys, "base_prefix", prefix)
    monkeypatch.setattr(os.path, "isfile", lambda path: True)
    own = ["/home/me/model.py", "/usr/local/app/weights.pt", "/usr/src/app/layers.py"]
    others = [
        *("/usr/lib/python3/dist-packages/x.py", "/usr/local/lib/python3.11/x.py", "/proc/cpuinfo", "/etc/hosts"),
        *(os.path.join(sysconfig.get_path("stdlib"), "json.py"), "/p/.venv/lib/python3.11/site-packages/x.py"),
        opened_files.__file__,
    ]
    assert user_files({*own, *others}) == [Path(path) for path in own]


def test_only_reading_counts(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with opened_files.opened_files() as found:
        (tmp_path / "a").read_text()
        (tmp_path / "b").write_text("")
    assert str(tmp_path / "a") in found and str(tmp_path / "b") not in found
