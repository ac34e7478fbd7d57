"""Every byte of a file is accounted for, once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build.link_map import Input, read_map
from mtc.build.size_report import UNATTRIBUTED, SizeReport, SizeRow, component_of, from_json, report, to_json, to_text

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
            1016             1016       1a     2         /x/libXNNPACK.a(operator-run.c.o):(.text)
"""


@pytest.mark.parametrize("text", [GNU_MAP, LLD_MAP], ids=["GNU ld", "lld"])
def test_map_formats(tmp_path, text):
    path = tmp_path / "x.map"
    path.write_text(text)
    assert read_map(path) == [
        Input(".text", 0x1000, 0x10, "CMakeFiles/mtc_base.dir/core/a.cpp.o"),
        Input(".text", 0x1016, 0x1A, "/x/libXNNPACK.a(operator-run.c.o)"),
    ]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("CMakeFiles/mtc_kernels.dir/kernels/xnnpack/conv2d.cpp.o", ("mtc kernels", "conv2d@xnnpack")),
        ("CMakeFiles/mtc_hot_kernels_0.dir/kernels/portable/add.cpp.o", ("mtc kernels", "add@portable")),
        ("CMakeFiles/mtc_hot_kernels_2.dir/kernels/portable/add.cpp.o", ("mtc kernels", "add@portable (level 2)")),
        ("CMakeFiles/mtc_base.dir/interpreter/session.cpp.o", ("mtc core", "interpreter/session")),
        ("CMakeFiles/mtc_base.dir/c/cache/selection/kernel_table.cpp.o", ("mtc core", "kernel table")),
        ("/x/lib/libmicrokernels-prod.a(f32-gemm.c.o)", ("XNNPACK", "microkernels")),
        ("/x/lib/libqnnpack-microkernels.a(sse2.c.o)", ("QNNPACK", "microkernels")),
        ("/x/lib/libpthreadpool.a(pthreads.c.o)", ("pthreadpool", "")),
        ("/usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a(new_op.o)", ("C and C++ libraries", "libstdc++.a")),
        ("/usr/lib/x86_64-linux-gnu/crti.o", ("C and C++ libraries", "crti.o")),
    ],
)
def test_objects_have_a_component(origin, expected):
    assert component_of(origin) == expected


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


def test_reports_are_written_and_read_back():
    made = (SizeReport("lib/libmtc.so", 30, (SizeRow("XNNPACK", "operators", 20), SizeRow("pthreadpool", "", 10))),)
    assert from_json(to_json(made)) == made
    assert "lib/libmtc.so: 30 bytes" in to_text(made) and "operators" in to_text(made)
