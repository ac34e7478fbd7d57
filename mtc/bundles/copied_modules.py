"""Modules of mtc itself, copied into a package with all that they import, so that there is one implementation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mtc.bundles.archives import Entry

_PACKAGE = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r"^(\s*from )mtc(?=[. ])", re.MULTILINE)


def copied_modules(first: str, package: str) -> list[Entry]:
    """`mtc.session` and the like, and every module of mtc that is imported with it, as they are but for the names that
    they import by: in the Python package `package` instead of `mtc`.

    What is imported inside a function stays out: whoever carries the copies must not call such a function.
    """
    found: dict[str, Entry] = {}
    folder = PurePosixPath(*package.split("."))
    waiting = [first]
    while waiting:
        module = waiting.pop()
        path = _file_of(module)
        name = path.relative_to(_PACKAGE).as_posix()
        if name in found or name == "__init__.py":  # mtc's own __init__ is about its stages
            continue
        source = path.read_text(encoding="utf-8")
        found[name] = Entry(str(folder / name), _IMPORT.sub(rf"\1{package}", source).encode())
        waiting += _imported(source)
        waiting += [module.rpartition(".")[0]] if module.count(".") > 1 else []  # the package it is in
    return [*found.values(), Entry(str(folder / "__init__.py"), b'"""Parts of mtc, copied."""\n')]


def _imported(source: str) -> Iterator[str]:
    """The modules of mtc that a file imports when it is imported itself."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mtc":
            yield node.module
            for alias in node.names:
                if _exists(f"{node.module}.{alias.name}"):
                    yield f"{node.module}.{alias.name}"


def _file_of(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(module: str) -> bool:
    return _file_of(module).is_file()
