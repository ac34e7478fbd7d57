"""A stand-in for Visual Studio's folders, which are on no other system: MSVC's ABI, its directory layout and what its
headers lack, over the headers, libc++ and lists of DLLs that zig brings. What is compiled with it runs in Wine."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from mtc.build.toolchains.zig import zig_binary, zig_version
from mtc.support.atomic import atomic_folder
from mtc.support.cache import cache_dir
from mtc.support.file_lock import file_lock

_FILES = Path(__file__).parent / "visual_studio_files"
_TOOLS, _SDK, _VERSION = "VC/Tools/MSVC/14.44.35207", "Windows Kits/10", "10.0.26100.0"
# Of POSIX, MinGW's: a source for MSVC that includes one of these does not compile.
_NOT_THERE = ("dirent.h", "getopt.h", "pthread.h", "sched.h", "semaphore.h", "strings.h", "sys/time.h", "unistd.h")
_SYSTEM = ("advapi32", "comdlg32", "gdi32", "kernel32", "ole32", "oleaut32", "shell32", "user32", "winspool")
# Inline in Microsoft's headers.
_PRINTING = ("__local_stdio_printf_options", "__local_stdio_scanf_options", "fprintf", "printf", "snprintf", "sscanf")
_PRINTING += ("vfprintf", "vsnprintf")
# How libc++ is configured, as zig does it for MinGW, but for the C++ library's own parts that MSVC would bring.
_LIBCXX = (
    "-D_LIBCPP_ABI_VERSION=1 -D_LIBCPP_ABI_NAMESPACE=__1 -D_LIBCPP_HAS_THREADS=1 -D_LIBCPP_HAS_MONOTONIC_CLOCK=1 "
    "-D_LIBCPP_HAS_MUSL_LIBC=0 -D_LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS=0 -D_LIBCPP_HAS_FILESYSTEM=1 "
    "-D_LIBCPP_HAS_LOCALIZATION=1 -D_LIBCPP_HAS_UNICODE=1 -D_LIBCPP_HAS_WIDE_CHARACTERS=1 "
    "-D_LIBCPP_PSTL_BACKEND_SERIAL -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_NONE "
    "-D_LIBCPP_ASSERTION_SEMANTIC_DEFAULT=_LIBCPP_ASSERTION_SEMANTIC_IGNORE -D_LIBCPP_NO_VCRUNTIME "
    "-D_LIBCPP_NO_AUTO_LINK -D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS -D_LIBCPP_WCHAR_H_HAS_CONST_OVERLOADS=1"
)


def enter(patch: pytest.MonkeyPatch) -> None:
    """Sets what a Developer Command Prompt sets, and has clang, lld-link and llvm-ar found. Needs zig."""
    root = _stand_in()
    patch.setenv("VCToolsInstallDir", f"{root / _TOOLS}/")
    patch.setenv("WindowsSdkDir", f"{root / _SDK}/")
    patch.setenv("PATH", str(root / "bin"), prepend=os.pathsep)


def _stand_in() -> Path:
    """Made on first use and kept in the cache: compilers' paths are in the keys of what they build."""
    program = zig_binary()
    assert program is not None
    state = hashlib.sha256(f"{program}\0{zig_version()}\0{Path(__file__).read_text()}".encode())
    for file in sorted(path for path in _FILES.rglob("*") if path.is_file()):
        state.update(file.read_bytes())
    root = cache_dir("toolchains") / f"visual-studio-{state.hexdigest()[:16]}"
    with file_lock(cache_dir("locks") / root.name):  # several processes test at a time
        if not root.is_dir():
            with atomic_folder(root) as folder:
                _make(folder, program)
    return root


