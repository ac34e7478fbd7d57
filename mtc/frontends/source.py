"""What a SRC is: a Python file or an attribute of one, an attribute of a package, an exported program. What a file is,
its content says, not its suffix."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import traceback
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from mtc.diagnostics import BAD_SOURCE, CANNOT_READ, SOURCE_RAISED, Code, MtcError
from mtc.frontends.generators import seeded
from mtc.frontends.neighbours import Neighbours
from mtc.frontends.torch import models
from mtc.frontends.torch.locations import file_of_torch, source_line
from mtc.ir.artifact import is_artifact
from mtc.support.opened_files import user_files
from mtc.support.suggest import nearest

_ATTRIBUTE = re.compile(r"(?:[A-Za-z_][\w.]*|.*\.py):[A-Za-z_][\w.]*")


@dataclass
class Source:
    """A model in its own framework's terms, and what was said about its inputs. Its code runs inside `neighbours`."""

    model: Any
    example_inputs: Any = None
    dynamic_shapes: Any = None
    calibration_inputs: Any = None
    neighbours: AbstractContextManager[object] = field(default_factory=nullcontext)


_MOST_OFFERED = 20
_READ = "SRC is a model.py, model.py:attr, pkg.mod:attr or a .pt2"


def load(src: str | Path) -> Source:
    """Reads SRC; its code is executed, with seeded generators. MtcError if it is not a model."""
    text = str(src)
    path = Path(text)
    check_source(text)
    if is_attribute(text):
        return _from_attribute(text)
    if zipfile.is_zipfile(path):
        return _from_archive(path)
    if path.suffix == ".py":
        models.require()  # before the user's code imports it, so that its generator can be seeded
        neighbours = Neighbours(path.parent)
        return _from_module(python_module(path, neighbours), "model", text, neighbours)
    raise BAD_SOURCE.error(f"`{text}` is not a model that mtc reads", help=_READ)


def check_source(src: str) -> None:
    """Before any work: CANNOT_READ if SRC names a file and there is none, BAD_SOURCE if that clearly is no source."""
    path = file_of(src)
    if path is None:
        return
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise CANNOT_READ.error(f"`{path}` {what}", help=_READ)
    if path.stat().st_size == 0:
        raise BAD_SOURCE.error(f"`{path}` is empty", help=_READ)
    try:
        is_exported = is_artifact(path)
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error
    if is_exported:
        raise BAD_SOURCE.error(f"`{path}` has been exported already", help=f"`mtc optimize {path}` goes on from there")


def is_attribute(src: str) -> bool:
    """Whether SRC is a `pkg.mod:attr` or a `model.py:attr`, not a path."""
    return _ATTRIBUTE.fullmatch(src) is not None and not Path(src).exists()


def parts_of(src: str) -> tuple[str, str]:
    """SRC's file or package, and its attribute: empty if SRC is a file alone."""
    place, _, attribute = src.rpartition(":")
    return (place, attribute) if is_attribute(src) else (src, "")


def file_of(src: str) -> Path | None:
    """The file that SRC names: `model.py` of model.py:attr too. None for an attribute of a package."""
    place, attribute = parts_of(src)
    return Path(place) if not attribute or place.endswith(".py") else None


def name_of(src: str) -> str:
    """`model` for model.py and for pkg.mod:model: what files made of SRC are called."""
    place, attribute = parts_of(src)
    return attribute or Path(place).stem


def python_module(path: Path, neighbours: Neighbours) -> ModuleType:
    """The module that a user's Python file is, whose functions run inside `neighbours`, those in its folder.

    CANNOT_READ if there is no such file, SOURCE_RAISED if it raises.
    """
    if not path.is_file():
        raise CANNOT_READ.error(f"`{path}` {'is not a file' if path.exists() else 'does not exist'}")
    # By the folder's own path, however the user named it: locations in the code must not depend on that.
    spec = importlib.util.spec_from_file_location(path.stem, Path(neighbours.folder, path.name))
    if spec is None or spec.loader is None:
        raise CANNOT_READ.error(f"`{path}` is not a Python file")
    loader, module = spec.loader, importlib.util.module_from_spec(spec)
    neighbours.modules[path.stem] = module  # classes that it defines are looked up there
    with neighbours, seeded():
        guarded(lambda: loader.exec_module(module), str(path))
    return module


def _from_attribute(text: str) -> Source:
    models.require()
    name, attribute = parts_of(text)
    if (path := file_of(text)) is not None:
        neighbours = Neighbours(path.parent)
        return _from_module(python_module(path, neighbours), attribute, str(path), neighbours)
    neighbours = Neighbours(Path.cwd())
    return _from_module(imported(name, neighbours), attribute, name, neighbours)


def imported(name: str, neighbours: Neighbours) -> ModuleType:
    """The module of that name, which may stand in the current folder. SOURCE_RAISED if it cannot be imported."""
    with neighbours, seeded():
        module: ModuleType = guarded(lambda: importlib.import_module(name), name)
    return module


