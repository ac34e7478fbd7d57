"""A user's own functions in Python files: `metric` of `mtc verify`, `answer` of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtc.diagnostics import BAD_SOURCE
from mtc.frontends.generators import seeded
from mtc.frontends.neighbours import Neighbours
from mtc.frontends.source import guarded, python_module


def load_function(path: Path, name: str, parameters: str) -> Callable[..., Any]:
    """The function `name` of a Python file. CANNOT_READ if the file is missing; BAD_SOURCE if it raises, now or when
    the function is called, or does not define the function."""
    neighbours = Neighbours(path.parent)
    found = getattr(python_module(path, neighbours), name, None)
    if not callable(found):
        raise BAD_SOURCE.error(f"`{path}` does not define `{name}({parameters})`")

    def call(*arguments: Any) -> Any:
        with neighbours, seeded():
            return guarded(lambda: found(*arguments), str(path))

    return call
