"""The folder of a built runtime: what lies in it, and what may be replaced by one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from mtc.build import size_html, size_report, size_text
from mtc.build.build_kind import BuildKind, Mode
from mtc.build.coff_map import complete_map
from mtc.build.size_report import Bill, Users, linked_products
from mtc.build.sources import source_folder
from mtc.build.sources_lock import source
from mtc.build.targets import TARGETS
from mtc.build.third_party import BASE_LIBRARIES, sources_of
from mtc.build.zig_map import write_zig_map
from mtc.diagnostics import CANNOT_READ, OTHER_TARGET, WOULD_REPLACE
from mtc.support import strict_json
from mtc.support.atomic import write_text
from mtc.support.hashing import file_sha256
from mtc.support.plural import counted

RECORD = Path("share", "mtc", "runtime.json")  # below a runtime's folder: what it says of itself


@dataclass(frozen=True)
class RuntimeBuild:
    """A built runtime: include/, lib/, bin/ and share/ below `folder`."""

    folder: Path
    target: str
    toolchain: str
    mode: Mode
    kernels: tuple[str, ...]
    key: str  # hash of all that went into it
    was_cached: bool
    seconds: float
    bill: Bill  # of the shared library and of mtc_run
    proof: Mapping[str, int] = field(default_factory=dict)  # how many kernels were found in each of its binaries

    @property
    def library(self) -> Path:
        """What an app loads, or links where the target has no shared libraries."""
        return self.folder / (TARGETS[self.target].library or "lib/libmtc.a")

    @property
    def summary(self) -> str:
        how = "taken from the cache" if self.was_cached else f"built in {self.seconds:.0f} s"
        return f"{counted(len(self.kernels), 'kernel')} for {self.target}, {how}"

    @property
    def program(self) -> Path:
        """`mtc_run`, where the target has a command line."""
        return self.folder / TARGETS[self.target].program


def read_record(folder: Path) -> dict[str, Any]:
    """What the runtime in `folder` says of itself. CANNOT_READ if there is none, or if it says what mtc does not
    write: the folder may come from elsewhere."""
    try:
        record = strict_json.load((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict) or not _is_known(record):
        raise CANNOT_READ.error(
            f"`{folder}` is not a runtime that `mtc build-runtime` wrote", help="name the folder that it wrote"
        )
    return record


def _is_known(record: dict[str, Any]) -> bool:
    """Whether it has what is read of it. Packages take files by the names in it, so each must lie below the folder."""
    target, kernels, files = record.get("target"), record.get("kernels"), record.get("files", [])
    if not isinstance(target, str) or target not in TARGETS:
        return False
    if not all(isinstance(part, list) and all(isinstance(text, str) for text in part) for part in (kernels, files)):
        return False
    for name, kind in (("bytes", int), ("sha256", str), ("libraries", str)):
        facts = record.get(name, {})
        if not isinstance(facts, dict) or not all(isinstance(fact, kind) for fact in facts.values()):
            return False
    names = map(PurePosixPath, files)
    return not any(name.is_absolute() or ".." in name.parts for name in names)


def check_target(folder: Path, target: str, device: str) -> None:
    """OTHER_TARGET if the runtime in `folder` is for another system than `device`, which is `target`."""
    built_for = read_record(folder)["target"]
    if built_for != target:
        raise OTHER_TARGET.error(
            f"the runtime `{folder}` is for {built_for}, and {device} is {target}",
            help=f"`mtc build-runtime --target {target}`, or leave --runtime out",
        )


def built_file(folder: Path, name: str) -> Path:
    """The file `name` of the runtime in `folder`. CANNOT_READ if it is not there, or cut off: the system ends a process
    that loads half of a library, without a word. A file may have grown, by a signature."""
    record, path = read_record(folder), folder / name
    if not path.is_file():
        raise CANNOT_READ.error(f"the runtime `{folder}` has no `{name}`", help="copy it again, or build it again")
    size, built = path.stat().st_size, record.get("bytes", {}).get(name, 0)
    if size < built:
        raise CANNOT_READ.error(
            f"`{path}` is cut off: it was built with {built:,} bytes, and {size:,} are here",
            help="copy the runtime again, or build it again",
        )
    return path


def changed_products(folder: Path) -> list[str]:
    """What of the `products` of the runtime in `folder` is not the file that was built, but signed since, for example,
    or another: its bill does not speak of that."""
    built = read_record(folder).get("sha256", {})
    names = {path.relative_to(folder).as_posix(): path for path in products(folder)}
    return [name for name, path in names.items() if name in built and digest_of(path) != built[name]]


def digest_of(product: Path) -> str:
    """SHA-256 of a runtime's binary; `missing` where there is none."""
    return file_sha256(product) if product.is_file() else "missing"


