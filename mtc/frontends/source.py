"""What a SRC is: a Python file, an attribute of a package, an exported program. Its content says, not its suffix."""

from __future__ import annotations

import importlib
import importlib.util
import re
import traceback
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from mtc.diagnostics import BAD_SOURCE, CANNOT_READ, MISSING_PACKAGE, MtcError
from mtc.frontends.neighbours import Neighbours, neighbours_in
from mtc.support.opened_files import user_files

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass
class Source:
    """A model in its own framework's terms, and what was said about its inputs. Its code runs inside `neighbours`."""

    model: Any
    example_inputs: Any = None
    dynamic_shapes: Any = None
    calibration_inputs: Any = None
    neighbours: AbstractContextManager[object] = field(default_factory=nullcontext)


def load(src: str | Path) -> Source:
    """Reads SRC. MtcError if it is not a model."""
    text = str(src)
    path = Path(text)
    if is_attribute(text):
        return _from_attribute(text)
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise CANNOT_READ.error(f"`{text}` {what}", help="SRC is a file, or pkg.mod:attr")
    if zipfile.is_zipfile(path):
        return _from_archive(path)
    if path.suffix == ".py":
        return _from_module(python_module(path), "model", text, neighbours_in(path.parent))
    raise BAD_SOURCE.error(f"`{text}` is not a model that mtc reads", help="SRC is a model.py, pkg.mod:attr or a .pt2")


def is_attribute(src: str) -> bool:
    """Whether SRC is a `pkg.mod:attr`, not a path."""
    return _ATTRIBUTE.fullmatch(src) is not None and not Path(src).exists()


def name_of(src: str) -> str:
    """`model` for model.py and for pkg.mod:model: what files made of SRC are called."""
    return src.rpartition(":")[2] if is_attribute(src) else Path(src).stem


def python_module(path: Path) -> ModuleType:
    """The module that a user's Python file is, whose functions run inside `neighbours_in` its folder.

    CANNOT_READ if there is no such file, BAD_SOURCE if it raises.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise CANNOT_READ.error(f"`{path}` is not a Python file")
    loader, module = spec.loader, importlib.util.module_from_spec(spec)
    neighbours = neighbours_in(path.parent)
    neighbours.modules[path.stem] = module  # classes that it defines are looked up there
    with neighbours:
        guarded(lambda: loader.exec_module(module), str(path))
    return module


def _from_attribute(text: str) -> Source:
    name, _, attribute = text.partition(":")
    neighbours = neighbours_in(Path.cwd())
    with neighbours:
        module = guarded(lambda: importlib.import_module(name), text)
    return _from_module(module, attribute, text, neighbours)


def _from_module(module: ModuleType, attribute: str, where: str, neighbours: Neighbours) -> Source:
    held: Any = module
    for part in attribute.split("."):
        held = getattr(held, part, None)
    if held is None:
        raise BAD_SOURCE.error(f"`{where}` does not define `{attribute}`", help=BAD_SOURCE.explanation)
    with neighbours:
        return Source(
            model=_called(held, where),
            example_inputs=_called(getattr(module, "example_inputs", None), where),
            dynamic_shapes=getattr(module, "dynamic_shapes", None),
            calibration_inputs=getattr(module, "calibration_inputs", None),
            neighbours=neighbours,
        )


def _called(held: Any, where: str) -> Any:
    """A class or a function is called for what it returns; a model can be called too, but is not."""
    torch = _torch()
    if isinstance(held, (torch.nn.Module, torch.export.ExportedProgram, torch.Tensor)) or not callable(held):
        return held
    return guarded(held, where)


def _from_archive(path: Path) -> Source:
    torch = _torch()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("constants.pkl") for name in names) and any("/code/" in name for name in names):
        raise BAD_SOURCE.error(f"`{path}` is a TorchScript file", help="export the nn.Module with torch.export instead")
    program = guarded(lambda: torch.export.load(path), str(path))
    return Source(model=program)


def guarded(call: Callable[[], Any], where: str) -> Any:
    """Calls a user's own code, which `where` names. It may raise anything, also SystemExit: that is shown with the
    user's last line, as BAD_SOURCE, not as a failure of mtc."""
    try:
        return call()
    except MtcError:
        raise
    except (Exception, SystemExit) as error:
        raised = f"`{where}` raised {type(error).__name__}: {error}"
        raise BAD_SOURCE.error(raised, at=_users_line(error)) from error


def _users_line(error: BaseException) -> str | None:
    """The line of the user's own code that raised, whatever library it called; or the one that does not parse."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    return next((f"{f.filename}:{f.lineno}" for f in reversed(frames) if user_files({f.filename})), None)


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise MISSING_PACKAGE.error("PyTorch is not installed", help="pip install 'mtc[torch]'") from error
