"""How a long build tells its caller where it stands."""

from __future__ import annotations

from collections.abc import Callable

# progress(what, done, total): "compiling XNNPACK", 120, 912. A total of 0 means that it is not known.
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """The progress of a caller that does not want to know."""
