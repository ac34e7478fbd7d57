"""WebAssembly's object files, read as LLVM's own tools read them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build.object_file import ObjectFile
from mtc.build.toolchains.zig import zig_binary
from mtc.build.wasm_object import read_wasm_object

SOURCE = """
extern "C" int elsewhere(int);
extern int there[];
static int numbers[] = {1, 2, 3};
int* chosen[2] = {numbers, numbers + 1};
int (*function)(int) = elsewhere;
extern "C" int calls(int x) { return elsewhere(x) + *chosen[x & 1] + there[x]; }
template <typename T> T twice(T x) { return function(x) * 2; }
template int twice(int);
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    zig = zig_binary()
    if zig is None or shutil.which("llvm-readobj") is None:
        pytest.skip("needs zig and LLVM's tools")
    folder = tmp_path_factory.mktemp("wasm")
    (folder / "some.cpp").write_text(SOURCE)
    options = "-g0 -O1 -ffunction-sections -fdata-sections -c some.cpp -o some.o"
    command = [zig, "c++", "-target", "wasm32-wasi", *options.split()]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "some.o"


@pytest.fixture(scope="module")
def read(compiled: Path) -> ObjectFile:
    found = read_wasm_object(compiled.read_bytes())
    assert found is not None
    return found


def said(option: str, file: Path) -> str:
    return subprocess.run(["llvm-readobj", option, file], check=True, capture_output=True, text=True).stdout


def test_sections_and_symbols(compiled: Path, read: ObjectFile) -> None:
    text = said("--symbols", compiled)
    rows = re.findall(r"    Name: (\S+)\n    Type: (\w+) .*\n    Flags \[ \((\w+)\)", text)
    rows = [row for row in rows if row[1] in ("FUNCTION", "DATA")]  # a table is of no section
    wanted = [(name, bool(int(flags, 16) & 2), bool(int(flags, 16) & 16)) for name, _, flags in rows]
    assert [(s.name, s.is_local, not s.section) for s in read.symbols if s.name] == wanted and len(wanted) > 6
    functions = [name for name, kind, flags in rows if kind == "FUNCTION" and not int(flags, 16) & 16]
    assert {f".text.{name}" for name in functions} < {*read.sections}
    sizes = {symbol.name: symbol.size for symbol in read.symbols}
    assert sizes["chosen"] == 8 and sizes["_ZL7numbers"] == 12  # what the source says


def test_references(compiled: Path, read: ObjectFile) -> None:
    text = said("--relocations", compiled)
    wanted = re.findall(r"^    0x[0-9A-F]+ R_WASM_(?!TYPE)\w+ (\S+)", text, re.MULTILINE)
    found = [(section, read.symbols[symbol].name) for section, rows in read.references.items() for _, symbol in rows]
    named = [name for _, name in found if name]
    assert sorted(named) == sorted(name for name in wanted if name != "__indirect_function_table") and len(named) > 5
    from_calls = {name for section, name in found if read.sections[section] == ".text.calls"}
    assert {"elsewhere", "chosen", "there"} <= from_calls
    assert [offset for offset, _ in read.references[read.sections.index(".data.chosen")]] == [0, 4]


def test_what_is_no_object_is_none() -> None:
    assert read_wasm_object(b"") is None and read_wasm_object(b"\x7fELF" + bytes(100)) is None
