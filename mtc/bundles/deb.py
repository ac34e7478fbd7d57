"""A Debian package: library, headers and tools where Debian has them. Format: deb(5), deb-control(5).

Written here, so that it is made on any system and is the same bytes everywhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from mtc.build.runtime_folder import products
from mtc.bundles.archives import MARK, Entry, write_ar, write_tar_xz
from mtc.bundles.bundle import Bundle, Runtime
from mtc.bundles.format import Format
from mtc.bundles.glibc import needed_glibc
from mtc.diagnostics import CANNOT_READ
from mtc.support.plural import counted

# target -> Debian's architecture, and the name of its folders (https://wiki.debian.org/Multiarch/Tuples)
_ARCHITECTURES = {
    "linux-x86_64": ("amd64", "x86_64-linux-gnu"),
    "linux-arm64": ("arm64", "aarch64-linux-gnu"),
    "linux-armv7": ("armhf", "arm-linux-gnueabihf"),
}
_LICENSES = "share/mtc/licenses/"
# What tells from the folder of the libraries where the headers are: one folder more lies between them here.
_HEADERS, _HEADERS_HERE = b"}/../include", b"}/../../include"
_NAMES_HEADERS = ("lib/pkgconfig/mtc.pc", "lib/cmake/mtc/mtcConfig.cmake")
_CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {name} <{name}@localhost>
Installed-Size: {kilobytes}
Depends: libc6 (>= {glibc})
Provides: libmtc
Conflicts: libmtc
Replaces: libmtc
Section: libdevel
Priority: optional
Description: runtime of mtc for {kernels}{models}
 Runs programs that `mtc package` wrote, if they need no other kernels than it
 holds: shared and static library, C and C++ headers, CMake package, pkg-config
 file, and mtc_run. /usr/share/mtc/ops.yaml lists the kernels.
"""
_TRIGGERS = b"activate-noawait ldconfig\n"


def _architecture(bundle: Bundle) -> str:
    return _ARCHITECTURES[bundle.runtimes[0].target][0]


def _write(bundle: Bundle, file: BinaryIO) -> None:
    (runtime,) = bundle.runtimes
    data = _data(bundle, runtime)
    control = [
        Entry("control", _control(bundle, runtime, data).encode()),
        Entry("md5sums", "".join(f"{entry.digest('md5').hex()}  {entry.name}\n" for entry in data).encode()),
        Entry("triggers", _TRIGGERS),
    ]
    with tempfile.TemporaryDirectory(prefix="mtc-deb-") as work:
        write_ar(
            file,
            [
                Entry("debian-binary", b"2.0\n"),
                Entry("_made-by", MARK),  # a member that begins with _ is passed over by all that reads packages
                _member(Path(work), "control.tar.xz", control),
                _member(Path(work), "data.tar.xz", data),
            ],
        )


def _member(work: Path, name: str, entries: Sequence[Entry]) -> Entry:
    """The archive as a file: its size must be known before it is written."""
    with open(work / name, "wb") as file:
        write_tar_xz(file, entries, root="./")
    return Entry(name, work / name)


def _data(bundle: Bundle, runtime: Runtime) -> list[Entry]:
    """The files, where they are installed."""
    triple = _ARCHITECTURES[runtime.target][1]
    found = [_installed(entry, triple) for entry in runtime.entries() if not entry.name.startswith(_LICENSES)]
    found += bundle.program_entries("usr/share/mtc/models")
    found.append(Entry(f"usr/share/doc/{bundle.name}/copyright", _copyright(runtime)))
    return sorted(found, key=lambda entry: entry.name)


def _installed(entry: Entry, triple: str) -> Entry:
    content = entry.content
    if entry.name in _NAMES_HEADERS and isinstance(content, Path):
        content = content.read_bytes()
        if content.count(_HEADERS) != 1:
            raise CANNOT_READ.error(
                f"`{entry.content!s}` does not say where the headers are", help="build the runtime again"
            )
        content = content.replace(_HEADERS, _HEADERS_HERE)
    folder, _, rest = entry.name.partition("/")
    below = f"lib/{triple}" if folder == "lib" else folder
    return Entry(f"usr/{below}/{rest}", content, entry.is_executable)


def _control(bundle: Bundle, runtime: Runtime, data: Sequence[Entry]) -> str:
    return _CONTROL.format(
        name=bundle.name,
        version=bundle.version,
        architecture=_architecture(bundle),
        kilobytes=sum((entry.size + 1023) // 1024 for entry in data),
        glibc=".".join(map(str, needed_glibc(products(runtime.folder)))),
        kernels=counted(len(runtime.kernels), "kernel"),
        models="".join(f", {program.name}" for program in bundle.programs),
    )


def _copyright(runtime: Runtime) -> bytes:
    """The licences of all that is linked, one after the other."""
    parts = []
    for file in sorted(name for name in runtime.files if name.startswith(_LICENSES)):
        title = Path(file).stem
        parts.append(f"{title}\n{'=' * len(title)}\n\n{(runtime.folder / file).read_text(encoding='utf-8').strip()}\n")
    return "\n\n".join(parts).encode()


DEB = Format(
    name="deb",
    purpose="Debian and Ubuntu: `apt install ./FILE` puts library, headers and mtc_run where the system has them",
    file_name=lambda bundle: f"{bundle.name}_{bundle.version}_{_architecture(bundle)}.deb",
    write=_write,
    targets=tuple(_ARCHITECTURES),
    most_runtimes=1,
)
