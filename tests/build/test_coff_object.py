"""Windows object files, read as LLVM's own tools read them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build.coff_object import read_coff_object, section_name
from mtc.build.object_file import ObjectFile
from mtc.build.toolchains.zig import zig_binary

SOURCE = """
extern "C" int elsewhere(int);
static int numbers[] = {1, 2, 3};
int* chosen[2] = {numbers, numbers + 1};
extern "C" int a_name_that_is_longer_than_eight_bytes(int x) { return elsewhere(x) + *chosen[x & 1]; }
template <typename T> T twice(T x) { return elsewhere(x) * 2; }
template int twice(int);
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    zig = zig_binary()
    if zig is None or shutil.which("llvm-readobj") is None:
        pytest.skip("needs zig and LLVM's tools")
    folder = tmp_path_factory.mktemp("coff")
    (folder / "some.cpp").write_text(SOURCE)
    options = "-g0 -O1 -ffunction-sections -fdata-sections -c some.cpp -o some.obj"
    command = [zig, "c++", "-target", "x86_64-windows-gnu", *options.split()]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "some.obj"


@pytest.fixture(scope="module")
def read(compiled: Path) -> ObjectFile:
    found = read_coff_object(compiled.read_bytes())
    assert found is not None
    return found


def said(option: str, file: Path) -> str:
    return subprocess.run(["llvm-readobj", option, file], check=True, capture_output=True, text=True).stdout


def test_sections_and_symbols(compiled: Path, read: ObjectFile) -> None:
    names = re.findall(r"^    Name: (\S+)", said("--sections", compiled), re.MULTILINE)
    assert read.sections == ["", *map(section_name, names)]
    text = said("--symbols", compiled)
    rows = re.findall(r"    Name: (\S+)\n.*\n    Section: .*\((-?\d+)\)(?:.*\n)*?    StorageClass: (\w+)", text)
    wanted = [(name, max(int(section), 0), kind != "External") for name, section, kind in rows]
    assert [(s.name, s.section, s.is_local) for s in read.symbols if s.name] == wanted
    sizes = {symbol.name: symbol.size for symbol in read.symbols}
    assert sizes["chosen"] == 16 and sizes["_ZL7numbers"] == 12  # what the source says


def test_references(compiled: Path, read: ObjectFile) -> None:
    text = said("--relocations", compiled)
    wanted = re.findall(r"^    0x([0-9A-F]+) \w+ (\S+) \(\d+\)", text, re.MULTILINE)
    found = [(offset, read.symbols[symbol].name) for rows in read.references.values() for offset, symbol in rows]
    assert found == [(int(offset, 16), name) for offset, name in wanted] and len(found) > 3


def test_what_is_no_object_is_none() -> None:
    assert read_coff_object(b"") is None and read_coff_object(b"\x7fELF" + bytes(100)) is None
