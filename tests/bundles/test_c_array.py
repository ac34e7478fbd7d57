"""The C arrays, compiled as C99 and linked with the static runtime."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mtc
from mtc.build import cmake
from mtc.ir.parser import parse
from mtc.ops import OPS


def unpacked(archive: Path, folder: Path) -> Path:
    """The one folder that is in it."""
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    (top,) = folder.iterdir()
    return top


def numbers(program: Path) -> list[float]:
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return [float(word) for word in said.split()]


def test_cmake_builds_the_example(built, package, tmp_path):
    """On the sample in the program, whose answer torch gave."""
    made = package(built.program, "--runtime", built.runtime, "--format", "c-array")
    assert made.output.name == "mtc-models-0.1.0-c-array.zip"
    top = unpacked(made.output, tmp_path / "unpacked")
    settings = [f"-DCMAKE_PREFIX_PATH={built.runtime}", "-DCMAKE_C_FLAGS=-Wall -Wextra -pedantic -Werror"]
    cmake.configure(top, tmp_path / "build", settings, what="the example")
    cmake.build(tmp_path / "build", what="the example")
    np.testing.assert_allclose(numbers(tmp_path / "build/example"), built.outputs.flat, rtol=1e-5)


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="needs pkg-config")
def test_a_c_compiler_alone_builds_it(built, package, tmp_path):
    """Without a sample: the example then gives zeros."""
    model = mtc.load(built.program.with_suffix(".mtc"))
    model.samples = {}
    mtc.save(model, tmp_path / "2 nets-ä.mtc")
    made = package(tmp_path / "2 nets-ä.mtc", "--format", "c-array", "--with-model")
    top = unpacked(made.output, tmp_path / "unpacked")
    assert "extern const unsigned char _2_nets___mtp[];" in (top / "2 nets-ä.h").read_text()
    environment = os.environ | {"PKG_CONFIG_PATH": str(built.runtime / "lib/pkgconfig")}
    flags = subprocess.run(
        ["pkg-config", "--static", "--cflags", "--libs", "mtc"],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout.split()  # fmt: skip
    strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]
    sources = [top / "main.c", top / "2 nets-ä.c"]
    subprocess.run(["gcc", *strict, *sources, "-o", tmp_path / "example", "-static", *flags], check=True)
    np.testing.assert_allclose(numbers(tmp_path / "example"), built.outputs_of_zeros.flat, rtol=1e-5)


def test_the_array_is_the_program(built, package, tmp_path):
    top = unpacked(package(built.program, "--format", "c-array").output, tmp_path / "unpacked")
    lines = (top / "net.c").read_text().split("[] = {\n")[1].removesuffix("};\n").replace("\n", "").split(",")
    assert bytes(int(number, 16) for number in lines if number.strip()) == built.program.read_bytes()


def test_it_is_aligned(built, package, tmp_path):
    """So that the runtime reads constants where they lie."""
    top = unpacked(package(built.program, "--format", "c-array").output, tmp_path / "unpacked")
    (top / "pad.c").write_text(
        '#include <stdint.h>\n#include "net.h"\nint main(void) { return (int)((uintptr_t)net_mtp % 64); }\n'
    )
    subprocess.run(["gcc", "-std=c99", top / "pad.c", top / "net.c", "-o", tmp_path / "aligned"], check=True)
    subprocess.run([tmp_path / "aligned"], check=True)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a-b", "a_b"], "`a-b` and `a_b` are both `a_b_mtp` in C"),
        (["net", "Net"], "`net` and `Net` are both guarded by `NET_MTP_H` in C"),
        (["main"], "a program called `main`"),
        (["Main"], "a program called `Main`"),
    ],
    ids=str,
)
def test_names_that_c_cannot_tell_apart(package, tmp_path, names, message):
    for name in names:
        mtc.package(parse("func @forward(%x: f32[1]) {\n  return %x\n}\n", OPS), tmp_path / f"{name}.mtp")
    refused = package(*[f"{name}.mtp" for name in names], "--format", "c-array")
    assert refused.code == 1 and message in refused.err


def test_without_a_model(package):
    """The last one written here is taken, and there is none."""
    refused = package("--format", "c-array")
    assert refused.code == 1 and "MTC602" in refused.err
