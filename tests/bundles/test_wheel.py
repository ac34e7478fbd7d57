"""The wheel, installed by pip and imported where mtc is not."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_wheel_filename

import mtc
from mtc.build.runtime_folder import RECORD
from mtc.ir.parser import parse
from mtc.ops import OPS

pytest.importorskip("pip")
# A program that needs no kernel, for what depends on types only.
BF16 = "func @forward(%x: bf16[3]) {\n  return %x\n}\n"


@pytest.fixture
def wheel(built, package) -> Path:
    made = package(built.program, "--runtime", built.runtime, "--format", "wheel", "--with-model", "--name", "my-net")
    assert made.code == 0, made.err
    return made.output


def in_python(wheel: Path, folder: Path, code: str) -> str:
    """What `code` prints in a Python that sees this wheel, NumPy, and neither mtc nor ml_dtypes."""
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*install, "--disable-pip-version-check", "--target", folder, wheel], check=True)
    before = "import sys; sys.modules['mtc'] = sys.modules['ml_dtypes'] = None  # importing them is an ImportError\n"
    ran = subprocess.run(
        [sys.executable, "-c", before + code],
        capture_output=True, text=True, check=True, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)},
    )  # fmt: skip
    return ran.stdout


def test_it_runs_the_program_in_it(built, wheel, tmp_path):
    code = """
import my_net, numpy as np
assert list(my_net.MODELS) == ["net"] and my_net.__version__ == "0.1.0"
with my_net.Session("net", threads=2) as session:
    print(*session.run(np.ones((2, 6), np.float32))[0].flat)
    try:
        session.run(np.ones((2, 7), np.float32))
    except my_net.MtcError as error:
        print(error)
"""
    numbers, refusal = in_python(wheel, tmp_path / "site", code).split("\n", 1)
    np.testing.assert_allclose([float(word) for word in numbers.split()], built.outputs.flat, rtol=1e-5)
    assert "[MTC501]" in refusal


def test_it_runs_programs_that_come_later(built, wheel, tmp_path):
    """Without ml_dtypes, bfloat16 is two bytes an element; a program with other kernels is refused by name."""
    mtc.package(parse(BF16, OPS), tmp_path / "bf16.mtp")
    other = BF16.replace("bf16", "f32").replace("  return %x", "  %0 = sin(%x) : f32[3]\n  return %0")
    mtc.package(parse(other, OPS), tmp_path / "other.mtp", backend="portable")
    code = f"""
import my_net, numpy as np
(found,) = my_net.Session({str(tmp_path / "bf16.mtp")!r}).run(np.frombuffer(b"abcdef", "V2"))
print(found.tobytes().decode())
try:
    my_net.Session({str(tmp_path / "other.mtp")!r})
except my_net.MtcError as error:
    print(error)
"""
    same, refusal = in_python(wheel, tmp_path / "site", code).split("\n", 1)
    assert same == "abcdef"
    assert "sin@portable:f32/1" in refusal and "[MTC402]" in refusal


def test_its_record_and_metadata_are_right(wheel):
    with zipfile.ZipFile(wheel) as content:
        info = "my_net-0.1.0.dist-info"
        rows = list(csv.reader(content.read(f"{info}/RECORD").decode().splitlines()))
        assert sorted(row[0] for row in rows) == sorted(content.namelist())
        for name, digest, size in rows:
            if name == f"{info}/RECORD":
                assert (digest, size) == ("", "")
                continue
            data = content.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={expected}", len(data))
        metadata = Metadata.from_email(content.read(f"{info}/METADATA"), validate=True)
        tags = content.read(f"{info}/WHEEL").decode().split("Tag: ")[1].split()
    name, version, _, in_name = parse_wheel_filename(wheel.name)
    assert (metadata.name, metadata.version) == (name, version)
    assert {str(tag) for tag in in_name} == set(tags)


@pytest.mark.parametrize(("target", "processor"), [("linux-arm64", "aarch64"), ("linux-armv7", "armv7l")])
def test_other_processors(package, other_target, target, processor):
    made = package("--runtime", other_target(target), "--format", "wheel")
    (tag,) = parse_wheel_filename(made.output.name)[3]
    assert tag.platform.startswith("manylinux_2_") and tag.platform.endswith(f"_{processor}")


@pytest.mark.parametrize("name", ["mtc", "numpy", "import", "json"])
def test_names_that_python_uses_otherwise(built, package, name):
    refused = package("--runtime", built.runtime, "--format", "wheel", "--name", name)
    assert refused.code == 1 and f"`{name}` cannot be a wheel's name" in refused.err


@pytest.mark.parametrize("size", [0, 40, 1000])
def test_a_library_that_is_cut_off(built, package, tmp_path, size):
    library = shutil.copytree(built.runtime, tmp_path / "cut") / "lib/libmtc.so"
    library.write_bytes(library.read_bytes()[:size])
    record = tmp_path / "cut" / RECORD
    record.write_text(json.dumps(json.loads(record.read_text()) | {"bytes": {}}))  # it says nothing of files' sizes
    refused = package("--runtime", tmp_path / "cut", "--format", "wheel")
    assert refused.code == 1 and "lib/libmtc.so` is damaged" in refused.err
