"""The script that trains a language model of bytes and measures what quantizing costs it, in a small setting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(script: str, *options: str) -> list[list[str]]:
    done = subprocess.run([sys.executable, SCRIPTS / script, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines() if not line.startswith(" ")]


def test_a_byte_model_keeps_its_perplexity_in_fewer_bits(tmp_path: Path) -> None:
    sizes = ("--features", "96", "--layers", "2", "--length", "32", "--windows", "8")
    rows = run("train_byte_lm.py", "--steps", "30", "--batch", "8", *sizes, "-o", str(tmp_path))
    found = {row[0]: float(row[row.index("perplexity") + 1]) for row in rows}
    assert list(found) == ["float", "weight-int8", "weight-int4", "int8-dynamic"]
    assert found["float"] < 60  # of 256: it has learnt something
    assert all(abs(value / found["float"] - 1) < 0.05 for value in found.values())
    size = {name: (tmp_path / f"bytes.{name}.mtp").stat().st_size for name in ("float", "weight-int4")}
    assert size["weight-int4"] < 0.3 * size["float"]


def test_the_benchmark_of_decoders_runs() -> None:
    rows = run("bench_decoder.py", "--small", "--threads", "1", "--tokens", "2", "--schemes", "weight-int4")
    assert [row[2] for row in rows] == ["float", "weight-int4"] and all(float(row[3]) > 0 for row in rows)