def _from_module(module: ModuleType, attribute: str, where: str, neighbours: Neighbours) -> Source:
    held: Any = module
    for part in attribute.split("."):
        if (inner := getattr(held, part, None)) is None:
            raise missing(BAD_SOURCE, f"`{where}` does not define `{attribute}`", held, part)
        held = inner
    with neighbours:
        return Source(
            model=_called(held, where, seed=1),
            example_inputs=_called(getattr(module, "example_inputs", None), where, seed=2),
            dynamic_shapes=getattr(module, "dynamic_shapes", None),
            calibration_inputs=getattr(module, "calibration_inputs", None),
            neighbours=neighbours,
        )


def missing(code: Code, message: str, held: object, name: str) -> MtcError:
    """That `held`, a module or what it defines, has no `name`: says what it offers instead."""
    own = sorted(key for key, value in getattr(held, "__dict__", {}).items() if _is_offered(key, value, held))
    best = nearest(name, own)
    offered = ", ".join(f"`{key}`" for key in own[:_MOST_OFFERED]) + (", …" if len(own) > _MOST_OFFERED else "")
    return code.error(
        message,
        notes=(f"it defines {offered or 'nothing'}",),
        help=f"did you mean `{best}`?" if best else code.explanation,
    )


def _is_offered(name: str, value: object, held: object) -> bool:
    """Not what a module imported: modules, their classes and functions, features of `__future__`."""
    if name.startswith("_") or isinstance(value, ModuleType) or type(value).__module__ == "__future__":
        return False
    home = getattr(held, "__module__", None) or getattr(held, "__name__", None)  # of a class or instance; of a module
    is_made_here = getattr(value, "__module__", None) == home
    return is_made_here or not (isinstance(value, type) or inspect.isroutine(value))


def _called(held: Any, where: str, seed: int) -> Any:
    """A class or a function is called for what it returns; a model can be called too, but is not. Each call has its
    own random numbers: inputs that are the weights once more would test little."""
    if models.is_complete(held) or not callable(held):
        return held
    if needed := _needed_parameters(held):
        name = getattr(held, "__name__", type(held).__name__)
        raise BAD_SOURCE.error(
            f"`{name}` of `{where}` is called without arguments, and needs {', '.join(f'`{p}`' for p in needed)}",
            help=BAD_SOURCE.explanation,
        )
    with seeded(seed):
        return guarded(held, where)


def _needed_parameters(function: Callable[..., Any]) -> list[str]:
    """The parameters that have no default."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function of an extension module, which does not tell
        return []
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in free]


def _from_archive(path: Path) -> Source:
    kind = _archive_kind(path)
    if kind == "TorchScript":
        raise BAD_SOURCE.error(f"`{path}` is a TorchScript file", help="export the nn.Module with torch.export instead")
    if kind == "weights":
        raise BAD_SOURCE.error(
            f"`{path}` holds what torch.save wrote: weights or a pickled object, and no graph",
            help="write a model.py that builds the model and loads them, and name that",
        )
    if kind != "ExportedProgram":
        raise BAD_SOURCE.error(f"`{path}` is not a model that mtc reads", help=_READ)
    models.require()
    from mtc.frontends.torch.archive import read_program

    return Source(model=read_program(path))


def _archive_kind(path: Path) -> str:
    """What PyTorch wrote this ZIP archive for, by the names of its members."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    ends = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in ends and any("/code/" in name for name in names):
        return "TorchScript"
    if "archive_format" in ends or "serialized_exported_program.json" in ends:  # the second: before torch 2.8
        return "ExportedProgram"
    return "weights" if "data.pkl" in ends else ""


def no_model(found: object) -> MtcError:
    """What a source holds instead of a model."""
    return BAD_SOURCE.error(
        f"this is not a model but of type `{type(found).__name__}`: {found!r:.60}", help=BAD_SOURCE.explanation
    )


def guarded(call: Callable[[], Any], where: str) -> Any:
    """Calls a user's own code, which `where` names. It may raise anything, also SystemExit: that is shown with the
    user's last line, as SOURCE_RAISED, not as a failure of mtc."""
    try:
        return call()
    except MtcError:
        raise
    except (Exception, SystemExit) as error:
        raised = f"`{where}` raised {type(error).__name__}" + (f": {error}" if str(error) else "")
        notes = () if isinstance(error, SyntaxError) else _place_in_library(error)
        raise SOURCE_RAISED.error(raised, at=users_line(error), notes=notes, help=_remedy(error)) from error


def _remedy(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"install the package that brings `{error.name}`, or name SRC from the folder that it stands in"
    return "make that line work in Python first"


def users_line(error: BaseException) -> str | None:
    """The line of the user's own code that raised, whatever library it called; or the one that does not parse."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    return next((f"{_shown(f.filename)}:{f.lineno}" for f in reversed(frames) if user_files({f.filename})), None)


def _place_in_library(error: BaseException) -> tuple[str, ...]:
    """A note that says where a library raised, the model's before PyTorch; none if the user's own code did."""
    frames = traceback.extract_tb(error.__traceback__)
    called = [frame for frame in frames if Path(__file__).parents[1] not in Path(frame.filename).parents]
    if not called or user_files({called[-1].filename}):
        return ()
    last = next((frame for frame in reversed(called) if file_of_torch(frame.filename) is None), called[-1])
    if user_files({last.filename}):
        last = called[-1]
    return (f"raised at {source_line(last.filename, last.lineno or 0)}: {last.line}",)


def _shown(file: str) -> str:
    """A path as the user would write it: from the current folder if it is below."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here)
