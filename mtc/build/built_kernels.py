"""The kernels that a binary holds, read from the binary itself: what was linked, whatever a record beside it says.

The generated table keeps its keys in one array behind a mark (`kernel_table.py`). Such an array lies in one piece in
every kind of file, ELF, Mach-O, PE, WebAssembly and archives of objects, so that nothing has to be executed and no
format to be parsed: a runtime for another machine is read like one for this.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from mtc.diagnostics import CANNOT_READ, UNPROVEN_RUNTIME, collected
from mtc.ir.kernel_key import KernelKey

KEYS_MARK = "mtc kernel keys 1:"
# What the build links the table into, below lib/ and bin/, by the names that systems give libraries and programs.
_PRODUCT = re.compile(r"(lib)?mtc(_run)?(\.(a|so|dylib|dll|exe|wasm))?")


def built_kernels(file: Path) -> frozenset[str] | None:
    """The keys of the kernels in `file`; None if no table was linked into it. CANNOT_READ if what is there is no table,
    or if the file is one for several processors that hold different kernels."""
    data = file.read_bytes()
    tables = [_keys(data, found.end(), file) for found in re.finditer(re.escape(KEYS_MARK.encode()) + b"\0", data)]
    if len({*tables}) > 1:
        raise CANNOT_READ.error(f"`{file}` holds several tables of kernels, which differ", help="build it again")
    return tables[0] if tables else None


def _keys(data: bytes, at: int, file: Path) -> frozenset[str]:
    found = []
    while (end := data.find(b"\0", at)) > at:
        found.append(data[at:end].decode("ascii", errors="replace"))
        at = end + 1
    try:
        return frozenset(str(KernelKey.parse(key)) for key in found)
    except ValueError as error:
        said = f"the table of kernels in `{file}` is damaged: {error}"
        raise CANNOT_READ.error(said, help="build it again") from None


def products(runtime: Path) -> dict[str, frozenset[str] | None]:
    """What each library and program of the runtime in a folder holds, by its path there. Archives of code that is not
    generated before an app is linked say nothing; they are left out where there is another product."""
    files = [path for name in ("lib", "bin") for path in sorted((runtime / name).glob("*"))]
    files = [path for path in files if path.is_file() and not path.is_symlink() and _PRODUCT.fullmatch(path.name)]
    found = {path.relative_to(runtime).as_posix(): built_kernels(path) for path in files}
    said = {name: table for name, table in found.items() if table is not None or not name.endswith(".a")}
    return said or found


def kernels_of(runtime: Path, listed: Collection[str]) -> frozenset[str]:
    """What every product of the runtime in a folder holds. CANNOT_READ if there is none, but for a runtime whose record
    lists no kernels: it has no table."""
    found = products(runtime)
    tables = [table for table in found.values() if table is not None]
    if not found or (listed and not tables):
        raise CANNOT_READ.error(f"no library in `{runtime}` holds a table of kernels", help="build the runtime again")
    return frozenset.intersection(*tables) if tables else frozenset()


def prove(runtime: Path, keys: Collection[str]) -> dict[str, int]:
    """How many kernels each product of a runtime holds. UNPROVEN_RUNTIME if one of them does not hold exactly `keys`.

    A list without kernels has no table to be linked.
    """
    found = products(runtime)
    again = "build it again; if that changes nothing, report it with the list and the toolchain of `mtc targets`"
    with collected() as report:
        if not found:
            report(UNPROVEN_RUNTIME(f"`{runtime}` holds no library", help=again))
        for name, held in found.items():
            missing, others = sorted({*keys} - (held or frozenset())), sorted((held or frozenset()) - {*keys})
            for what, which in (("lacks", missing), ("holds besides the list", others)):
                if which:
                    listed = ", ".join(f"`{key}`" for key in which)
                    report(UNPROVEN_RUNTIME(f"`{name}` {what} {listed}", help=again))
    return {name: len(held or ()) for name, held in found.items()}
