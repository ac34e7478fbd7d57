"""Whether built runtimes have every kernel that a program needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mtc.build.built_kernels import kernels_of
from mtc.build.runtime_folder import read_record
from mtc.diagnostics import MISSING_KERNELS, collected


def check_runtime(keys: Iterable[str], *runtimes: Path) -> None:
    """MISSING_KERNELS, for each of these runtimes' folders, that names all of `keys` that its binaries lack."""
    needed = set(keys)
    with collected() as report:
        for runtime in runtimes:
            held = kernels_of(runtime, read_record(runtime)["kernels"])
            if missing := sorted(needed - held):
                report(
                    MISSING_KERNELS(
                        f"the runtime `{runtime}` lacks {', '.join(f'`{key}`' for key in missing)}",
                        help="add the model to the `mtc select-ops` call that made its list, and build it again",
                    )
                )
