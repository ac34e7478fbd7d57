"""What goes into an app package, whatever its format: built runtimes, programs, a name and a version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtc.build.runtime_folder import built_file, read_record
from mtc.build.targets import TARGETS
from mtc.bundles.archives import Entry
from mtc.diagnostics import BAD_PACKAGE, CANNOT_READ
from mtc.selection.ops_list import OpsList

# What every format's own rules allow: Debian's, PyPI's, npm's, Maven's.
_NAME = re.compile(r"[a-z][a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){0,3}")


@dataclass(frozen=True)
class Runtime:
    """A folder that `mtc build-runtime` wrote."""

    folder: Path
    target: str
    kernels: tuple[str, ...]
    files: tuple[str, ...]  # those that mtc wrote, relative to the folder

    @staticmethod
    def read(folder: Path) -> Runtime:
        """CANNOT_READ if there is none, or a file of it is missing, cut off, or a link to somewhere else: what is not
        the runtime's is not to be given away in a package."""
        record = read_record(folder)
        files = tuple(record.get("files", ()))
        if not files:
            raise CANNOT_READ.error(f"the runtime `{folder}` does not say what is in it", help="build it again")
        if lost := [file for file in files if not (folder / file).is_file()]:
            raise CANNOT_READ.error(
                f"the runtime `{folder}` lacks its own {', '.join(f'`{file}`' for file in lost)}",
                help="build it again",
            )
        root = folder.resolve()
        if linked := [file for file in files if not (folder / file).resolve().is_relative_to(root)]:
            raise CANNOT_READ.error(
                f"in the runtime `{folder}` {', '.join(f'`{file}`' for file in linked)} leads out of the folder",
                help="build it again",
            )
        for file in files:
            built_file(folder, file)
        return Runtime(folder, record["target"], tuple(record["kernels"]), files)

    @property
    def library(self) -> str:
        """The shared library's file; empty where the target has none."""
        return TARGETS[self.target].library

    def entries(self, below: str = "") -> list[Entry]:
        """All that mtc wrote below the runtime's folder `below`, and the list of its kernels; names as they are there.

        What was put beside it stays out, and symbolic links become what they lead to.
        """
        found = [self.entry(file) for file in self.files if file.startswith(below)]
        if "share/mtc/ops.yaml".startswith(below):
            ops = OpsList({key: {} for key in self.kernels})  # `mtc build-runtime` makes the same runtime of it
            found.append(Entry("share/mtc/ops.yaml", ops.text.encode()))
        return found

    def entry(self, file: str) -> Entry:
        path = self.folder / file
        return Entry(file, path, is_executable=bool(path.stat().st_mode & 0o100))


@dataclass(frozen=True)
class Program:
    """A program that is bundled under a name of its own. Until a bundle is written its file may be a .mtc."""

    name: str  # without suffix
    path: Path

    @property
    def entry(self) -> Entry:
        return Entry(f"{self.name}.mtp", self.path)


@dataclass(frozen=True)
class Bundle:
    """The content of one app package."""

    name: str
    version: str
    runtimes: tuple[Runtime, ...] = ()
    programs: tuple[Program, ...] = ()

    @property
    def targets(self) -> list[str]:
        return [runtime.target for runtime in self.runtimes]

    def program_entries(self, folder: str) -> list[Entry]:
        """The programs, in `folder`."""
        return moved([program.entry for program in self.programs], folder)


def check_name(name: str, version: str) -> None:
    """BAD_PACKAGE for what one of the formats would not take."""
    if not _NAME.fullmatch(name):
        raise BAD_PACKAGE.error(
            f"`{name}` cannot be a package's name",
            help="two or more small letters and digits, in words with `-` between them, such as `face-finder`",
        )
    if not _VERSION.fullmatch(version):
        raise BAD_PACKAGE.error(f"`{version}` cannot be a package's version", help="numbers with dots, such as `1.2.0`")


def moved(entries: Sequence[Entry], folder: str) -> list[Entry]:
    """The same files in another folder."""
    return [Entry(f"{folder}/{entry.name}", entry.content, entry.is_executable) for entry in entries]
