"""Android's C library for zig, which does not bring it: headers, names to link, and how programs and libraries begin.

The headers are those of musl and of Linux that zig brings, with what differs on Android put before them
(runtime/toolchains/android/include). Only those are there whose types and constants were compared with Android's own;
another is a compile error, and a function that Android 7 lacks is an error of the linker.
"""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mtc.build.runtime_sources import runtime_sources
from mtc.diagnostics import CANNOT_BUILD_TARGET, writing
from mtc.support.atomic import atomic_folder, write_if_changed
from mtc.support.cache import cache_dir
from mtc.support.file_lock import file_lock

ZIG_VERSION = "0.17.1"  # the one in pyproject.toml
# What Android calls the processors, and what the folders of zig's headers do.
_FOLDERS = {"arm64-v8a": ("aarch64", "aarch64"), "armeabi-v7a": ("arm", "arm"), "x86_64": ("x86", "x86_64")}
_OBJECTS = {"crtbegin_dynamic.o": "start", "crtbegin_so.o": "library", "crtend_android.o": "end", "crtend_so.o": "end"}
_SECONDS = 300


def libc_file(version: str, abi: str, triple: str) -> Path:
    """The file in the cache that tells zig (by ZIG_LIBC) where Android's C library is, once `prepare` has made both."""
    own = _own_sources()
    state = hashlib.sha256(f"{version}\0{abi}\0{triple}\0{Path(__file__).read_text(encoding='utf-8')}".encode())
    for file in sorted(path for path in own.rglob("*") if path.is_file()):
        state.update(f"{file.relative_to(own)}\0".encode() + file.read_bytes())
    return cache_dir("toolchains") / f"android-{abi}-{state.hexdigest()[:16]}.txt"


def prepare(zig: Path, version: str, abi: str, triple: str) -> None:
    """Makes the library, at the first use, and its file."""
    file = libc_file(version, abi, triple)
    folder = file.with_suffix("")
    if not folder.is_dir():
        with file_lock(cache_dir("locks") / folder.name):
            if not folder.is_dir():
                with writing(folder), atomic_folder(folder) as work:
                    _make(work, _own_sources(), zig, abi, triple)
    # It names the folder, so it is no part of it.
    places = {
        "include_dir": folder / "own",
        "sys_include_dir": folder / "include",
        "crt_dir": folder / "lib",
        "msvc_lib_dir": "",
        "kernel32_lib_dir": "",
        "gcc_dir": folder / "lib",
        "darwin_sdk_dir": "",
    }
    write_if_changed(file, "".join(f"{name}={place}\n" for name, place in places.items()))


def _own_sources() -> Path:
    return runtime_sources() / "toolchains" / "android"


def _make(folder: Path, own: Path, zig: Path, abi: str, triple: str) -> None:
    headers, processor = _FOLDERS[abi]
    libc = zig.parent / "lib" / "libc" / "include"
    shutil.copytree(own / "include", folder / "own")
    for name in ("any-linux-any", f"{headers}-linux-any"):  # of the kernel: the same for every C library
        shutil.copytree(libc / name, folder / "include", dirs_exist_ok=True)
    for name in ("generic-musl", f"{processor}-linux-musl"):  # what is for the processor replaces what is for all
        for header in _known_headers(libc / name, own / "headers.txt"):
            to = folder / "include" / header
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(libc / name / header, to)
    lib = folder / "lib"
    lib.mkdir()
    for name, source in _OBJECTS.items():
        file = own / "crt" / f"{source}.c"
        _run(zig, "cc", "-target", triple, "-g0", "-O2", "-fPIC", "-ffreestanding", "-c", file, "-o", lib / name)
    for name, symbols in _symbols(own / "symbols.txt", processor).items():
        code, stub = lib / f"{name}.s", lib / f"{name}.o"
        code.write_text("".join(_assembly(symbol) for symbol in symbols), encoding="utf-8")
        _run(zig, "cc", "-target", triple, "-g0", "-c", code, "-o", stub)
        so = ("-o", lib / f"{name}.so", "-soname", f"{name}.so")
        _run(zig, "ld.lld", "-shared", "--hash-style=gnu", "-z", "max-page-size=16384", *so, stub)
        code.unlink()
        stub.unlink()


def _known_headers(folder: Path, names: Path) -> Iterator[Path]:
    """Those of the headers in `folder` that the file `names` lists."""
    for line in names.read_text(encoding="utf-8").splitlines():
        for pattern in () if line.startswith("#") else line.split():
            yield from (path.relative_to(folder) for path in sorted(folder.glob(pattern)))


def _symbols(file: Path, processor: str) -> dict[str, list[str]]:
    """The names in each library that the processor has; of data with the `=` in front."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            names = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            for word in line.split():
                name, _, only = word.partition("@")
                if only in ("", processor):
                    names.append(name)
    return found


def _assembly(symbol: str) -> str:
    name = symbol.removeprefix("=")
    if name != symbol:
        return f".data\n.globl {name}\n.type {name},%object\n.size {name},8\n{name}: .quad 0\n"
    return f".text\n.globl {name}\n.type {name},%function\n{name}:\n"


def _run(zig: Path, *arguments: str | Path) -> None:
    command = [str(zig), *map(str, arguments)]
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(cache_dir("zig"))}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CANNOT_BUILD_TARGET.error(f"zig does not run: {error}", help="run `pip install ziglang` again") from error
    if done.returncode != 0:
        raise CANNOT_BUILD_TARGET.error(
            "Android's C library could not be prepared for zig",
            notes=(shlex.join(command)[:300], done.stderr.strip()[:600]),
            help="install an NDK and set ANDROID_NDK_HOME, or report it with these notes; a full disk is one reason",
        )
