"""An npm package of a WebAssembly runtime: for pages, bundlers and Node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from mtc.bundles.archives import Entry, write_tar_gz
from mtc.bundles.bundle import Bundle, moved
from mtc.bundles.format import Format
from mtc.diagnostics import BAD_PACKAGE, Diagnostic

_NUMBERS = 3  # in a version, as npm has them
_FILES = ("lib/mtc.wasm", "lib/mtc.mjs", "lib/wasi.mjs", "lib/mtc.d.ts", "lib/example/")


def _version(bundle: Bundle) -> str:
    numbers = bundle.version.split(".")
    return ".".join([*numbers, *["0"] * (_NUMBERS - len(numbers))])


def _check(bundle: Bundle) -> Iterator[Diagnostic]:
    if bundle.version.count(".") >= _NUMBERS:
        yield BAD_PACKAGE(f"npm takes no version `{bundle.version}`", help="three numbers, such as `1.2.0`")


def _manifest(bundle: Bundle) -> bytes:
    content = {
        "name": bundle.name,
        "version": _version(bundle),
        "description": "The mtc runtime as WebAssembly, with the kernels that its models need",
        "license": "Apache-2.0",
        "type": "module",
        "main": "./mtc.mjs",
        "types": "./mtc.d.ts",
        # The module and the programs have addresses that bundlers and `import.meta.resolve` find.
        "exports": {
            ".": {"types": "./mtc.d.ts", "default": "./mtc.mjs"},
            "./mtc.wasm": "./mtc.wasm",
            "./models/*": "./models/*",
        },
        "sideEffects": False,
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _entries(bundle: Bundle) -> list[Entry]:
    (runtime,) = bundle.runtimes
    found = [Entry("package.json", _manifest(bundle)), *bundle.program_entries("models")]
    for entry in runtime.entries():
        if entry.name.startswith(_FILES):
            found.append(Entry(entry.name.removeprefix("lib/"), entry.content))
        elif entry.name.startswith("share/mtc/licenses/"):
            found.append(Entry(entry.name.removeprefix("share/mtc/"), entry.content))
    return moved(found, "package")  # npm wants one folder, and most tools want it to be called so


def _write(bundle: Bundle, file: BinaryIO) -> None:
    write_tar_gz(file, _entries(bundle))


NPM = Format(
    name="npm",
    purpose="JavaScript and TypeScript, in pages and in Node: `npm install FILE`",
    file_name=lambda bundle: f"{bundle.name}-{_version(bundle)}.tgz",
    write=_write,
    targets=("wasm32",),
    most_runtimes=1,
    check=_check,
)
