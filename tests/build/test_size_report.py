"""Every byte of a file is accounted for, once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build.link_map import Input, read_map
from mtc.build.size_html import to_html
from mtc.build.size_parts import component_of
from mtc.build.size_report import UNATTRIBUTED, Bill, SizeReport, SizeRow, report
from mtc.build.size_text import from_json, to_json, to_text

GNU_MAP = """\
Discarded input sections

 .text.dropped  0x0000000000000000       0x10 core/a.cpp.o

Linker script and memory map

LOAD core/a.cpp.o
.text           0x0000000000001000       0x30
 *(.text.unlikely .text.*_unlikely .text.unlikely.*)
 .text.f        0x0000000000001000       0x10 CMakeFiles/mtc_base.dir/core/a.cpp.o
 *fill*         0x0000000000001010        0x6 \n\
 .text._ZN3mtc4longEv
                0x0000000000001016       0x1a /x/libXNNPACK.a(operator-run.c.o)
                0x0000000000001016                mtc::long()
.bss            0x0000000000002000        0x0
"""

LLD_MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
            1000             1000       30    16 .text
            1000             1000       10    16         CMakeFiles/mtc_base.dir/core/a.cpp.o:(.text.f)
            1000             1000       10     1                 mtc::f()
            1016             1016       1a     2         /x/libXNNPACK.a(operator-run.c.o):(.text._ZN3mtc4longEv)
"""

APPLE_MAP = """\
# Path: libmtc.dylib
# Arch: arm64
# Object files:
[  0] linker synthesized
[  1] CMakeFiles/mtc_base.dir/core/a.cpp.o
[  2] /x/libXNNPACK.a[arm64][2](operator-run.c.o)
# Sections:
# Address\tSize    \tSegment\tSection
0x1000\t0x00000030\t__TEXT\t__text
# Symbols:
# Address\tSize    \tFile  Name
0x1000\t0x00000010\t[  1] _f
0x1016\t0x0000001A\t[  2] __ZN3mtc4longEv

# Dead Stripped Symbols:
#        \tSize    \tFile  Name
<<dead>> \t0x00000018\t[  2] _dropped
"""


@pytest.mark.parametrize("text", [GNU_MAP, LLD_MAP, APPLE_MAP], ids=["GNU ld", "lld", "Apple's"])
def test_map_formats(tmp_path, text):
    path = tmp_path / "x.map"
    path.write_text(text)
    long_name = ".text._ZN3mtc4longEv"
    section = "__TEXT,__text" if text is APPLE_MAP else ".text"
    assert read_map(path) == [
        Input(section, 0x1000, 0x10, "CMakeFiles/mtc_base.dir/core/a.cpp.o", ".text.f"),
        Input(section, 0x1016, 0x1A, "/x/libXNNPACK.a(operator-run.c.o)", long_name),
    ]


UNIT = "CMakeFiles/mtc_base.dir/one_unit.cpp.o"
TEXTS = "containers, texts and numbers"
XNNPACK_MEMBER = "/x/lib/libmicrokernels-prod.a(avx512f.c.o)"


