"""Runtimes for Android by zig alone, looked at with binutils: what the system's loader asks of a file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.build import runtime
from mtc.build.runtime_folder import RuntimeBuild
from mtc.build.runtime_sources import runtime_sources
from mtc.build.targets import target
from mtc.build.toolchain import toolchain_for
from mtc.build.toolchains import zig
from mtc.diagnostics import MtcError

TARGETS = ("android-arm64", "android-x86_64")
KERNELS = ["add@portable:f32/1", "linear.constant@portable:f32/1"]

pytestmark = pytest.mark.skipif(zig.zig_binary() is None, reason="the package `ziglang` is not installed")


@pytest.fixture(scope="module", params=TARGETS)
def built(request, tmp_path_factory) -> RuntimeBuild:
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    return runtime.build(KERNELS, target(request.param), tmp_path_factory.mktemp(request.param) / "runtime")


def readelf(option: str, file: Path) -> str:
    return subprocess.run(["readelf", "-W", option, file], capture_output=True, text=True, check=True).stdout


def names_of_api() -> set[str]:
    text = (runtime_sources() / "toolchains/android/symbols.txt").read_text()
    words = [word for line in text.splitlines() if not line.startswith(("#", "[")) for word in line.split()]
    return {word.removeprefix("=").partition("@")[0] for word in words}


def test_the_loader_takes_it(built):
    for file in (built.library, built.program):
        headers = readelf("-l", file)
        alignments = [int(line.split()[-1], 16) for line in headers.splitlines() if line.split()[:1] == ["LOAD"]]
        assert alignments and all(alignment == 16384 for alignment in alignments), file
        dynamic = readelf("-d", file)
        assert "TEXTREL" not in dynamic
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
        assert {"libc.so"} <= needed <= {"libc.so", "libm.so", "libdl.so", "liblog.so"}
        assert "NODELETE" in dynamic
        assert ".note.android.ident" in readelf("-S", file)
    assert "/system/bin/linker64" in readelf("-l", built.program) and "DYN" in readelf("-h", built.program)
    assert "__cxa_finalize" in readelf("--dyn-syms", built.library)  # of what is registered, when dlclose takes it away
    assert re.search(r"SONAME.*\[libmtc\.so\]", readelf("-d", built.library))


def test_it_needs_nothing_newer_than_android_7_and_exports_the_api_alone(built):
    known = names_of_api()
    for file in (built.library, built.program):
        rows = [line.split() for line in readelf("--dyn-syms", file).splitlines() if re.match(r"\s*\d+:", line)]
        needed = {row[7].partition("@")[0] for row in rows if row[6] == "UND" and len(row) > 7}
        assert needed <= known, sorted(needed - known)
        exported = {row[7].partition("@")[0] for row in rows if row[6] != "UND" and row[4] != "LOCAL"}
        if file == built.library:
            assert "mtc_session_run" in exported and all(name.startswith("mtc_") for name in exported), exported


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("#include <spawn.h>\nint main(void) { return 0; }", "'spawn.h' file not found"),  # its types were not compared
        # Of API 28 and 26.
        ("int getrandom(void*);\nint main(void) { return getrandom(0); }", "undefined symbol: getrandom"),
        ("char* ctermid(char*);\nint main(void) { return *ctermid(0); }", "undefined symbol: ctermid"),
    ],
)
def test_what_android_7_lacks_is_an_error(code, said, tmp_path):
    compiler = dict(arg[2:].split("=", 1) for arg in toolchain_for(target("android-arm64")).cmake_args)
    source = tmp_path / "probe.c"
    source.write_text(code)
    done = subprocess.run(
        [compiler["CMAKE_C_COMPILER"], "-O1", source, "-o", tmp_path / "probe"], capture_output=True, text=True
    )
    assert done.returncode != 0 and said in done.stderr


LAYOUT = """
#include <assert.h>
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>
#define SIZE(type, size) _Static_assert(sizeof(type) == size, #type)
#define IS(name, number) _Static_assert(name == number, #name)
SIZE(pthread_mutex_t, 40); SIZE(pthread_cond_t, 48); SIZE(pthread_rwlock_t, 56); SIZE(pthread_attr_t, 56);
SIZE(pthread_mutexattr_t, 8); SIZE(pthread_condattr_t, 8); SIZE(sigset_t, 8); SIZE(struct sigaction, 32);
SIZE(mbstate_t, 8); SIZE(fexcept_t, 4);
_Static_assert(offsetof(struct sigaction, sa_handler) == 8 && offsetof(struct sigaction, sa_mask) == 16, "sigaction");
IS(_SC_PAGESIZE, 39); IS(_SC_NPROCESSORS_CONF, 96); IS(_SC_NPROCESSORS_ONLN, 97); IS(_SC_PHYS_PAGES, 98);
IS(PTHREAD_EXPLICIT_SCHED, 0); IS(PTHREAD_INHERIT_SCHED, 1); IS(PTHREAD_STACK_MIN, 16384);
IS(FP_NAN, 2); IS(FP_ZERO, 16); IS(FP_SUBNORMAL, 8); IS(FP_ILOGB0, -INT_MAX); IS(L_tmpnam, 4096);
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
int main(void) { return errno + (mutex.__bionic[0] == 0); }
"""


@pytest.mark.parametrize("name", TARGETS)
def test_types_and_constants_are_androids(name, tmp_path):
    """By the numbers of bionic's own headers."""
    compiler = dict(arg[2:].split("=", 1) for arg in toolchain_for(target(name)).cmake_args)
    source = tmp_path / "layout.c"
    source.write_text(LAYOUT)
    subprocess.run([compiler["CMAKE_C_COMPILER"], "-O1", "-c", source, "-o", tmp_path / "layout.o"], check=True)


def test_another_zig_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(zig, "zig_version", lambda: "0.18.0")
    with pytest.raises(MtcError, match=r"pip install ziglang==0\.17\.1"):
        toolchain_for(target("android-arm64"), "zig")


def test_32_bit_arm_is_for_the_ndk():
    with pytest.raises(MtcError, match="no C library of armeabi-v7a") as caught:
        toolchain_for(target("android-armv7"), "zig")
    assert "ANDROID_NDK_HOME" in str(caught.value)


def test_a_full_disk_leaves_no_half_of_the_c_library(monkeypatch, tmp_path):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path))

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        with pytest.raises(MtcError, match="No space left"):
            toolchain_for(target("android-arm64"), "zig")
    assert not [path for path in (tmp_path / "toolchains").glob("android-*") if path.is_dir()]
    assert toolchain_for(target("android-arm64"), "zig").name == "zig"  # the next call works