def _make(root: Path, zig: Path) -> None:
    library = zig.parent / "lib"
    _make_programs(root / "bin", zig, library)
    (root / _TOOLS / "include").mkdir(parents=True)
    include = root / _SDK / "Include" / _VERSION
    for name in ("um", "winrt"):
        (include / name).mkdir(parents=True)
    (include / "shared").symlink_to(library / "libc/include/any-windows-any")
    (include / "ucrt/sys").mkdir(parents=True)
    for file in _FILES.rglob("*.h"):
        (include / "ucrt" / file.relative_to(_FILES)).write_bytes(file.read_bytes())
    for name in _NOT_THERE:
        (include / "ucrt" / name).write_text(f"#error Windows has no <{name}>\n")
    (include / "ucrt/pthread_time.h").touch()  # which MinGW's <time.h> includes
    _make_libraries(root, zig, library)


def _make_programs(folder: Path, zig: Path, library: Path) -> None:
    folder.mkdir()
    common = f"-resource-dir {shlex.quote(str(library))} -Wno-unused-command-line-argument"
    cxx_headers = shlex.quote(str(library / "libcxx/include"))
    for name, call in (
        ("clang", f"clang --driver-mode=gcc {common}"),
        ("clang++", f"clang --driver-mode=g++ {common} -isystem {cxx_headers} {_LIBCXX}"),
        ("lld-link", "lld-link"),
        ("llvm-ar", "ar"),
    ):
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.quote(str(zig))} {call} "$@"\n')
        (folder / name).chmod(0o755)


def _make_libraries(root: Path, zig: Path, library: Path) -> None:
    tools, windows, work = root / _TOOLS / "lib/x64", root / _SDK / "Lib" / _VERSION, root / "work"
    for folder in (tools, windows / "um/x64", windows / "ucrt/x64", work):
        folder.mkdir(parents=True)
    lists = library / "libc/mingw/lib-common"
    for name in _SYSTEM:
        _import(name, windows / f"um/x64/{name}.lib", zig, library)
    apis = sorted({file.name.split(".")[0] for file in lists.glob("api-ms-win-crt-*")})
    members = [_import(name, work / f"{name}.lib", zig, library) for name in apis]

    def compiled(source: Path, *options: str | Path) -> Path:
        made = work / f"{source.stem}.obj"
        compiler = root / "bin" / ("clang++" if source.suffix == ".cpp" else "clang")
        folders = "-Xmicrosoft-visualc-tools-root", root / _TOOLS, "-Xmicrosoft-windows-sdk-root", root / _SDK
        _run(compiler, "--target=x86_64-pc-windows-msvc", *folders, "-Os", *options, "-c", source, "-o", made)
        return made

    members += [compiled(_FILES / name) for name in ("library.c", "memory.cpp", "program.c", "stack.s")]
    stdio = library / "libc/mingw/stdio"
    members += [compiled(stdio / f"ucrt_{name}.c", "-I", library / "libc/mingw/include") for name in _PRINTING]
    algorithms = library / "libcxx/src/algorithm.cpp"  # which has std::sort of numbers
    members.append(compiled(algorithms, "-std=c++20", "-fno-exceptions", "-fno-rtti", "-D_LIBCPP_BUILDING_LIBRARY"))
    _run(zig, "lib", f"/out:{tools / 'libcmt.lib'}", *members)
    (work / "empty.c").touch()
    nothing = compiled(work / "empty.c")
    for empty in (tools / "oldnames.lib", windows / "um/x64/uuid.lib"):
        _run(zig, "lib", f"/out:{empty}", nothing)


def _import(name: str, made: Path, zig: Path, library: Path) -> Path:
    """The import library of a DLL, from zig's list of what it exports."""
    folders = library / "libc/mingw/lib-common", library / "libc/mingw/lib64"
    (source,) = [file for folder in folders for file in folder.glob(f"{name}.def*")][:1]
    text = source.read_text()
    if source.suffix == ".in":
        include = library / "libc/mingw/def-include"
        options = ["--target=x86_64-windows-gnu", "-E", "-P", "-x", "assembler-with-cpp", "-DDEF_X64"]
        text = _run(zig, "clang", *options, "-I", include, source)
    exports = made.with_suffix(".def")
    exports.write_text(text)
    _run(zig, "dlltool", "-m", "i386:x86-64", "-d", exports, "-l", made)
    exports.unlink()
    return made


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
