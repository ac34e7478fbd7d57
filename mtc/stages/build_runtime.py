"""build-runtime: a list of kernels → a native runtime that holds exactly those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path

from mtc.build import built_kernels, runtime
from mtc.build.progress import Progress
from mtc.build.runtime_folder import RuntimeBuild
from mtc.build.targets import host_target, target
from mtc.selection.ops_list import OpsList, load


def build_runtime(
    ops: OpsList | str | PathLike[str],
    output: str | PathLike[str],
    *,
    target_name: str | None = None,
    toolchain: str = "",
    progress: Progress | None = None,
    offline: bool = False,
    overwrite: bool = False,
    max_bytes: int | None = None,
    accept: Callable[[Path], None] = lambda built: None,
) -> RuntimeBuild:
    """Builds the runtime of `ops` for a target (this machine by default) into the folder `output`, with the toolchain
    of that name or the first that is there.

    What stands there is replaced once the runtime is built: another runtime, or with `overwrite` any folder. Before
    that the binaries' own tables of kernels are read: UNPROVEN_RUNTIME if they are not the list. `accept` may look at
    the built folder after that, and raise. TOO_LARGE if the shared library has more than `max_bytes`.
    """
    listed = ops if isinstance(ops, OpsList) else load(Path(ops))
    chosen = host_target() if target_name is None else target(target_name)
    proof: dict[str, int] = {}

    def check(built: Path) -> None:
        proof.update(built_kernels.prove(built, listed.kernels))
        accept(built)

    built = runtime.build(
        list(listed.kernels),
        chosen,
        Path(output),
        toolchain=toolchain,
        progress=progress,
        offline=offline,
        overwrite=overwrite,
        needed_by=listed.kernels,
        max_bytes=max_bytes,
        accept=check,
    )
    return replace(built, proof=proof)
