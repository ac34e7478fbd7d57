"""zig as the C and C++ compiler, from the Python package `ziglang`: it builds for every target, with nothing else
installed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from mtc.build.targets import Target
from mtc.build.toolchains import bionic
from mtc.build.toolchains.found import Found, Missing, cross_compiling, first_line, stat_of
from mtc.support.atomic import write_if_changed
from mtc.support.cache import cache_dir

# CMake wants one program without arguments. The script says which target, because zig would else tune for the
# building machine's processor; drops debug information, which zig adds by itself and which makes libraries several
# times larger; and writes gcc's Arm architectures in zig's way. It needs no other program: there may be none.
_COMPILER = """#!/bin/sh
# Written by mtc.
architecture= fpu= instructions='{instructions}'
for argument do
  shift
  case $argument in
    -march=armv*) architecture=${{argument#-march=armv}} ;;
    -mfpu=*) fpu=${{argument#-mfpu=}} ;;
    -munaligned-access) ;;
    -marm) instructions= ;;
    *) set -- "$@" "$argument" ;;
  esac
done
if [ "$architecture" ]; then
  name=${{architecture%%+*}} features=
  case $architecture in *+*) features=+${{architecture#*+}}+ ;; esac
  case $name in 8.2-a) name=v8_2a ;; *-a) name=v${{name%-a}}a ;; *) name=v$name ;; esac
  case $features in *+fp16+*) features=${{features%%+fp16+*}}+fullfp16+${{features#*+fp16+}} ;; esac
  case $fpu in
    neon) fpu=+neon ;;
    neon-fp16) fpu=+neon+fp16 ;;
    neon-vfpv4) fpu=+neon+vfp4 ;;
    neon-fp-armv8) fpu=+neon+fp_armv8 ;;
    vfp) fpu=+vfp2 ;;
  esac
  set -- "$@" "-mcpu=generic+$name${{features%+}}$fpu"
fi
set -- "$@" $instructions
{vectors}export ZIG_GLOBAL_CACHE_DIR={cache}
{environment}exec {zig} {language} -target {triple} {options} "$@"
"""
# Android passes floats of 32-bit ARM in integer registers. zig takes that to mean that the processor has no others, and
# tells clang so; what stands behind zig's own options says what it has.
_SOFT_FLOATS = "armeabi-v7a"
_VECTORS = """more=
case $fpu in
  *+fp16) more=+fp16 ;;
  *+vfp4) more=+vfp4 ;;
  *+fp_armv8) more=+fp-armv8 ;;
esac
case $architecture in *+fp16*) more=$more+fullfp16 ;; esac
case $architecture in *+dotprod*) more=$more+dotprod ;; esac
behind=-Xclang
for argument do
  case $argument in *.[Ss]) behind=-Xclangas ;; esac
done
IFS=+
for feature in vfp2 neon $more; do
  [ ! "$feature" ] || set -- "$@" $behind -target-feature $behind "+$feature"
