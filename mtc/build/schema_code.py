"""The code that reads and writes a program's tables, as the pinned FlatBuffers compiler makes it of the schema."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from mtc.build.runtime_sources import runtime_sources
from mtc.build.third_party import flatc


def schema_header() -> str:
    """runtime/generated/program_generated.h."""
    return _generated(".h", "--cpp", "--cpp-std", "c++17", "--scoped-enums")


def schema_module() -> str:
    """mtc/program/schema_generated.py."""
    return _generated(".py", "--python", "--gen-onefile")


def _generated(suffix: str, *options: str) -> str:
    schema = runtime_sources() / "schema" / "program.fbs"
    with tempfile.TemporaryDirectory(prefix="mtc-schema-") as folder:
        command = [str(flatc()), *options, "--gen-object-api", "-o", folder, str(schema)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"flatc refused {schema}:\n{done.stdout}{done.stderr}")
        return Path(folder, f"program_generated{suffix}").read_text(encoding="utf-8")
