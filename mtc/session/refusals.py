"""What the runtime refuses, as diagnostics: by the status that its C API returns, or by that status's name."""

from __future__ import annotations

import re

from mtc.diagnostics import BAD_INPUT, CANNOT_READ, INVALID_PROGRAM, MISSING_KERNELS, RUN_FAILED, Code, MtcError

_CODES: dict[int, Code] = {1: BAD_INPUT, 2: INVALID_PROGRAM, 3: MISSING_KERNELS, 5: CANNOT_READ}
# By number, as mtc_status_name gives them.
STATUS_NAMES = (
    *("ok", "invalid argument", "invalid program", "missing kernel", "out of memory", "input/output error"),
    *("cancelled", "run failed"),
)
_REMEDIES = {
    BAD_INPUT: "`mtc inspect` shows what the program takes",
    INVALID_PROGRAM: "package the model again, and build the runtime again if it is an older one",
    MISSING_KERNELS: "add the program to the `mtc select-ops` call that made the runtime's list, and build it again",
}
# How the runtime names the operator that failed: "`gather` (gather@portable:f32,i64/1) at model.py:6: index 9 …".
_OF_AN_OPERATOR = re.compile(r"(`(\w+)` \(\S+\))(?: at (.+?))?: (.*)", re.DOTALL)


def refusal(status: int, message: str) -> MtcError:
    """What the runtime said, in its parts. `status` is the C API's mtc_status."""
    code = _CODES.get(status, RUN_FAILED)
    op, at, outer = None, None, []
    while (parts := _OF_AN_OPERATOR.fullmatch(message)) is not None:
        if op is not None:  # a nested function's operator failed: it is the cause
            outer.append(f"inside `{op}`" + (f" at {at}" if at else ""))
        kernel, op, at, message = parts.groups()
    return code.error(
        message if op is None else f"{kernel}: {message}", at=at, notes=outer, help=_REMEDIES.get(code), op=op
    )
