"""The library with every kernel of this machine: what its code may and may not ask of the system."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from mtc.build.runtime import host_runtime


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("nm") is None, reason="binutils read ELF files")
def test_nothing_is_registered_for_the_end_of_the_library() -> None:
    """Small libraries for Linux have no start files, which would call it when they are unloaded."""
    rows = subprocess.run(["nm", "-D", host_runtime()], capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = {row.split()[-1].partition("@")[0] for row in rows if row.split()[-2] in ("U", "w")}
    assert "malloc" in wanted
    assert not {name for name in wanted if "atexit" in name or "quick_exit" in name}
