"""Runtimes for Android by zig alone, looked at with binutils: what the system's loader asks of a file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mtc.analysis import doctor
from mtc.build import runtime
from mtc.build.runtime_folder import RuntimeBuild
from mtc.build.runtime_sources import runtime_sources
from mtc.build.targets import target
from mtc.build.toolchain import toolchain_for
from mtc.build.toolchains import zig
from mtc.diagnostics import MtcError

TARGETS = ("android-arm64", "android-armv7", "android-x86_64")
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
    linker = "/system/bin/linker" + ("" if built.target == "android-armv7" else "64")
    assert f"interpreter: {linker}]" in readelf("-l", built.program) and "DYN" in readelf("-h", built.program)
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
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#ifdef __LP64__
#define OR(a, b) a
#else
#define OR(a, b) b
#endif
#define SIZE(type, size) _Static_assert(sizeof(type) == size, #type)
#define IS(name, number) _Static_assert(name == number, #name)
#define AT(type, member, at) _Static_assert(offsetof(type, member) == at, #member)
SIZE(pthread_mutex_t, OR(40, 4)); SIZE(pthread_cond_t, OR(48, 4)); SIZE(pthread_rwlock_t, OR(56, 40));
SIZE(pthread_mutexattr_t, OR(8, 4)); SIZE(pthread_condattr_t, OR(8, 4)); SIZE(pthread_spinlock_t, 8);
SIZE(pthread_attr_t, OR(56, 24)); SIZE(pthread_barrier_t, 32);
SIZE(sigset_t, OR(8, 4)); SIZE(struct sigaction, OR(32, 16)); SIZE(mbstate_t, OR(8, 4)); SIZE(fexcept_t, 4);
AT(struct sigaction, sa_handler, OR(8, 0)); AT(struct sigaction, sa_mask, OR(16, 4));
AT(struct sigaction, sa_flags, OR(0, 8));
SIZE(time_t, OR(8, 4)); SIZE(struct timespec, OR(16, 8)); SIZE(struct timeval, OR(16, 8)); SIZE(off_t, 8);
AT(struct dirent, d_name, 19); SIZE(struct rlimit, 16); AT(struct rusage, ru_maxrss, OR(32, 16));
#ifndef __LP64__
SIZE(struct stat, 104); AT(struct stat, st_mode, 16); AT(struct stat, st_size, 48); AT(struct stat, st_mtim, 80);
AT(struct stat, st_ino, 96);
IS(FE_TOWARDZERO, 3);
#endif
IS(_SC_PAGESIZE, 39); IS(_SC_NPROCESSORS_CONF, 96); IS(_SC_NPROCESSORS_ONLN, 97); IS(_SC_PHYS_PAGES, 98);
IS(PTHREAD_EXPLICIT_SCHED, 0); IS(PTHREAD_INHERIT_SCHED, 1); IS(PTHREAD_STACK_MIN, 16384);
IS(RTLD_LAZY, 1); IS(RTLD_NOW, OR(2, 0)); IS(RTLD_LOCAL, 0); IS(RTLD_GLOBAL, OR(256, 2)); IS(RTLD_NOLOAD, 4);
IS((unsigned long)RTLD_DEFAULT, OR(0, 0xffffffff)); IS((unsigned long)RTLD_NEXT, OR(~0ul, 0xfffffffe));
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


def test_only_a_build_makes_the_c_library(monkeypatch, tmp_path):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("ANDROID_NDK_HOME", raising=False)
    assert {check.name for check in doctor.target_checks() if check.found.startswith("zig ")} >= {*TARGETS}
    assert not [*tmp_path.rglob("libc.so")] and not [*tmp_path.rglob("android-*.txt")]
    toolchain_for(target("android-arm64"))
    (made,) = tmp_path.rglob("libc.so")
    assert made.parent.parent.with_suffix(".txt").is_file()


@pytest.fixture
def compiler_for_32_bits() -> str:
    found = dict(arg[2:].split("=", 1) for arg in toolchain_for(target("android-armv7"), "zig").cmake_args)
    return found["CMAKE_C_COMPILER"]


@pytest.fixture
def build_for_32_bits(compiler_for_32_bits, tmp_path):
    def build(code: str, *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "probe.c").write_text(code)
        command = [compiler_for_32_bits, "-O2", *options, "probe.c", "-o", "probe"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return build


def test_of_32_bits_offsets_have_64(build_for_32_bits, tmp_path):
    code = """
    #include <stdio.h>
    #include <sys/mman.h>
    #include <sys/resource.h>
    #include <time.h>
    #include <unistd.h>
    int main(void) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      struct rlimit limit;
      fseeko(stdin, 1, SEEK_SET);
      prlimit(0, RLIMIT_STACK, 0, &limit);
      return mmap(0, 1, PROT_READ, MAP_PRIVATE, 0, 0) == 0 && lseek(0, 1, SEEK_SET) == 1 && ftruncate(0, 1) == 0;
    }
    """
    assert build_for_32_bits(code).returncode == 0
    names = {line.split()[-1] for line in readelf("--dyn-syms", tmp_path / "probe").splitlines() if " UND " in line}
    assert {"clock_gettime", "fseeko64", "mmap64", "lseek64", "ftruncate64", "prlimit64"} <= names
    assert names <= names_of_api() | {"UND"}
    unknown = build_for_32_bits("#include <sys/uio.h>\nint main(void) { return preadv(0, 0, 0, 0); }")
    assert unknown.returncode != 0 and "preadv_was_not_compared" in unknown.stderr


def test_of_32_bits_floats_come_as_android_passes_them_and_are_computed_by_vectors(
    build_for_32_bits, compiler_for_32_bits, tmp_path
):
    code = """
    #include <arm_neon.h>
    float twice(float x) { return x + x; }
    float32x4_t rows(float32x4_t a, float32x4_t b) { return vmlaq_f32(a, a, b); }
    """
    for options in ((), ("-march=armv7-a", "-mfpu=neon-vfpv4"), ("-march=armv8.2-a+fp16", "-mfpu=neon-fp-armv8")):
        assert build_for_32_bits(code, "-c", *options).returncode == 0, options
        attributes = readelf("-A", tmp_path / "probe")
        # No `Tag_ABI_VFP_args`: floats come in the registers of integers.
        assert "Tag_Advanced_SIMD_arch" in attributes and "VFP_args" not in attributes
    (tmp_path / "rows.S").write_text("VMUL.S32 q10, q8, d13[0]\nVSDOT.S8 q0, q1, d2[0]\n")
    options = ("-march=armv8.2-a+dotprod", "-mfpu=neon-fp-armv8", "-c", "rows.S", "-o", "rows.o")
    subprocess.run([compiler_for_32_bits, *options], cwd=tmp_path, check=True)


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
