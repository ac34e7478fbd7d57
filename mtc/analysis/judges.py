"""A user's own functions in Python files: `metric` of `mtc verify`, `answer` of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtc.diagnostics import BAD_JUDGE
from mtc.frontends.generators import seeded
from mtc.frontends.neighbours import Neighbours
from mtc.frontends.source import guarded, missing, python_module


def load_function(path: Path, name: str, parameters: str) -> Callable[..., Any]:
    """The function `name` of a Python file. CANNOT_READ if the file is missing; SOURCE_RAISED if it raises, now or when
    the function is called; BAD_JUDGE if it does not define the function."""
    neighbours = Neighbours(path.parent)
    module = python_module(path, neighbours)
    found = getattr(module, name, None)
    if not callable(found):
        raise missing(BAD_JUDGE, f"`{path}` does not define `{name}({parameters})`", module, name)

    def call(*arguments: Any) -> Any:
        with neighbours, seeded():
            return guarded(lambda: found(*arguments), str(path))

    return call
