"""Reading the kernels of a binary from the binary, whatever system it is for."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mtc.build import kernel_table
from mtc.build.built_kernels import KEYS_MARK, built_kernels, kernels_of, prove
from mtc.diagnostics import MtcError

KEYS = frozenset({"add@portable:f32/1", "conv2d@xnnpack:f32,qi8/1"})
# How an optimizing compiler sees the generated table: the keys are reached by pointers into their array alone.
TABLE = """
struct Entry { const char* key; int (*run)(int); };
static int Add(int x) { return x + 1; }
static int Convolve(int x) { return x * 3; }
static const struct Entry kEntries[] = {{kKeys + PLACE0, Add}, {kKeys + PLACE1, Convolve}};
__attribute__((visibility("default"))) const struct Entry* Table(void) { return kEntries; }
"""


def compiled(compiler: list[str], output: Path) -> Path:
    lines, places = kernel_table._names(sorted(KEYS))
    text = "\n".join(lines).replace("constexpr", "static const") + TABLE
    source = output.with_suffix(".c")
    source.write_text(text.replace("PLACE0", str(places[0])).replace("PLACE1", str(places[1])))
    subprocess.run([*compiler, "-Os", "-g0", str(source), "-o", str(output)], check=True, capture_output=True)
    return output


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_a_stripped_library_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    library = compiled(["cc", "-shared", "-fPIC", "-flto", "-s", "-Wl,--gc-sections"], tmp_path / "lib/libmtc.so")
    assert built_kernels(library) == KEYS == kernels_of(tmp_path, KEYS)
    assert prove(tmp_path, KEYS) == {"lib/libmtc.so": 2}


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="the Python package ziglang is not installed")
@pytest.mark.parametrize("target", ["aarch64-macos", "x86_64-windows-gnu", "wasm32-wasi", "arm-linux-musleabihf"])
def test_every_object_format_is_read_alike(target: str, tmp_path: Path) -> None:
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-c"]
    assert built_kernels(compiled(zig, tmp_path / "table.o")) == KEYS


def fake(folder: Path, *tables: set[str]) -> Path:
    path = folder / "lib" / "libmtc.so"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"code" + b"".join("\0".join([KEYS_MARK, *sorted(t), "", ""]).encode() for t in tables))
    return path


def test_what_is_missing_and_what_is_too_much_are_both_told(tmp_path: Path) -> None:
    fake(tmp_path, {"relu@portable:f32/1", "add@portable:f32/1"})
    with pytest.raises(MtcError) as caught:
        prove(tmp_path, KEYS)
    lacks, too_much = caught.value.diagnostics
    assert lacks.code.id == "MTC403" and "lacks `conv2d@xnnpack:f32,qi8/1`" in lacks.message
    assert "besides the list `relu@portable:f32/1`" in too_much.message


def test_files_for_several_processors_hold_one_table_each(tmp_path: Path) -> None:
    assert built_kernels(fake(tmp_path, {"add@portable:f32/1"}, {"add@portable:f32/1"})) == {"add@portable:f32/1"}
    with pytest.raises(MtcError, match="several tables of kernels, which differ"):
        built_kernels(fake(tmp_path, {"add@portable:f32/1"}, {"relu@portable:f32/1"}))


def test_what_holds_no_table_or_a_damaged_one(tmp_path: Path) -> None:
    path = fake(tmp_path)
    assert built_kernels(path) is None
    with pytest.raises(MtcError, match="holds a table of kernels"):
        kernels_of(tmp_path, KEYS)
    with pytest.raises(MtcError, match="lacks"):
        prove(tmp_path, KEYS)
    path.write_bytes(KEYS_MARK.encode() + b"\0not a key\0\0")
    with pytest.raises(MtcError, match="is damaged"):
        built_kernels(path)


def test_a_list_without_kernels_has_no_table(tmp_path: Path) -> None:
    fake(tmp_path)
    assert prove(tmp_path, ()) == {"lib/libmtc.so": 0}
    assert kernels_of(tmp_path, ()) == frozenset()
    (tmp_path / "lib/libmtc.so").unlink()
    with pytest.raises(MtcError, match="no library"):
        kernels_of(tmp_path, ())
