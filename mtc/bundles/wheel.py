"""A wheel: a Python package that runs programs and needs NumPy only. Formats: PEP 427; tags, PEP 600."""

from __future__ import annotations

import base64
import keyword
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mtc import __version__
from mtc.bundles.archives import Entry, write_zip
from mtc.bundles.bundle import Bundle
from mtc.bundles.copied_modules import copied_modules
from mtc.bundles.format import Format
from mtc.bundles.glibc import needed_glibc
from mtc.diagnostics import BAD_PACKAGE, Diagnostic
from mtc.support.plural import counted

# target -> the processor as platform tags name it
_PROCESSORS = {"linux-x86_64": "x86_64", "linux-arm64": "aarch64", "linux-armv7": "armv7l"}
# Packages beside which this one may stand, and those that Python brings, which it finds first.
_TAKEN = frozenset({"mtc", "numpy", "ml_dtypes"}) | sys.stdlib_module_names
_LICENSES = "share/mtc/licenses/"
_COPIES = "_mtc"
_MODULE = '''\
"""Runs programs that `mtc package` wrote, on the runtime in this package, which holds {kernels}.

    import {module}
    session = {module}.Session({example})
    outputs = session.run(*arrays)
"""

from pathlib import Path

from {module}.{copies}.diagnostics import MtcError
from {module}.{copies}.session import Event, Memory, Signature
from {module}.{copies}.session import Session as AnySession

__version__ = "{version}"
__all__ = ["MODELS", "Event", "Memory", "MtcError", "Session", "Signature"]

_FOLDER = Path(__file__).resolve().parent
MODELS = {{path.stem: path for path in sorted((_FOLDER / "models").glob("*.mtp"))}}  # the programs in this package


class Session(AnySession):
    """A loaded program, ready to run: a file, or one of MODELS by its name. Used by one thread at a time, but for
    `cancel`. It takes the options `threads`, `profile`, `max_memory` and `cpu`. Close it, or open it with `with`.

    MtcError if the program cannot be read, is damaged, or needs kernels that this runtime has not.
    """

    def __init__(self, program, **options):
        super().__init__(MODELS.get(program, program), **options)

    def _default_runtime(self):
        return _FOLDER / "{library}"
'''
_METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: Runs programs of mtc, on a runtime with {kernels}
Requires-Python: >=3.10
Requires-Dist: numpy>=1.26
Provides-Extra: bf16
Requires-Dist: ml_dtypes>=0.4; extra == "bf16"
Description-Content-Type: text/plain

Programs in it: {models}.

Without ml_dtypes, the extra `bf16`, an array of bfloat16 is one of two bytes an element.
"""
_WHEEL = """\
Wheel-Version: 1.0
Generator: mtc {version}
Root-Is-Purelib: false
Tag: {tag}
"""


def _module(bundle: Bundle) -> str:
    """What is imported, and how file names spell the package's name."""
    return bundle.name.replace("-", "_")


def _tag(bundle: Bundle) -> str:
    """Any Python 3; any Linux whose C library is as new as the runtime's symbols need."""
    (runtime,) = bundle.runtimes
    major, minor = needed_glibc([runtime.folder / runtime.library])
    return f"py3-none-manylinux_{major}_{minor}_{_PROCESSORS[runtime.target]}"


def _check(bundle: Bundle) -> Iterator[Diagnostic]:
    module = _module(bundle)
    if keyword.iskeyword(module) or module in _TAKEN:
        yield BAD_PACKAGE(
            f"`{bundle.name}` cannot be a wheel's name: Python has another use for it", help="--name gives it another"
        )


def _write(bundle: Bundle, file: BinaryIO) -> None:
    info = f"{_module(bundle)}-{bundle.version}.dist-info"
    entries = [*_package(bundle), *_metadata(bundle, info)]
    write_zip(file, [*entries, Entry(f"{info}/RECORD", _record(entries, info))])


def _package(bundle: Bundle) -> list[Entry]:
    (runtime,) = bundle.runtimes
    module, library = _module(bundle), runtime.folder / runtime.library
    code = _MODULE.format(
        module=module,
        copies=_COPIES,
        version=bundle.version,
        kernels=counted(len(runtime.kernels), "kernel"),
        example=f'"{bundle.programs[0].name if bundle.programs else "model.mtp"}"',
        library=library.name,
    )
    return [
        Entry(f"{module}/__init__.py", code.encode()),
        Entry(f"{module}/{library.name}", library, is_executable=True),
        *copied_modules("mtc.session", f"{module}.{_COPIES}"),
        *bundle.program_entries(f"{module}/models"),
    ]


def _metadata(bundle: Bundle, info: str) -> list[Entry]:
    (runtime,) = bundle.runtimes
    metadata = _METADATA.format(
        name=bundle.name,
        version=bundle.version,
        kernels=counted(len(runtime.kernels), "kernel"),
        models=", ".join(program.name for program in bundle.programs) or "none",
    )
    licenses = [
        Entry(f"{info}/licenses/{entry.name.removeprefix(_LICENSES)}", entry.content)
        for entry in runtime.entries(below=_LICENSES)
    ]
    return [
        Entry(f"{info}/METADATA", metadata.encode()),
        Entry(f"{info}/WHEEL", _WHEEL.format(version=__version__, tag=_tag(bundle)).encode()),
        *licenses,
    ]


def _record(entries: Sequence[Entry], info: str) -> bytes:
    """Each file with its SHA-256 and size, and the record itself without."""
    lines = [f"{entry.name},sha256={_digest(entry)},{entry.size}" for entry in entries]
    return "".join(f"{line}\n" for line in sorted([*lines, f"{info}/RECORD,,"])).encode()


def _digest(entry: Entry) -> str:
    return base64.urlsafe_b64encode(entry.digest("sha256")).rstrip(b"=").decode()


WHEEL = Format(
    name="wheel",
    purpose="Python: `pip install FILE`, `import NAME`; needs NumPy only",
    file_name=lambda bundle: f"{_module(bundle)}-{bundle.version}-{_tag(bundle)}.whl",
    write=_write,
    targets=tuple(_PROCESSORS),
    most_runtimes=1,
    check=_check,
)
