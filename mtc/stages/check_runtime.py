"""Whether a built runtime has every kernel that a program needs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mtc.build.runtime import RECORD
from mtc.diagnostics import CANNOT_READ, MISSING_KERNELS


def check_runtime(keys: Iterable[str], runtime: Path) -> None:
    """MISSING_KERNELS that names all of `keys` that the runtime in the folder `runtime` was built without."""
    try:
        record = json.loads((runtime / RECORD).read_text(encoding="utf-8"))
        held = set(record["kernels"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CANNOT_READ.error(f"`{runtime}` is not a runtime that `mtc build-runtime` wrote") from error
    missing = sorted(set(keys) - held)
    if missing:
        raise MISSING_KERNELS.error(
            f"the runtime `{runtime}` lacks {', '.join(f'`{key}`' for key in missing)}",
            help="add the model to the `mtc select-ops` call that made its list, and build it again",
        )
