"""Whether a built runtime has every kernel that a program needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mtc.build.built_kernels import kernels_of
from mtc.build.runtime_folder import read_record
from mtc.diagnostics import MISSING_KERNELS


def check_runtime(keys: Iterable[str], runtime: Path) -> None:
    """MISSING_KERNELS that names all of `keys` that the binaries of the runtime in the folder `runtime` lack."""
    read_record(runtime)
    missing = sorted({*keys} - kernels_of(runtime))
    if missing:
        raise MISSING_KERNELS.error(
            f"the runtime `{runtime}` lacks {', '.join(f'`{key}`' for key in missing)}",
            help="add the model to the `mtc select-ops` call that made its list, and build it again",
        )
