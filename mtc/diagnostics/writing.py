"""What the system says of a file that cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mtc.diagnostics.codes import CANNOT_WRITE


@contextmanager
def writing(path: object) -> Iterator[None]:
    """An OSError within becomes CANNOT_WRITE of the output `path`."""
    try:
        yield
    except OSError as error:
        raise CANNOT_WRITE.error(f"cannot write `{path}`: {_reason(error)}", help="choose another place") from error


def _reason(error: OSError) -> str:
    """What the system says; copying a folder gives one error with a list of (from, to, reason)."""
    if error.strerror is None and error.args and isinstance(error.args[0], list):
        return str(error.args[0][0][-1])
    return error.strerror or str(error)
