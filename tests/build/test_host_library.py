"""The library with every kernel of this machine: what its code may and may not ask of the system."""

from __future__ import annotations

import re
import sys

import pytest

from mtc.build.runtime import host_runtime


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of other systems have start files")
def test_nothing_is_registered_for_the_end_of_the_library() -> None:
    """Small libraries for Linux have no start files, which would call it when they are unloaded."""
    names = set(re.findall(rb"(?<=\0)[A-Za-z_]+(?=\0)", host_runtime().read_bytes()))
    assert {b"malloc", b"mtc_version"} <= names
    assert not [name for name in names if b"atexit" in name or b"quick_exit" in name]
