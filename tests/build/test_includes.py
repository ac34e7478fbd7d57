"""The runtime's C++ names what it uses: which header brings another one differs from library to library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RUNTIME = Path(__file__).parents[2] / "runtime"
FILES = sorted(file for suffix in ("*.cpp", "*.h", "*.hpp") for file in RUNTIME.rglob(suffix))
# libstdc++ has these by many of its headers, libc++, which is what zig and Apple compile with, by their own.
ALGORITHMS = re.compile(r"std::(all_of|any_of|clamp|copy|copy_n|equal|fill|fill_n|find|find_if|max|min|none_of|sort)\(")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(RUNTIME)))
def test_algorithms_are_included(file: Path) -> None:
    text = file.read_text()
    assert not ALGORITHMS.search(text) or "#include <algorithm>" in text
