"""Every byte of a file is accounted for in each format that runtimes have, by what zig links for it."""

from __future__ import annotations

import contextlib
import struct
import subprocess
from pathlib import Path

import pytest

from mtc.build.ar import members
from mtc.build.binary import read_layout
from mtc.build.file_layout import DAMAGE
from mtc.build.macho_object import defined_symbols
from mtc.build.size_report import report
from mtc.build.toolchains.zig import zig_binary

TABLE = (73, 1009, 51, 2003)
SOURCE = f"""\
static const int table[4] = {{{", ".join(map(str, TABLE))}}};
int zero[9];
__attribute__((visibility("default"))) int probe(int x) {{ return table[x & 3] + zero[x & 7]; }}
"""
# target, what to link, the section of constants, a section of code
FORMATS = {
    "elf64": ("x86_64-linux-musl", ["-shared", "-nostdlib"], ".rodata", ".text"),
    "elf32": ("arm-linux-musleabihf", ["-shared", "-nostdlib"], ".rodata", ".text"),
    "macho": ("aarch64-macos", ["-shared"], "__TEXT,__const", "__TEXT,__text"),
    "pe": ("x86_64-windows-gnu", ["-nostdlib", "-Wl,-e,probe"], ".rdata", ".text"),
    "wasm": ("wasm32-freestanding", ["-nostdlib", "-Wl,--no-entry", "-Wl,--export=probe"], "data", "code"),
}


def linked(name: str, tmp_path: Path) -> Path:
    """A library of the format."""
    zig = zig_binary()
    if zig is None:
        pytest.skip("needs zig: pip install ziglang")
    target, options, *_ = FORMATS[name]
    source, product = tmp_path / "probe.c", tmp_path / "probe"
    source.write_text(SOURCE)
    command = [zig, "cc", "-target", target, "-O2", "-g0", *options, source, "-o", product]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return product


@pytest.mark.parametrize("name", FORMATS)
def test_the_parts_of_a_file_add_up(name: str, tmp_path: Path) -> None:
    *_, constants, code = FORMATS[name]
    product = linked(name, tmp_path)
    made, size = report(product, tmp_path / "missing.map"), product.stat().st_size
    assert made.total == size == sum(row.bytes for row in made.rows) and all(row.bytes > 0 for row in made.rows)
    layout = read_layout(product)
    at = product.read_bytes().index(struct.pack("<4i", *TABLE))
    (holder,) = (s for s in layout.sections if s.offset <= at < s.offset + s.size)
    assert holder.name == constants and holder.is_loaded
    assert code in {section.name for section in layout.sections if section.is_loaded}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_cut_off_or_damaged_is_damage_and_nothing_else(name: str, tmp_path: Path) -> None:
    product = linked(name, tmp_path)
    data = product.read_bytes()
    cut = [data[:size] for size in range(4, min(len(data), 2000), 7)]
    changed = [data[:at] + b"\xff" * 4 + data[at + 4 :] for at in range(4, min(len(data), 500), 5)]
    for content in (*cut, *changed):
        product.write_bytes(content)
        with contextlib.suppress(*DAMAGE):
            read_layout(product)


@pytest.mark.parametrize("size", ["-60", "5000", ""])
def test_an_archive_whose_member_ends_nowhere(size: str, tmp_path: Path) -> None:
    header = f"{'x.o/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode()
    (tmp_path / "x.a").write_bytes(b"!<arch>\n" + 3 * header)
    with pytest.raises(DAMAGE):
        list(members(tmp_path / "x.a"))


def test_a_load_command_without_a_length() -> None:
    with pytest.raises(DAMAGE):
        defined_symbols(struct.pack("<4s7I", b"\xcf\xfa\xed\xfe", 0, 0, 0, 2**32 - 1, 0, 0, 0) + bytes(64))


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    with pytest.raises(ValueError, match="no ELF, Mach-O, PE or WebAssembly file"):
        read_layout(tmp_path / "script")
