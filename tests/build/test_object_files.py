"""Object files of Windows, WebAssembly and Apple's systems, read as LLVM's own tools read them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mtc.build.coff_object import read_coff_object, section_name
from mtc.build.macho_object import read_macho_object
from mtc.build.object_file import ObjectFile
from mtc.build.toolchains.zig import zig_binary
from mtc.build.wasm_object import read_wasm_object

SOURCE = """
extern "C" int elsewhere(int);
extern int there[];
static int numbers[] = {1, 2, 3};
int* chosen[2] = {numbers, numbers + 1};
int (*function)(int) = elsewhere;
extern "C" int a_name_that_is_longer_than_eight_bytes(int x) { return elsewhere(x) + *chosen[x & 1] + there[x]; }
template <typename T> T twice(T x) { return function(x) * 2; }
template int twice(int);
"""
CALLER = ".text.a_name_that_is_longer_than_eight_bytes"
READERS: dict[str, Callable[[bytes], ObjectFile | None]] = {
    "x86_64-windows-gnu": read_coff_object,
    "wasm32-wasi": read_wasm_object,
    "aarch64-macos": read_macho_object,
    "x86_64-macos": read_macho_object,
}


@dataclass
class Compiled:
    """An object file, as mtc reads it and as LLVM does."""

    triple: str
    file: Path
    read: ObjectFile

    def said(self, option: str) -> str:
        return subprocess.run(["llvm-readobj", option, self.file], check=True, capture_output=True, text=True).stdout

    def names(self, found: list[str]) -> list[str]:
        """Without what Apple's compilers put before each."""
        return [name.removeprefix("_") for name in found] if self.triple.endswith("-macos") else found

    def references(self) -> list[tuple[str, int, str]]:
        """From a section and place to a symbol."""
        sections, symbols = self.read.sections, self.read.symbols
        return [(sections[i], at, symbols[to].name) for i, rows in self.read.references.items() for at, to in rows]


@pytest.fixture(scope="module", params=READERS)
def compiled(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Compiled:
    zig = zig_binary()
    if zig is None or shutil.which("llvm-readobj") is None:
        pytest.skip("needs zig and LLVM's tools")
    folder = tmp_path_factory.mktemp("objects")
    (folder / "some.cpp").write_text(SOURCE)
    options = "-g0 -O1 -ffunction-sections -fdata-sections -c some.cpp -o some.o"
    command = [zig, "c++", "-target", request.param, *options.split()]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    read = READERS[request.param]((folder / "some.o").read_bytes())
    assert read is not None
    return Compiled(request.param, folder / "some.o", read)


def test_symbols(compiled: Compiled) -> None:
    text = compiled.said("--symbols")
    if compiled.triple == "wasm32-wasi":
        rows = re.findall(r"    Name: (\S+)\n    Type: (?:FUNCTION|DATA) .*\n    Flags \[ \((\w+)\)", text)
        wanted = [(name, not int(flags, 16) & 0x10, bool(int(flags, 16) & 2)) for name, flags in rows]
    elif compiled.triple.endswith("-macos"):
        rows = re.findall(r"    Name: (\S*) \(\d+\)\n(    Extern\n)?.*\n    Section: (\S*) .*", text)
        wanted = [(name.removeprefix("_"), bool(section), not extern) for name, extern, section in rows]
    else:
        rows = re.findall(r"    Name: (\S+)\n.*\n    Section: .*\((-?\d+)\)(?:.*\n)*?    StorageClass: (\w+)", text)
        wanted = [(name, int(section) > 0, kind != "External") for name, section, kind in rows]
    # A name may be missing: of what describes a symbol of COFF, of a table of WebAssembly.
    assert [(s.name, s.section > 0, s.is_local) for s in compiled.read.symbols if s.name] == wanted and len(wanted) > 6
    sizes = {symbol.name: symbol.size for symbol in compiled.read.symbols}
    assert sizes["chosen"] == (8 if compiled.triple == "wasm32-wasi" else 16)
    assert sizes["_ZL7numbers"] in (12, 16)  # with what aligns the next, where it ends there


def test_sections(compiled: Compiled) -> None:
    if compiled.triple == "x86_64-windows-gnu":
        names = re.findall(r"^    Name: (\S+)", compiled.said("--sections"), re.MULTILINE)
        assert compiled.read.sections == ["", *map(section_name, names)]
    else:  # by the source
        assert {CALLER, ".text._Z5twiceIiET_S0_", ".data.chosen", ".data._ZL7numbers"} < {*compiled.read.sections}


def test_sections_of_msvc_have_the_names_of_what_is_in_them(tmp_path: Path) -> None:
    zig = zig_binary()
    if zig is None:
        pytest.skip("needs zig")
    (tmp_path / "some.cpp").write_text(SOURCE)
    options = "--target=x86_64-pc-windows-msvc -O1 -ffunction-sections -fdata-sections -c some.cpp -o some.o"
    subprocess.run([zig, "clang", *options.split()], cwd=tmp_path, check=True, capture_output=True)
    read = read_coff_object((tmp_path / "some.o").read_bytes())
    assert read is not None
    # By the rules of MSVC's decoration.
    assert {CALLER, ".text.??$twice@H@@YAHH@Z", ".data.?chosen@@3PAPEAHA"} < {*read.sections}
    assert ".text" in read.sections  # of nothing by itself


def test_references(compiled: Compiled) -> None:
    text = compiled.said("--relocations")
    pattern = {
        "x86_64-windows-gnu": r"^    0x[0-9A-F]+ \w+ (\S+) \(\d+\)",
        "wasm32-wasi": r"^    0x[0-9A-F]+ R_WASM_(?!TYPE)\w+ (\S+)",
    }.get(compiled.triple, r"^    0x[0-9A-F]+ \d \d 1 \w+_RELOC_\w+ \d (\S+)")
    wanted = compiled.names(re.findall(pattern, text, re.MULTILINE))
    found = compiled.references()
    named = [name for *_, name in found if name]
    assert sorted(named) == sorted(name for name in wanted if name != "__indirect_function_table") and len(named) > 5
    # What may be in another DLL is reached over a pointer of its own.
    called = {name.removeprefix(".refptr.") for section, _, name in found if section == CALLER}
    assert {"elsewhere", "chosen", "there"} <= called
    if compiled.triple == "x86_64-windows-gnu":  # there the offsets are the file's own
        rows = re.findall(r"^    0x([0-9A-F]+) \w+ (\S+) \(\d+\)", text, re.MULTILINE)
        assert [(at, name) for _, at, name in found] == [(int(offset, 16), name) for offset, name in rows]
    width = 4 if compiled.triple == "wasm32-wasi" else 8
    assert {0, width} <= {at for name, at, _ in found if name == ".data.chosen"}


@pytest.mark.parametrize("triple", READERS)
def test_an_object_of_nothing(triple: str, tmp_path: Path) -> None:
    zig = zig_binary()
    if zig is None:
        pytest.skip("needs zig")
    (tmp_path / "some.c").write_text("extern int nothing;\n")
    command = [zig, "cc", "-target", triple, "-g0", "-c", "some.c", "-o", "some.o"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    read = READERS[triple]((tmp_path / "some.o").read_bytes())
    assert read is not None and not any(read.references.values())
    assert not [symbol for symbol in read.symbols if symbol.section and not symbol.is_local]


@pytest.mark.parametrize("read", dict.fromkeys(READERS.values()))
def test_what_is_no_object_is_none(read: Callable[[bytes], ObjectFile | None]) -> None:
    assert read(b"") is None and read(b"\x7fELF" + bytes(100)) is None