@pytest.mark.parametrize(
    ("origin", "section", "expected"),
    [
        ("CMakeFiles/mtc_kernels.dir/kernels/xnnpack/conv2d.cpp.o", "", ("mtc kernels", "conv2d@xnnpack")),
        ("CMakeFiles/mtc_hot_kernels_0.dir/kernels/portable/add.cpp.o", "", ("mtc kernels", "add@portable")),
        ("CMakeFiles/mtc_hot_kernels_2.dir/kernels/portable/add.cpp.o", "", ("mtc kernels", "add@portable (AVX-512)")),
        ("CMakeFiles/mtc_base.dir/interpreter/session.cpp.o", "", ("mtc core", "interpreter/session")),
        (UNIT, ".text._ZNK3mtc5Frame3RunEv", ("mtc core", "Frame")),
        (UNIT, ".text._ZN3mtcL7Program4LoadEPKhmPKcRNS_5ErrorE", ("mtc core", "Program")),
        (UNIT, ".text._ZN3mtc12_GLOBAL__N_112MakeSelectedEv", ("mtc core", "MakeSelected")),
        (UNIT, ".text._ZNK3mtc6schema8Function6VerifyEv", ("mtc core", "Function")),
        (UNIT, ".text.mtc_session_run", ("mtc core", "C API")),
        (UNIT, ".text._ZNSt6vectorImSaImEE6resizeEm", ("mtc core", "containers, texts and numbers")),
        (UNIT, ".rodata..L.str.1", ("mtc core", "containers, texts and numbers")),
        (UNIT, ".text._ZN9__gnu_cxx12__to_xstringEv", ("mtc core", "containers, texts and numbers")),
        ("CMakeFiles/mtc_base.dir/c/cache/selection/kernel_table.cpp.o", "", ("mtc core", "kernel table")),
        (XNNPACK_MEMBER, ".text.xnn_f32_gemm_minmax_ukernel_7x32__avx512f", ("XNNPACK", "microkernel f32_gemm_minmax")),
        (XNNPACK_MEMBER, ".rodata.cst16", ("XNNPACK", "microkernels avx512f")),
        (
            "/x/libmicrokernels-prod.a(f32-gemm-4x8-minmax-asm-aarch64-neonfma-cortex-a53.S.o)",
            ".text",
            ("XNNPACK", "microkernel f32_gemm_minmax"),
        ),
        (
            "libmicrokernels-prod.a(qs8-qc8w-dwconv-9p32c-minmax-fp32-avx512skx-mul32.c.obj)",
            ".rdata",
            ("XNNPACK", "microkernel qs8_qc8w_dwconv_minmax_fp32"),
        ),
        (
            "libmicrokernels-prod.a(x16-packw-x16-gemm-goi-avx2-u16-prfm.c.obj)",
            ".rdata",
            ("XNNPACK", "microkernel x16_packw_gemm_goi"),
        ),
        ("CMakeFiles/mtc_base.dir/one_unit.cpp.obj", ".text.?Run@Frame@mtc@@QEAAHXZ", ("mtc core", "Frame")),
        ("CMakeFiles/mtc_base.dir/one_unit.cpp.obj", ".text.??0Frame@mtc@@QEAA@XZ", ("mtc core", "Frame")),
        ("one/one_unit.cpp.obj", ".text.?Find@?A0x74DBCFB7@mtc@@YAHXZ", ("mtc core", "Find")),
        ("one/one_unit.cpp.obj", ".text.?Add@?$List@I@mtc@@QEAAXI@Z", ("mtc core", "List")),
        ("one/one_unit.cpp.obj", ".text.??1?$unique_ptr@VFrame@mtc@@@std@@QEAA@XZ", ("mtc core", TEXTS)),
        ("one/one_unit.cpp.obj", ".rdata.??_C@_0P@MLIJHCJM@missing?5kernel?$AA@", ("mtc core", TEXTS)),
        ("one/one_unit.cpp.obj", ".text.mtc_session_run", ("mtc core", "C API")),
        (XNNPACK_MEMBER, ".eh_frame", ("XNNPACK", "tables for unwinding")),
        ("/x/libXNNPACK.a(convolution-nhwc.c.o)", ".text.x", ("XNNPACK", "convolution-nhwc")),
        ("/x/lib/libqnnpack-microkernels.a(sse2.c.o)", ".text", ("QNNPACK", "microkernels sse2")),
        ("/x/lib/libpthreadpool.a(pthreads.c.o)", "", ("pthreadpool", "pthreads")),
        ("/usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a(new_op.o)", "", ("C and C++ libraries", "libstdc++.a")),
        ("/usr/lib/x86_64-linux-gnu/crti.o", "", ("C and C++ libraries", "crti.o")),
    ],
)
def test_objects_have_a_component(origin, section, expected):
    assert component_of(origin, section) == expected


@pytest.fixture(scope="module")
def linked(tmp_path_factory) -> tuple[Path, Path]:
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("no c++ on PATH")
    folder = tmp_path_factory.mktemp("linked")
    kernel = folder / "mtc_kernels.dir" / "kernels" / "portable" / "probe.cpp"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('extern "C" int probe(int x) { static int calls[9]; return ++calls[x & 7] * 3; }')
    product, link_map = folder / "libprobe.so", folder / "probe.map"
    subprocess.run([compiler, "-O2", "-fPIC", "-c", kernel, "-o", f"{kernel}.o"], check=True)
    subprocess.run([compiler, "-shared", f"{kernel}.o", "-o", product, f"-Wl,-Map={link_map}"], check=True)
    return product, link_map


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("with_map", [False, True])
def test_the_rows_sum_to_the_size_of_the_file(linked, tmp_path, strip, with_map):
    product, link_map = linked
    copy = tmp_path / product.name
    shutil.copy(product, copy)
    if strip:
        subprocess.run(["strip", copy], check=True)
    made = report(copy, link_map if with_map else tmp_path / "missing.map")
    assert sum(row.bytes for row in made.rows) == made.total == copy.stat().st_size
    assert all(row.bytes > 0 for row in made.rows)
    assert ("mtc kernels" in made.by_component()) == with_map
    assert (UNATTRIBUTED in made.by_component()) != with_map


def test_bills_are_written_and_read_back():
    rows = (
        SizeRow("XNNPACK", "operators", 20, ("add@xnnpack:f32/1", "conv2d@xnnpack:f32/1")),
        SizeRow("pthreadpool", "pthreads", 10),
        SizeRow("mtc kernels", "add@xnnpack", 5, ("add@xnnpack:f32/1",)),
    )
    users = {"add@xnnpack:f32/1": {"m.mtc": ["model.py:7"]}, "conv2d@xnnpack:f32/1": {}}
    made = Bill((SizeReport("lib/libmtc.so", 35, rows),), users)
    assert from_json(to_json(made)) == made
    text = to_text(made)
    assert "lib/libmtc.so: 35 bytes" in text and "operators" in text and "m.mtc: model.py:7" in text
    assert [row.dtype for row in rows] == ["f32", "", "f32"]


def test_what_kernels_alone_need_goes_with_them():
    one, two, three = "a@portable:f32/1", "b@portable:f32/1", "c@portable:f32/1"
    needed = {1: (), 2: (one,), 4: (one, two), 8: (three,)}
    made = SizeReport("f", 15, tuple(SizeRow("x", "", size, kernels) for size, kernels in needed.items()))
    dropped = ([], [one], [two], [one, two], [one, two, three])
    assert [made.saved_without(frozenset(keys)) for keys in dropped] == [0, 2, 0, 6, 14]


def test_a_static_library_has_no_bill_and_says_so() -> None:
    bill = Bill((), {}, "ios-arm64")
    assert "static library" in to_text(bill) and "static library" in to_html(bill, "iOS")
    assert from_json(to_json(bill)) == bill
