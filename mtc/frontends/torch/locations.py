"""Where a node of an exported graph comes from: module path and the user's source line."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtc.ir.loc import Loc

if TYPE_CHECKING:
    import torch

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')


def location(node: torch.fx.Node) -> Loc:
    """The innermost module of the call and the innermost line that is not torch's own."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next((entry[0] for entry in reversed(list(stack.values()))), "")
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    users = [(file, line) for file, line, _ in frames if not file.startswith("<") and file_of_torch(file) is None]
    return Loc(_module_path(path), source_line(*users[-1]).source if users else "")


def source_line(file: str, line: int | str) -> Loc:
    """A line of the user's."""
    return Loc("", f"{_relative(file)}:{line}")


def _module_path(path: str) -> str:
    # L['self'].layer1[0].conv1 or layer1.0.conv1
    return re.sub(r"^L\['self'\]\.?", "", path).replace("getattr(", "").strip(".")


@lru_cache
def file_of_torch(file: str) -> str | None:
    """The path within PyTorch's own package; None for a file of anyone else's, torchvision's among them."""
    found = importlib.util.find_spec("torch")  # which loads nothing: every command says where something failed
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    return Path(file).relative_to(folder).as_posix() if Path(file).is_relative_to(folder) else None


@lru_cache
def _relative(file: str) -> str:
    """`file` below the longest import folder that holds it, so that artifacts do not depend on where that is."""
    path = Path(file)
    folders = sorted({*sys.path, str(Path.cwd())}, key=len, reverse=True)
    for folder in folders:
        if folder and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
