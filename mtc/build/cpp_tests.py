"""Builds the runtime's C++ tests: for pytest as runtimes are built, also for other processors; for `scripts/sanitize`
with sanitizers."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from mtc.build import cmake
from mtc.build.build_kind import BuildKind
from mtc.build.progress import Progress, silent
from mtc.build.runtime_sources import runtime_sources
from mtc.build.sources import source_folder
from mtc.build.targets import Target, host_target
from mtc.build.third_party import libraries_for, libraries_of
from mtc.support.cache import cache_dir
from mtc.support.file_lock import file_lock


def cpp_tests(
    keys: Collection[str], *, target: Target | None = None, sanitize: str = "", progress: Progress = silent
) -> Path:
    """The test program (a GoogleTest one), up to date, with the kernels `keys`, which only damaged programs need.

    It is for this machine if no `target` is given. `sanitize` is a list as -fsanitize takes it.
    """
    target = target or host_target()
    from mtc.build import kernel_table  # reads every op and backend

    # The kernel libraries are linked even if no kernel needs them: their own tests say whether they are built right.
    kind = BuildKind.of(target, {*libraries_of(keys), *libraries_for(target)}, "speed", sanitize)
    sanitizers = kind.sanitize.replace(",", "+")
    name = "-".join(filter(None, ["tests", target.name, sanitizers, kind.toolchain.identity, _place()]))
    work = cache_dir("build", name)
    with file_lock(cache_dir("locks") / name):
        kernel_table.write(
            keys, work / "selection", is_xnnpack_whole="xnnpack" in kind.libraries, has_other_kernels=True
        )
        cmake.configure(
            runtime_sources(),
            work,
            [
                *kind.definitions(work / "selection", progress=progress),
                "-DMTC_TESTS=ON",
                f"-DMTC_GOOGLETEST={source_folder('googletest', progress=progress)}",
            ],
            what="the C++ tests",
            progress=progress,
        )
        cmake.build(work, ["mtc_tests"], what="the C++ tests", progress=progress)
    return work / "mtc_tests"


def _place() -> str:
    """Two checkouts do not share a build folder, which would compile everything again at each change."""
    return hashlib.sha256(str(runtime_sources()).encode()).hexdigest()[:8]
