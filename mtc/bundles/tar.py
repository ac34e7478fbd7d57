"""A .tar.gz to unpack anywhere: what a C or C++ project builds against, by CMake, pkg-config or by hand."""

from __future__ import annotations

from typing import BinaryIO

from mtc.bundles.archives import Entry, write_tar_gz
from mtc.bundles.bundle import Bundle, moved
from mtc.bundles.format import Format


def _folder(bundle: Bundle) -> str:
    """The one folder in it; of several runtimes, each has a folder of its target's name therein."""
    return "-".join((bundle.name, bundle.version, *(bundle.targets if len(bundle.runtimes) == 1 else ())))


def _entries(bundle: Bundle) -> list[Entry]:
    found = bundle.program_entries("share/mtc/models")
    for runtime in bundle.runtimes:
        own = runtime.entries()
        found += own if len(bundle.runtimes) == 1 else moved(own, runtime.target)
    return moved(found, _folder(bundle))


def _write(bundle: Bundle, file: BinaryIO) -> None:
    write_tar_gz(file, _entries(bundle))


TAR = Format(
    name="tar",
    purpose="C and C++: libraries, headers, CMake package, pkg-config file, mtc_run",
    file_name=lambda bundle: f"{_folder(bundle)}.tar.gz",
    write=_write,
)
