"""What torch.export says when it cannot trace a model, in short, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_SUGGESTIONS = "Suggested fixes:"
# Lines that tell how to debug torch, not what to do about the model.
_ASIDES = (
    *("For more information, run with", "For extended logs", "For more debugging help", "For C++ stack trace"),
    *("If you suspect the guard was triggered from C++", "The error above occurred when calling"),
)
_CHOICES = "choose by values with torch.where or torch.cond, not with Python's `if`, and keep sizes independent of them"
_SHAPES = (
    "give dynamic_shapes one entry per input, by position or by name: `{0: Dim('n')}`, or None where no size varies"
)
_LONGEST = 400  # characters of a line
_FIXED = re.compile(r"specialized it to be a constant \([01]\)")
_HELP = {
    "ScriptModule": "export the nn.Module itself, not what torch.jit made of it",
    "specialized it to be a constant": "leave the size out of dynamic_shapes, or find what in the forward fixes it",
    "Constraints violated": "in dynamic_shapes, use other bounds, or Dim.AUTO for these sizes, which torch then limits",
    "not in range [": "in dynamic_shapes, use bounds that the sizes of the example inputs are within",
    "between the structure of": "give dynamic_shapes the structure of the inputs; the arguments of *args are one tuple",
    # What torch says of a `dynamic_shapes` that it cannot read.
    "#dynamic-shapes-validation": _SHAPES,
    "expected dynamic_shapes to be": _SHAPES,
    "data-dependent": _CHOICES,
    "Data-dependent": _CHOICES,
}


def reason(error: Exception, most: int = 6) -> str:
    """The first lines of torch's message."""
    cause, _, _ = str(error).partition(_SUGGESTIONS)
    lines = [line.partition(" For more information, run with")[0] for line in cause.splitlines()]
    lines = [line for line in lines if line.strip() and not line.strip().startswith(_ASIDES)]
    return f"{type(error).__name__}: " + "\n    ".join(_shortened(line) for line in lines[:most])


def _shortened(line: str) -> str:
    """A guard over sizes may have hundreds of terms."""
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} …"


def reasons(failures: Mapping[str, Exception]) -> list[str]:
    """By the mode of torch.export; what both say is said once."""
    modes: dict[str, list[str]] = {}
    for mode, error in failures.items():
        modes.setdefault(reason(error), []).append(mode)
    return [f"{' and '.join(names)}: {text}" for text, names in modes.items()]


def remedy(errors: Sequence[Exception]) -> str:
    """The next thing to try: what torch suggests, if it does and it is not to fix a size that the example made 1."""
    if any(_FIXED.search(str(error)) for error in errors):
        return "give example inputs whose sizes are at least 2 where they vary: torch takes those of 0 and 1 as fixed"
    for error in errors:
        _, _, rest = str(error).partition(_SUGGESTIONS)
        lines = [line.strip() for line in rest.strip().split("\n\n")[0].splitlines()]
        if any(lines):
            # A dim that torch makes up is at times all that it could solve for, not what the model needs.
            other = ", or Dim.AUTO for these sizes, which torch then limits" if lines[0].startswith("_") else ""
            return f"in dynamic_shapes, use {'; '.join(lines)}{other}"
    told = "\n".join(map(str, errors))
    found = (text for sign, text in _HELP.items() if sign in told)
    return next(found, "choose by values with torch.where or torch.cond; mark sizes that vary in dynamic_shapes")
