"""bundle: built runtimes and programs → an app package."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from mtc import __version__
from mtc.bundles.bundle import Bundle, Program, Runtime, check_name
from mtc.bundles.format import Format
from mtc.bundles.formats import FORMATS
from mtc.diagnostics import UNKNOWN_NAME, collected, writing
from mtc.ir.module import Module
from mtc.program import reader
from mtc.stages.check_runtime import check_runtime
from mtc.stages.files import load_any
from mtc.stages.package import package
from mtc.support.atomic import atomic_file
from mtc.support.suggest import did_you_mean


def bundle_format(name: str) -> Format:
    """The format called `name`. UNKNOWN_NAME if there is none."""
    if name not in FORMATS:
        raise UNKNOWN_NAME.error(f"no package format is called `{name}`", help=did_you_mean(name, FORMATS))
    return FORMATS[name]


def bundle_of(
    chosen: Format,
    runtimes: Sequence[Path],
    models: Sequence[Program] = (),
    *,
    name: str | None = None,
    version: str | None = None,
) -> Bundle:
    """What a package of this format is to hold; `models` may still be .mtc files. Takes no time.

    An MtcError has every reason why the format does not take it: BAD_PACKAGE.
    """
    name, version = name or chosen.default_name, version or __version__
    check_name(name, version)
    found = Bundle(name, version, tuple(map(Runtime.read, runtimes)), tuple(models))
    with collected() as report:
        for fault in chosen.faults(found):
            report(fault)
    return found


def bundle_to(
    path: str | PathLike[str], chosen: Format, bundle: Bundle, *, backend: str | Sequence[str] | None = None
) -> None:
    """Writes the package, atomically, with each .mtc as the program that `package` makes of it for `backend`.

    MISSING_KERNELS names all that is missing in each of the runtimes; CANNOT_WRITE if it cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="mtc-bundle-") as work:
        made = replace(bundle, programs=tuple(_program(model, Path(work), backend) for model in bundle.programs))
        needed = {key for program in made.programs for key in reader.read(program.path).kernels}
        check_runtime(needed, *(runtime.folder for runtime in made.runtimes))
        with writing(path), atomic_file(Path(path)) as file:
            chosen.write(made, file)


def _program(model: Program, work: Path, backend: str | Sequence[str] | None) -> Program:
    loaded = load_any(model.path)
    if not isinstance(loaded, Module):
        return model
    path = work / f"{model.name}.mtp"
    package(loaded, path, backend=backend)
    return Program(model.name, path)