def products(folder: Path) -> list[Path]:
    """What the runtime in `folder` is for: its program and its shared library, or the static one where there are no
    others. CANNOT_READ if there is no runtime."""
    built_for = TARGETS[read_record(folder)["target"]]
    return [folder / name for name in (built_for.program, built_for.library) if name] or [folder / "lib/libmtc.a"]


def document(folder: Path, objects: Path, kernels: list[str], kind: BuildKind, key: str) -> None:
    """Writes share/mtc: what this runtime is, what its bytes are for, and the licences of what is linked."""
    share = folder / RECORD.parent
    share.mkdir(parents=True, exist_ok=True)
    record = {
        "key": key,
        "target": kind.target.name,
        "toolchain": str(kind.toolchain),
        "mode": kind.mode,
        "sanitize": kind.sanitize,
        "libraries": {name: source(name).version for name in sorted((*BASE_LIBRARIES, *kind.libraries))},
        "kernels": kernels,
    }
    for name in linked_products(kind.target):
        map_file = objects / f"{name}.map"
        if kind.toolchain.name == "zig":
            write_zig_map(objects, name, map_file)
        elif kind.target.system == "Windows" and map_file.is_file():
            complete_map(map_file, sorted((folder / "lib/mtc").glob("*.a")))
    # A host runtime holds every kernel: that each costs something is no news, and naming them makes a long file.
    named = kernels if kind.mode == "size" else []
    write_bill(folder, Bill(size_report.reports_of(folder, objects, kind.target, named)), _called(record))
    licenses = share / "licenses"
    licenses.mkdir(exist_ok=True)
    for name in sources_of(kind.libraries):
        shutil.copyfile(source_folder(name) / "LICENSE", licenses / f"{name}.txt")
    record["files"] = sorted({*_files(folder), RECORD.as_posix()})
    _write_record(folder, record)


def _write_record(folder: Path, record: Mapping[str, Any]) -> None:
    write_text(folder / RECORD, json.dumps(record, indent=2) + "\n")


def write_bill(folder: Path, bill: Bill, name: str) -> None:
    """Writes what the bytes of the runtime in `folder`, called `name`, are for."""
    share = folder / RECORD.parent
    write_text(share / "size.json", size_text.to_json(bill))
    write_text(share / "size.txt", size_text.to_text(bill))
    write_text(share / "size.html", size_html.to_html(bill, f"The bytes of {name}"))


def read_bill(folder: Path) -> Bill:
    """What the bytes of the runtime in `folder` are for. CANNOT_READ if it does not say."""
    try:
        return size_text.from_json((folder / RECORD.parent / "size.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CANNOT_READ.error(
            f"`{folder}` has no size report that this mtc reads", help="build it again with `mtc build-runtime`"
        ) from error


def _called(record: Mapping[str, Any]) -> str:
    return f"a runtime for {record['target']}, {counted(len(record['kernels']), 'kernel')}, by {record['toolchain']}"


def hand_over(folder: Path, needed_by: Mapping[str, Users]) -> None:
    """Adds what a runtime in the cache does not say to `folder`, a copy of one: to its bill, which models and source
    lines need each kernel, as lists of the same kernels share it; to its record, how large each other file is, by which
    `built_file` sees one that was cut off, and what each binary is, by which `changed_products` knows it."""
    record = read_record(folder)
    write_bill(folder, replace(read_bill(folder), needed_by=needed_by, target=record["target"]), _called(record))
    files = [file for file in record.get("files", ()) if file != RECORD.as_posix()]
    sizes = {file: (folder / file).stat().st_size for file in files}
    digests = {path.relative_to(folder).as_posix(): digest_of(path) for path in products(folder)}
    _write_record(folder, {**record, "bytes": sizes, "sha256": digests})


def described(folder: Path, was_cached: bool, seconds: float) -> RuntimeBuild:
    """The runtime in `folder`, which was just put there."""
    record = read_record(folder)
    return RuntimeBuild(
        folder=folder,
        target=record["target"],
        toolchain=record["toolchain"],
        mode=record["mode"],
        kernels=tuple(record["kernels"]),
        key=record["key"],
        was_cached=was_cached,
        seconds=seconds,
        bill=read_bill(folder),
    )


def check_replaceable(output: Path) -> None:
    """A runtime may replace a runtime or an empty folder, and nothing else; not what was put beside its files."""
    if not output.exists():
        return
    if (output / RECORD).is_file():
        own = read_record(output).get("files")
        others = set() if own is None else _files(output) - set(own)
        if not others:
            return
        raise WOULD_REPLACE.error(
            f"`{output}` holds {counted(len(others), 'file')} that mtc did not write, such as `{min(others)}`",
            help="move them, choose another folder with -o, or pass --overwrite",
        )
    if output.is_dir() and not any(output.iterdir()):
        return
    raise WOULD_REPLACE.error(
        f"`{output}` exists and is not a runtime that mtc built", help="choose another folder with -o, or remove it"
    )


def _files(folder: Path) -> set[str]:
    """Everything in the folder but folders, relative to it, with slashes."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix() for path in found}
