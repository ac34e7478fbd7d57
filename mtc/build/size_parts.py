"""Names what an object file is: the library that it belongs to, and the part of that."""

from __future__ import annotations

import re

_ARCHIVES = {
    "libqnnpack.a": "QNNPACK",
    "libqnnpack-microkernels.a": "QNNPACK",
    "libXNNPACK.a": "XNNPACK",
    "libmicrokernels-prod.a": "XNNPACK",
    "libpthreadpool.a": "pthreadpool",
    "libcpuinfo.a": "cpuinfo",
}
_MEMBER = re.compile(r"([^/(:]+\.a)[(:]([^)]*)\)?$")
_OBJECT = re.compile(r"\.(?:[cS]|cc|cpp)?\.?o(?:bj)?$")
# XNNPACK compiles the microkernels of one instruction set as one file, so their names are in the sections'.
_MICROKERNEL = re.compile(r"xnn_(\w+?)_ukernel")
# Assembly and constants have no section of a function: there the object's name has them, with the size of the tile in
# their midst and then the instruction set (`f32-gemm-4x8-minmax-asm-aarch64-neonfma-cortex-a53`).
_TILE = re.compile(r"\d+[xp]\d+\w*|x\d+(?:c\d+)?")
_INSTRUCTIONS = re.compile(r"-(?:scalar|wasm|s?sse|avx|fma|f16c|neon|asm|aarch|armsimd)[\w-]*$")
_KERNEL = re.compile(r"/kernels/(\w+)/(\w+)\.cpp\.o(?:bj)?$")
_HOT_LEVEL = re.compile(r"mtc_hot_kernels_(\d)\.dir/")
# The instructions that hot kernels are compiled for, besides those of every processor (runtime/cmake/isa_levels.cmake).
_LEVELS = ("", " (AVX2)", " (AVX-512)")
_OURS = re.compile(r"/(core|program|interpreter|tools|kernels|cmake)/(\w+)\.cpp\.o(?:bj)?$")
# All of program/ and interpreter/ (runtime/cmake/one_unit.cmake).
_ONE_UNIT = re.compile(r"/one_unit\.cpp\.o(?:bj)?$")
_NAMED = re.compile(r"\.(?:_ZNK?|_Z)(L?\d\w+)")
# MSVC's: after `?`; a constructor's name is `?0`, an operator's another letter.
_DECORATED = re.compile(r"\.\w+\.\?(.+)")
_SPECIAL = re.compile(r"^\?(?:_?[0-9A-Z])")
_TEMPLATE = re.compile(r"\?\$(\w+)@")
_REST = "containers, texts and numbers"
_SPACES = ("mtc", "_GLOBAL__N_1", "schema")


def component_of(origin: str, section: str = "") -> tuple[str, str]:
    """The component and part that a section of the object file `origin` belongs to."""
    path = origin.replace("\\", "/")
    if archive := _MEMBER.search(path):
        library = _ARCHIVES.get(archive[1])
        if library is None:
            return "C and C++ libraries", archive[1]
        if section.startswith((".eh_frame", ".ARM.ex")):  # a few bytes of each of hundreds of members
            return library, "tables for unwinding"
        if microkernel := _MICROKERNEL.search(section):
            return library, f"microkernel {microkernel[1]}"
        name = _OBJECT.sub("", archive[2].rsplit("/", 1)[-1])
        return library, _microkernels(name) if "microkernels" in archive[1] else name
    if kernel := _KERNEL.search(path):
        level = _HOT_LEVEL.search(path)
        suffix = _LEVELS[int(level[1])] if level else ""
        return "mtc kernels", f"{kernel[2]}@{kernel[1]}{suffix}"
    if re.search(r"/kernel_table\.cpp\.o(?:bj)?$", path):
        return "mtc core", "kernel table"
    if ours := _OURS.search(path):
        return "mtc core", f"{ours[1]}/{ours[2]}"
    if _ONE_UNIT.search(path):
        return "mtc core", _scope(section)
    if path == "<internal>":  # how lld calls what it made of all objects' constants
        return "constants of all", "equal texts and numbers, once"
    return "C and C++ libraries", path.rsplit("/", 1)[-1]


def _microkernels(name: str) -> str:
    """What an object of microkernels holds: one kind of them, as the functions are called, or an instruction set's."""
    kind, *rest = _INSTRUCTIONS.sub("", name).split("-")
    if not rest:
        return f"microkernels {name}"
    return "microkernel " + "_".join([kind, *(word for word in rest if not _TILE.fullmatch(word))])


def _scope(section: str) -> str:
    """The class of the function that a section holds, or its name if it has none, by the Itanium ABI's mangling: length
    and text of each name, with `L` before what has internal linkage."""
    if ".mtc_" in section:
        return "C API"
    if decorated := _DECORATED.search(section):
        return _decorated_scope(decorated[1]) or _REST
    rest = named[1] if (named := _NAMED.search(section)) else ""
    while length := re.match(r"L?(\d+)", rest):
        name, rest = (text := rest[length.end() :])[: int(length[1])], text[int(length[1]) :]
        if name.startswith("__"):  # the C++ library's own, such as `__gnu_cxx`
            break
        if name not in _SPACES:
            return name
    return _REST


def _decorated_scope(name: str) -> str:
    """The same by MSVC's decoration: the name, then what it is in from the inside out, each with `@` behind it."""
    scopes = name.split("@@")[0]
    if "@std@@" in name or name.startswith("?_C@"):  # the C++ library's, and texts
        return ""
    if template := _TEMPLATE.search(scopes):
        return template[1]
    outermost = [scope for scope in reversed(scopes.split("@")) if scope not in _SPACES and scope[:3] != "?A0"]
    return _SPECIAL.sub("", outermost[0]) if outermost else ""