done
unset IFS
"""
_TOOL = """#!/bin/sh
# Written by mtc.
export ZIG_GLOBAL_CACHE_DIR={cache}
exec {zig} {language} "$@"
"""
_CPUS = {"armv7-a": "-mcpu=generic+v7a+neon", "wasm32": "-mcpu=generic+simd128"}
# Thumb, where a file does not ask for `-marm`, as the NDK and Debian's gcc do it: it is smaller. Not as the triple: zig
# has no C library for `thumb-linux-gnueabihf`.
_INSTRUCTIONS = {"armv7-a": "-Xclang -target-feature -Xclang +thumb-mode"}


# A linker without a cache of its own.
_LINKER = """#!/bin/sh
# Written by mtc.
exec {zig} ld.lld "$@"
"""


def find(target: Target) -> Found | Missing:
    """zig, if its package is installed and of use here."""
    program = zig_binary()
    if program is None:
        return Missing("the Python package `ziglang`", "run `pip install ziglang`")
    return zig_found(str(program), target, zig_version())


@cache
def zig_binary() -> Path | None:
    """The zig program inside the Python package `ziglang`, or None if that is not installed."""
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("zig", "zig.exe"):
            if (program := Path(folder, name)).is_file():
                return program
    return None


@cache
def lld_folder() -> Path | None:
    """A folder whose `ld.lld` is the linker inside zig, for compilers that take another than their own by
    `-B FOLDER -fuse-ld=lld`; None without the package."""
    program = zig_binary()
    if program is None or os.name == "nt":
        return None
    return _scripts(f"zig-{zig_version()}-lld", {"ld.lld": _LINKER.format(zig=shlex.quote(str(program)))})


def zig_version() -> str:
    """Of the package `ziglang`, which must be installed."""
    return importlib.metadata.version("ziglang")


def _scripts(name: str, texts: Mapping[str, str]) -> Path:
    """The folder of these scripts. What they say is part of its name: another mtc on the same cache, in the middle of
    a build, keeps its own."""
    digest = hashlib.sha256("\0".join(part for entry in sorted(texts.items()) for part in entry).encode())
    folder = cache_dir("toolchains", f"{name}-{digest.hexdigest()[:12]}")
    for file, text in texts.items():
        write_if_changed(folder / file, text)
        (folder / file).chmod(0o755)
    return folder


def zig_found(program: str, target: Target, version: str = "") -> Found | Missing:
    """The compilers of the zig at `program`: small scripts in the cache."""
    if os.name == "nt":
        return Missing("zig, which mtc runs by shell scripts: not on Windows", "set CC and CXX")
    version = version or first_line([program, "version"])
    if target.system == "Android" and version != bionic.ZIG_VERSION:
        reason = f"zig {bionic.ZIG_VERSION}, whose headers were compared with Android's (there is {version})"
        return Missing(reason, f"run `pip install ziglang=={bionic.ZIG_VERSION}`")
    options, environment = _options(Path(program), version, target)
    texts = {
        language: template.format(
            cache=shlex.quote(str(cache_dir("zig"))),
            zig=shlex.quote(program),
            language=language,
            triple=target.zig_triple,
            options=shlex.join(options),
            environment=environment,
            vectors=_VECTORS if target.abi == _SOFT_FLOATS else "",
            instructions=_INSTRUCTIONS.get(target.processor, ""),
        )
        for language, template in (("cc", _COMPILER), ("c++", _COMPILER), ("ar", _TOOL), ("ranlib", _TOOL))
    }
    folder = _scripts(f"zig-{version}-{target}", texts)
    arguments = (*_cmake_args(target), f"-DCMAKE_AR={folder / 'ar'}", f"-DCMAKE_RANLIB={folder / 'ranlib'}")
    found = Found("zig", (str(folder / "cc"),), (str(folder / "c++"),), version, arguments, stat_of(program))
    if target.system == "Android":
        library = partial(bionic.prepare, Path(program), version, target.abi, target.zig_triple)
        return replace(found, prepare=library)
    return found


def _options(program: Path, version: str, target: Target) -> tuple[list[str], str]:
    """What each call of the compiler gets, and the lines of the script that set its environment."""
    options = ["-g0"]
    if cpu := _CPUS.get(target.processor):
        options.append(cpu)
    if target.abi == _SOFT_FLOATS:
        options.append("-mfloat-abi=softfp")
    if target.system == "iOS":  # whose headers are macOS's, and zig takes them for that alone
        options += ["-isystem", str(program.parent / "lib" / "libc" / "include" / "any-darwin-any")]
    if target.system == "Android":
        libc = bionic.libc_file(version, target.abi, target.zig_triple)
        options.append(f"-L{libc.with_suffix('') / 'lib'}")
        return options, f"export ZIG_LIBC={shlex.quote(str(libc))}\n"
    return options, ""


def _cmake_args(target: Target) -> tuple[str, ...]:
    if target.system == "iOS":
        # CMake's own iOS wants Xcode. Nothing is linked: an app's project does that.
        system = f"-DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_SYSTEM_PROCESSOR={target.processor}".split()
        return (*system, "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", "-DCMAKE_OSX_SYSROOT=")
    if target.system == "Darwin":
        return (*cross_compiling(target), "-DCMAKE_OSX_SYSROOT=")
    if target.system == "Android":
        return (*cross_compiling(target), "-DCMAKE_SYSTEM_VERSION=1")  # else CMake looks for an NDK
    return cross_compiling(target)
