"""The example of docs/qat.md, on a few images."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_example_trains_and_compiles() -> None:
    pytest.importorskip("torchao")
    command = [sys.executable, "scripts/qat_example.py", "--images", "400", "--epochs", "1", "--qat-epochs", "1"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "% right" in line]
    assert [line.split()[0].rstrip(",") for line in lines] == ["float", "PTQ", "PTQ", "QAT"]
    float_bytes, *quantized = (int(line.split()[-4].replace(",", "")) for line in lines)
    assert all(size < float_bytes / 2 for size in quantized)
