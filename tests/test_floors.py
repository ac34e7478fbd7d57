"""Imports go downwards only, and siblings do not see each other; torch and onnx stay in their frontends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mtc"

# From the ground up. A package or module may import those of lower floors, and itself.
FLOORS = (
    ("support", "diagnostics"),
    ("ir",),
    ("ops",),
    ("interp", "program"),
    ("passes",),
    ("frontends", "delegates"),
    ("partition", "selection", "build"),
    ("lower", "bundles"),
    ("session",),
    ("quant", "devices"),
    ("stages",),
    ("analysis",),
    ("recipe",),
    ("cli",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FREE = {"__init__", "__main__", "_runtime", "_recipes"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "mtc":
                yield from ((f"mtc.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((a.value, node.lineno) for a in node.args if isinstance(a, ast.Constant))


SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if room_of(path) not in FREE)


def test_the_architecture_lists_these_floors() -> None:
    page = " ".join((PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    assert " ← ".join(", ".join(rooms) for rooms in FLOORS) in page.replace("`", "")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    here = room_of(path)
    assert here in FLOOR, f"{here} stands on no floor"
    for module, line in imports_of(path):
        parts = module.split(".")
        if parts[0] != "mtc" or len(parts) == 1 or parts[1].startswith("__") or parts[1] == here:
            continue
        assert parts[1] in FLOOR, f"{path.name}:{line} imports {module}, which stands on no floor"
        assert FLOOR[parts[1]] < FLOOR[here], f"{path.name}:{line} imports {module}, which is not below"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_frameworks_stay_in_their_frontend(path: Path) -> None:
    homes = {"torch": ("frontends/torch",), "sympy": ("frontends/torch",), "onnx": ("frontends/onnx",)}
    for module, line in imports_of(path):
        home = homes.get(module.split(".")[0])
        if home is not None:
            where = path.relative_to(PACKAGE).as_posix()
            assert where.startswith(home), f"{where}:{line} imports {module}"
