"""The libraries that runtimes link, built once for each target and toolchain and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from mtc.build import cmake
from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import runtime_sources
from mtc.build.sources import source_folder
from mtc.build.sources_lock import source
from mtc.build.targets import Target, host_target
from mtc.build.toolchain import Toolchain, toolchain_for
from mtc.diagnostics import CANNOT_BUILD_TARGET
from mtc.ir.kernel_key import KernelKey
from mtc.support.atomic import atomic_folder
from mtc.support.cache import cache_dir, cache_root
from mtc.support.file_lock import file_lock

# Every runtime needs these; the kernel libraries come on top.
BASE_LIBRARIES = ("fxdiv", "pthreadpool", "cpuinfo")
# Libraries of kernels, each with the sources that it is built from; the portable kernels need none.
KERNEL_LIBRARIES = {"qnnpack": ("qnnpack", "fp16"), "xnnpack": ("xnnpack",)}
# No debug information. XNNPACK chooses -O2 or -Os by itself, file by file.
_FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG",
)


def sources_of(libraries: Collection[str]) -> tuple[str, ...]:
    """The third-party sources of a runtime with these kernel libraries, its licences among them."""
    return (
        *BASE_LIBRARIES,
        *(name for library in sorted(libraries) for name in KERNEL_LIBRARIES[library]),
        "flatbuffers",
    )


def libraries_of(keys: Collection[str]) -> tuple[str, ...]:
    """The kernel libraries that the kernels `keys` (`conv2d@xnnpack:f32/1`) link, sorted."""
    return tuple(sorted({KernelKey.parse(key).library for key in keys} & KERNEL_LIBRARIES.keys()))


def libraries_for(target: Target) -> frozenset[str]:
    """The kernel libraries that can be built for `target`."""
    is_for_qnnpack = target.processor in ("x86_64", "aarch64", "arm64") and target.system not in ("Windows", "WASI")
    return frozenset(KERNEL_LIBRARIES if is_for_qnnpack else {*KERNEL_LIBRARIES} - {"qnnpack"})


def check_libraries(target: Target, libraries: Collection[str]) -> None:
    """CANNOT_BUILD_TARGET if one of the kernel libraries is not for `target`."""
    if "qnnpack" in {*libraries} - libraries_for(target):
        raise CANNOT_BUILD_TARGET.error(
            f"QNNPACK's kernels are not built for `{target}`",
            help="package the model for other backends, such as `--backend xnnpack`, and select its kernels again",
        )


def is_built(target: Target, toolchain: Toolchain, libraries: Collection[str]) -> bool:
    """Whether `third_party` would find them."""
    return all(_folder(key).is_dir() for key in third_party_keys(target, toolchain, libraries))


def _folder(key: str) -> Path:
    return cache_root() / "libraries" / key


def third_party(
    target: Target,
    toolchain: Toolchain,
    libraries: Collection[str] = (),
    *,
    offline: bool = False,
    progress: Progress = silent,
) -> tuple[Path, ...]:
    """The folders with include/ and lib/ of pthreadpool, cpuinfo and the kernel `libraries`: one for each of these,
    with the first two beside it, so that a runtime with another choice of them builds none again.

    Built on first use, which takes minutes for XNNPACK. The same libraries serve every build mode and sanitizer: they
    are compiled for speed, and read past their inputs on purpose, which a sanitizer would report.
    Raises MtcError (MTC701 to MTC703).
    """
    keys = third_party_keys(target, toolchain, libraries)
    return tuple(
        _built(key, library, toolchain, offline, progress) for key, library in zip(keys, _parts(libraries), strict=True)
    )


def third_party_keys(target: Target, toolchain: Toolchain, libraries: Collection[str]) -> tuple[str, ...]:
    """One for each folder of `third_party`. It changes with the libraries' sources and with how they are compiled."""
    return tuple(_key(target, toolchain, library) for library in _parts(libraries))


