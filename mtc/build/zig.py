"""zig as the C and C++ compiler: what to use where no other is installed, from the Python package `ziglang`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
from functools import cache
from pathlib import Path

from mtc.build.targets import Target
from mtc.diagnostics import CANNOT_BUILD_TARGET
from mtc.support.atomic import write_if_changed
from mtc.support.cache import cache_dir

# CMake wants one program without arguments. The script says which target, because zig would else tune for the
# building machine's processor; drops debug information, which zig adds by itself and which makes libraries several
# times larger; and writes gcc's Arm feature names in zig's way. It needs no other program: there may be none.
_COMPILER = """#!/bin/sh
# Written by mtc.
for argument do
  shift
  case $argument in
    -march=armv8.2-a+*)
      features=${{argument#-march=armv8.2-a}}+
      case $features in *+fp16+*) features=${{features%%+fp16+*}}+fullfp16+${{features#*+fp16+}} ;; esac
      argument=-mcpu=generic+v8_2a${{features%+}} ;;
  esac
  set -- "$@" "$argument"
done
export ZIG_GLOBAL_CACHE_DIR={cache}
exec {zig} {language} -target {triple} -g0 "$@"
"""
_TOOL = """#!/bin/sh
# Written by mtc.
export ZIG_GLOBAL_CACHE_DIR={cache}
exec {zig} {language} "$@"
"""


@cache
def zig_binary() -> Path | None:
    """The zig program inside the Python package `ziglang`, or None if that is not installed."""
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("zig", "zig.exe"):
            if (program := Path(folder, name)).is_file():
                return program
    return None


def zig_compilers(zig: Path, version: str, target: Target) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The C and the C++ compiler for `target`: one small script each, in the cache."""
    return (_script(zig, version, target, "cc", _COMPILER),), (_script(zig, version, target, "c++", _COMPILER),)


def zig_archiver(zig: Path, version: str, target: Target) -> tuple[str, ...]:
    """What CMake is told so that it makes static libraries with zig too: the system may have no `ar`."""
    tools = {"AR": "ar", "RANLIB": "ranlib"}
    return tuple(f"-DCMAKE_{key}={_script(zig, version, target, name, _TOOL)}" for key, name in tools.items())


def _script(zig: Path, version: str, target: Target, language: str, template: str) -> str:
    if os.name == "nt":
        raise CANNOT_BUILD_TARGET.error("building with zig is not possible on Windows", help="set CC and CXX")
    where = hashlib.sha256(str(zig).encode()).hexdigest()[:8]
    script = cache_dir("toolchains", f"zig-{version}-{target}-{where}") / language
    text = template.format(
        cache=shlex.quote(str(cache_dir("zig"))),
        zig=shlex.quote(str(zig)),
        language=language,
        triple=target.zig_triple,
    )
    write_if_changed(script, text)
    script.chmod(0o755)
    return str(script)
