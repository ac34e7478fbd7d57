"""The selection as C++: exactly these kernels are instantiated, stand in the table, and are therefore linked."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mtc import ops
from mtc.build.args_header import class_name, fields
from mtc.delegates.registry import LIBRARIES, unknown_kernels
from mtc.diagnostics import collected
from mtc.ir.kernel_key import KernelKey
from mtc.ir.opspec import OpSpec, Trait
from mtc.ir.types import DType
from mtc.ops import OPS
from mtc.support.atomic import write_if_changed

_CPP_TYPES = {
    "f32": "float",
    "f64": "double",
    "f16": "Half",
    "bf16": "BFloat16",
    "i8": "int8_t",
    "u8": "uint8_t",
    "i16": "int16_t",
    "i32": "int32_t",
    "i64": "int64_t",
    "bool": "Bool",
}
_ANY = 0xFF  # as in runtime/interpreter/linker.cpp


def write(keys: Collection[str], folder: Path) -> list[Path]:
    """Writes selected_kernels.h, kernel_table.cpp and kernels.cmake into `folder`, and returns their paths; a file that
    would not change keeps its time, so that nothing is compiled again for it. MtcError that names every key that no
    library has."""
    with collected() as report:
        for diagnostic in unknown_kernels(keys):
            report(diagnostic)
    folder.mkdir(parents=True, exist_ok=True)
    parsed = sorted((KernelKey.parse(key), key) for key in set(keys))
    contents = {
        folder / "selected_kernels.h": _selected([key for key, _ in parsed]),
        folder / "kernel_table.cpp": _table(sorted(set(keys))),
        folder / "kernels.cmake": _sources([key for key, _ in parsed]),
    }
    for path, text in contents.items():
        write_if_changed(path, text)
    return list(contents)


def _template_arguments(key: KernelKey) -> str:
    return ", ".join(_CPP_TYPES[dtype] for dtype in key.dtypes)


def _groups(keys: list[KernelKey]) -> dict[tuple[str, str], list[KernelKey]]:
    groups: dict[tuple[str, str], list[KernelKey]] = {}
    for key in keys:
        groups.setdefault((key.library, key.op), []).append(key)
    return groups


def _selected(keys: list[KernelKey]) -> str:
    """For each operator a macro that applies V to the dtypes of each selected kernel. A file of another library has
    macros of its own, since both may be selected."""
    lines = ["// Which dtypes each kernel file instantiates.", "#pragma once", ""]
    for (library, op), members in _groups(keys).items():
        name = class_name(OPS[op])
        # An op without type variables has one kernel, which is no template.
        calls = " ".join(f"V({name}, {_template_arguments(key)})" for key in members if key.dtypes)
        lines.append(f"#define MTC_SELECTED_{library}_{name}(V) {calls}")
    return "\n".join(lines) + "\n"


def _namespace(library: str, level: int) -> str:
    return f"mtc::kernels::{library}::isa{level}"


def _table(keys: list[str]) -> str:
    parsed = [KernelKey.parse(key) for key in keys]
    lines = ['#include "interpreter/kernel_table.h"', '#include "core/half.h"', '#include "generated/args.h"', ""]
    lines += ["#include <cstddef>", "#include <cstdint>", ""]
    for (library, op), members in _groups(parsed).items():
        name = class_name(OPS[op])
        levels = 3 if LIBRARIES[library].supports[OPS[op]].is_hot else 1
        variables = ", ".join(f"typename T{i}" for i in range(len(members[0].dtypes)))
        template = f"template <{variables}> " if variables else ""
        for level in range(levels):
            declared = [f"{template}Status Run{name}(KernelContext&, const {name}Args&);"]
            if level == 0:
                declared.insert(0, f"Status Prepare{name}(PrepareContext&, const {name}Args&);")
            lines += _guarded(level, [f"namespace {_namespace(library, level)} {{", *declared, "}"])
    lines += ["", "namespace mtc {", "namespace {", "using namespace kernels;", ""]
    for op in sorted({key.op for key in parsed}):
        lines += _layout(OPS[op])
    for index, key in enumerate(parsed):
        numbers = ", ".join(str(n) for n in _operand_dtypes(OPS[key.op], key)) or "0"  # C++ has no empty arrays
        lines.append(f"constexpr uint8_t kTypes{index}[] = {{{numbers}}};")
    lines += ["", "constexpr KernelEntry kEntries[] = {"]
    for index, (text, key) in enumerate(zip(keys, parsed, strict=True)):
        name = class_name(OPS[key.op])
        lines.append(f'  {{"{text}", &kLayout{name}, kTypes{index},')
        lines.append(f"   CallKernel<PrepareContext, {name}Args, {_namespace(key.library, 0)}::Prepare{name}>, {{")
        levels = 3 if LIBRARIES[key.library].supports[OPS[key.op]].is_hot else 1
        for level in range(levels):
            arguments = f"<{_template_arguments(key)}>" if key.dtypes else ""
            run = f"CallKernel<KernelContext, {name}Args, {_namespace(key.library, level)}::Run{name}{arguments}>"
            lines += _guarded(level, [f"    {run},"])
        takes_pitch = LIBRARIES[key.library].supports[OPS[key.op]].takes_pitch is not False
        lines.append("   }, true}," if takes_pitch else "   }},")
    empty = "" if parsed else "  {}"
    lines += [empty, "};", "}  // namespace", "", "KernelTable SelectedKernels() {"]
    lines += [f"  return {{kEntries, {len(parsed)}}};", "}", "}  // namespace mtc", ""]
    return "\n".join(lines)


def _guarded(level: int, lines: list[str]) -> list[str]:
    return lines if level == 0 else [f"#if MTC_ISA_LEVELS > {level}", *lines, "#endif"]


def _layout(op: OpSpec) -> list[str]:
    name, rows = class_name(op), fields(op)
    lines = [f"constexpr Field kFields{name}[] = {{"]
    lines += [f"  {{FieldKind::{kind}, {limit}, offsetof({name}Args, {field})}}," for _, field, kind, limit in rows]
    lines.append("};")
    layout = f"kFields{name}, {len(rows)}, sizeof({name}Args), Sharing::{_sharing(op)}"
    lines.append(f"constexpr ArgsLayout kLayout{name} = {{{layout}}};")
    return lines


def _sharing(op: OpSpec) -> str:
    """Where the memory plan (mtc/program/storage.py) may put a result: runtime/kernels/kernel.h."""
    if op.has(Trait.ELEMENTWISE):
        return "kInPlace"
    return "kAny" if op in (ops.concat, ops.copy) else "kNone"


def _operand_dtypes(op: OpSpec, key: KernelKey) -> list[int]:
    bound = dict(zip(op.signature.variables, key.dtypes, strict=True))
    entries = (*op.signature.operands, *op.signature.results)
    return [_ANY if d is None else (d if isinstance(d, DType) else DType(bound[d])).number for d in entries]


def _sources(keys: list[KernelKey]) -> str:
    cold: list[str] = []
    hot: list[str] = []
    for library, op in _groups(keys):
        path = f"kernels/{library}/{op}.cpp"
        (hot if LIBRARIES[library].supports[OPS[op]].is_hot else cold).append(path)
    return f"set(MTC_KERNEL_SOURCES {' '.join(cold)})\nset(MTC_HOT_KERNEL_SOURCES {' '.join(hot)})\n"