def _parts(libraries: Collection[str]) -> tuple[str, ...]:
    """The libraries that have a folder each; "" for what every runtime links alone."""
    return tuple(sorted(libraries)) or ("",)


def _sources(library: str) -> tuple[str, ...]:
    return (*BASE_LIBRARIES, *KERNEL_LIBRARIES.get(library, ()))


def _key(target: Target, toolchain: Toolchain, library: str) -> str:
    project = runtime_sources() / "third_party"
    own = sorted(project.glob(f"{library}*")) if library else []
    files = [project / "CMakeLists.txt", project / "threads_and_processors.cmake", *own]
    recipe = [file.read_text(encoding="utf-8") for file in files]
    trees = (source(name).tree for name in _sources(library))
    parts = [target.name, toolchain.identity, *recipe, *_FLAGS, *trees]
    return "-".join(filter(None, [target.name, library, hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]]))


def _built(key: str, library: str, toolchain: Toolchain, offline: bool, progress: Progress) -> Path:
    folder = _folder(key)
    if folder.is_dir():
        return folder
    what = library.upper() or "pthreadpool and cpuinfo"

    def waiting() -> None:
        progress(f"waiting for another mtc that builds {what}", 0, 0)

    with file_lock(cache_dir("locks") / f"libraries-{key}", waiting=waiting):
        if folder.is_dir():
            return folder
        places = {name: source_folder(name, offline=offline, progress=progress) for name in _sources(library)}
        work = cache_dir("build", f"libraries-{key}")
        definitions = [
            *toolchain.cmake_args,
            *_FLAGS,
            "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",  # the libraries ask for policies that CMake 4 no longer has
            f"-DPython_EXECUTABLE={sys.executable}",
            f"-DMTC_KERNEL_LIBRARY={library}",
            *(f"-D{name.upper()}_SOURCE_DIR={place}" for name, place in places.items()),
        ]
        cmake.configure(runtime_sources() / "third_party", work, definitions, what=what, progress=progress)
        cmake.build(work, what=what, progress=progress)
        with atomic_folder(folder) as prefix:
            cmake.install(work, prefix, what=what)
        _forget_objects(work)
    return folder


def _forget_objects(work: Path) -> None:
    """Drops the build folder: it is many times larger than its result, which no later build needs again."""
    shutil.rmtree(work, ignore_errors=True)


def flatc(*, offline: bool = False, progress: Progress = silent) -> Path:
    """The FlatBuffers compiler of the pinned version, for `scripts/generate`."""
    target = host_target()
    toolchain = toolchain_for(target)
    folder = cache_dir("tools") / f"flatc-{source('flatbuffers').tree[:16]}-{toolchain.identity}"
    if not folder.is_dir():
        with file_lock(cache_dir("locks") / folder.name):
            if not folder.is_dir():
                _build_flatc(folder, toolchain, offline, progress)
    return folder / "bin" / "flatc"


def _build_flatc(folder: Path, toolchain: Toolchain, offline: bool, progress: Progress) -> None:
    work = cache_dir("build", folder.name)
    definitions = [
        *toolchain.cmake_args,
        "-DCMAKE_BUILD_TYPE=Release",
        "-DFLATBUFFERS_BUILD_TESTS=OFF",
        "-DFLATBUFFERS_BUILD_FLATHASH=OFF",
        "-DFLATBUFFERS_BUILD_FLATLIB=OFF",
        "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",
        "-DCMAKE_CXX_FLAGS=-w",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1",  # it compiles one small schema: building it is what takes time
    ]
    tree = source_folder("flatbuffers", offline=offline, progress=progress)
    cmake.configure(tree, work, definitions, what="flatc", progress=progress)
    cmake.build(work, ["flatc"], what="flatc", progress=progress)
    with atomic_folder(folder) as prefix:
        (prefix / "bin").mkdir()
        (work / "flatc").rename(prefix / "bin" / "flatc")
    _forget_objects(work)
