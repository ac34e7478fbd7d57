"""Whole folders of tests do not go missing: pytest passes over some names, such as `build`, unless it is told."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

FOLDERS = sorted({path.parent for path in Path(__file__).parent.rglob("test_*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_of_tests_is_looked_into(folder: Path, pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    assert not [pattern for pattern in patterns if fnmatch(folder.name, pattern)]
