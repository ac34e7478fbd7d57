"""What a file or folder is: its content says, not its name."""

from __future__ import annotations

import re
import zipfile
from enum import Enum
from pathlib import Path

from mtc.diagnostics import CANNOT_READ, NOT_AN_ARTIFACT
from mtc.selection.ops_list import MARK as OPS_MARK

COMPILE_STATE = ".mtc-compile.json"  # in a folder of mtc compile
# How the other text files that mtc writes begin.
RECIPE_MARK = "# An mtc recipe"
CARD_MARK = "<!DOCTYPE html><!-- mtc inspect -->"
REPORT_MARK = "<!DOCTYPE html><!-- mtc quantize -->"
REPORT_JSON_MARK = '{\n  "scheme": "'
SARIF_MARK = '{\n  "$schema": "https://docs.oasis-open.org/sarif/'
QUANT_CONFIG_MARK = "# How mtc quantizes a model"
_SOURCES = (".py", ".pt2")
_LARGEST_LIST = 16 << 20  # bytes


class Kind(Enum):
    """What a path holds; the value is how messages call it."""

    IR = "a .mtc model"
    PROGRAM = "a .mtp program"
    OPS = "an operator list"
    RUNTIME = "a runtime"
    COMPILED = "a folder of mtc compile"
    RECIPE = "a recipe"
    CARD = "a model card"
    REPORT = "a report on quantization"
    QUANT_CONFIG = "a quantization config"
    SARIF = "a SARIF log"
    BUNDLE = "an app package"
    ARRAYS = "a .npz of arrays"
    EMPTY = "an empty folder"
    NOTHING = "nothing"
    OTHER = "something else"


_MARKS = (
    (OPS_MARK, Kind.OPS),
    (RECIPE_MARK, Kind.RECIPE),
    (CARD_MARK, Kind.CARD),
    (REPORT_MARK, Kind.REPORT),
    (REPORT_JSON_MARK, Kind.REPORT),
    (QUANT_CONFIG_MARK, Kind.QUANT_CONFIG),
    (SARIF_MARK, Kind.SARIF),
)


def kind_of(path: Path) -> Kind:
    """What `path` holds, by its content. OSError if it cannot be read."""
    if not path.exists():
        return Kind.NOTHING
    if path.is_dir():
        return _folder_kind(path)
    if not path.is_file():
        return Kind.OTHER
    from mtc.bundles.archives import is_marked
    from mtc.ir.artifact import is_artifact
    from mtc.program.header import MAGIC

    with open(path, "rb") as file:
        head = file.read(128)
    if head.startswith(MAGIC):
        return Kind.PROGRAM
    if is_marked(path):
        return Kind.BUNDLE
    for mark, kind in _MARKS:
        if head.startswith(mark.encode()):
            return kind
    if is_artifact(path):
        return Kind.IR
    if b"\0" not in head and _is_list(path):
        return Kind.OPS
    return Kind.ARRAYS if _holds_arrays(path) else Kind.OTHER


def is_empty(path: Path) -> bool:
    """Whether it is a file without a byte: what a copy that failed leaves, or a redirection of a command that did."""
    return path.is_file() and path.stat().st_size == 0


def _is_list(path: Path) -> bool:
    """Whether it is an operator list without its first line, which an editor or a YAML library may have taken."""
    if path.stat().st_size > _LARGEST_LIST:
        return False
    text = path.read_bytes()
    return all(re.search(rb"^" + key + b":", text, re.MULTILINE) for key in (b"version", b"kernels"))


def _holds_arrays(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _folder_kind(path: Path) -> Kind:
    from mtc.build.runtime_folder import RECORD as RUNTIME_RECORD

    if (path / RUNTIME_RECORD).is_file():
        return Kind.RUNTIME
    if (path / COMPILE_STATE).is_file():
        return Kind.COMPILED
    return Kind.OTHER if any(path.iterdir()) else Kind.EMPTY


def kind_of_input(path: Path) -> Kind:
    """What `path`, which is to be read, holds. CANNOT_READ if it may not be."""
    try:
        return kind_of(path)
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error


def require(path: Path, *kinds: Kind) -> Kind:
    """What `path` is. CANNOT_READ if it is not there, NOT_AN_ARTIFACT if it is none of `kinds`."""
    found = kind_of_input(path)
    if found is Kind.NOTHING:
        raise CANNOT_READ.error(f"`{path}` does not exist")
    if found not in kinds:
        wanted = " or ".join(kind.value for kind in kinds)
        remedy = {Kind.IR: "`mtc package` makes a program of it", Kind.PROGRAM: "it was made of a .mtc: name that"}
        if found is Kind.OTHER and path.suffix in _SOURCES:
            remedy[found] = f"it is a source: `mtc export {path}` reads it"
        what = f"is not {wanted}" if found is Kind.OTHER else f"is {found.value}, not {wanted}"
        if is_empty(path):
            what, remedy[found] = f"is empty, and not {wanted}", "it was cut off, or nothing was written: make it again"
        raise NOT_AN_ARTIFACT.error(f"`{path}` {what}", help=remedy.get(found))
    return found
