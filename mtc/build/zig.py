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
# times larger; and writes gcc's Arm feature names in zig's way.
_COMPILER = """#!/bin/sh
# Written by mtc.
for argument do
  shift
  case $argument in
    -march=armv8*+*)
      argument=$(printf '%s' "$argument" |
        sed -e 's/-march=armv8\\.2-a/-mcpu=generic+v8_2a/' -e 's/+fp16\\(+\\|$\\)/+fullfp16\\1/') ;;
  esac
  set -- "$@" "$argument"
done
export ZIG_GLOBAL_CACHE_DIR={cache}
exec {zig} {language} -target {triple} -g0 "$@"
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
    if os.name == "nt":
        raise CANNOT_BUILD_TARGET.error("building with zig is not possible on Windows", help="set CC and CXX")
    where = hashlib.sha256(str(zig).encode()).hexdigest()[:8]
    folder = cache_dir("toolchains", f"zig-{version}-{target}-{where}")
    zig_cache = cache_dir("zig")
    scripts = []
    for name, language in (("cc", "cc"), ("c++", "c++")):
        script = folder / name
        write_if_changed(
            script,
            _COMPILER.format(
                cache=shlex.quote(str(zig_cache)),
                zig=shlex.quote(str(zig)),
                language=language,
                triple=target.zig_triple,
            ),
        )
        script.chmod(0o755)
        scripts.append((str(script),))
    return scripts[0], scripts[1]
