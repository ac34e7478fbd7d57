"""The selection as C++: exactly these kernels are instantiated, stand in the table, and are therefore linked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtc import ops
from mtc.build import xnnpack_tables
from mtc.build.args_header import class_name, fields
from mtc.build.built_kernels import KEYS_MARK
from mtc.delegates.library import Adapter, Support
from mtc.delegates.registry import LIBRARIES, unknown_kernels
from mtc.diagnostics import collected
from mtc.ir.kernel_key import KernelKey
from mtc.ir.opspec import OpSpec, Signature, Trait
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
    "qi8": "Qi8",
    "qu8": "Qu8",
    "qi4": "Qi4",
}
_CPP_DTYPES = {DType.F64: "DType::kF64", DType.I8: "DType::kI8", DType.U8: "DType::kU8"}  # that adapters compute in
_ANY = 0xFF  # as in runtime/interpreter/linker.cpp


def write(
    keys: Collection[str], folder: Path, *, is_xnnpack_whole: bool = False, has_other_kernels: bool = False
) -> list[Path]:
    """Writes selected_kernels.h, kernel_table.cpp, kernels.cmake and selected_parts.h into `folder`, and returns their
    paths; a file that would not change keeps its time, so that nothing is compiled again for it. XNNPACK gets the
    microkernels of these kernels alone, or all of its own; the interpreter has what these kernels need, or all of it
    if programs are run with other kernels too. MtcError that names every key that no library has."""
    with collected() as report:
        for diagnostic in unknown_kernels(keys):
            report(diagnostic)
    folder.mkdir(parents=True, exist_ok=True)
    kernels = _with_adapted(set(keys))
    tables = xnnpack_tables.definitions([KernelKey.parse(key) for key in keys], is_whole=is_xnnpack_whole)
    contents = {
        folder / "selected_kernels.h": _selected(kernels),
        folder / "kernel_table.cpp": "\n".join([_table(sorted(set(keys))), *tables]),
        folder / "kernels.cmake": _sources(kernels),
        folder / "selected_parts.h": _parts(kernels, has_other_kernels),
    }
    for path, text in contents.items():
        write_if_changed(path, text)
    return list(contents)


@dataclass(frozen=True)
class _Kernel:
    """A kernel of the selection: what its key says, and the signature that it is for."""

    library: str
    op: str
    form: str
    dtypes: tuple[DType, ...]
    variant: str = ""  # empty for the code, which all variants share

    @staticmethod
    def of(key: KernelKey) -> _Kernel:
        dtypes = tuple(map(DType, key.dtypes))
        return _Kernel(key.library, key.op, OPS[key.op].signature_for(dtypes).form, dtypes, key.variant)

    def __lt__(self, other: _Kernel) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, ...]:
        return (self.library, self.op, self.form, *map(str, self.dtypes), self.variant)

    @property
    def spec(self) -> OpSpec:
        return OPS[self.op]

    @property
    def signature(self) -> Signature:
        return self.spec.signature_for(self.dtypes)

    @property
    def support(self) -> Support:
        found = LIBRARIES[self.library].support_of(self.spec, self.signature)
        assert found is not None
        return found

    @property
    def name(self) -> str:
        return class_name(self.spec, self.form)

    @property
    def file(self) -> str:
        return f"{self.op}{'_' if self.form else ''}{self.form}"

    @property
    def arguments(self) -> str:
        return ", ".join(_CPP_TYPES[str(dtype)] for dtype in self.dtypes)

    @property
    def levels(self) -> int:
        return 3 if self.support.is_hot_for(self.dtypes) else 1

    @property
    def adapted(self) -> _Kernel | None:
        """The plain kernel that it is made of, if it is no kernel of its own."""
        adapter = self.support.adapter
        if adapter is None:
            return None
        same = {DType.QI8: DType.I8, DType.QU8: DType.U8}
        plain = tuple(
            (same[dtype] if adapter is Adapter.AS_INTEGERS else DType.F64) if dtype.is_quantized else dtype
            for dtype in self.dtypes
        )
        return _Kernel(self.library, self.op, "", plain)


def _with_adapted(keys: Collection[str]) -> list[_Kernel]:
    """The kernels of the keys, and those that they are made of, with all variants."""
    found = {_Kernel.of(KernelKey.parse(key)) for key in keys}
    plain = [adapted for kernel in found if (adapted := kernel.adapted) is not None]
    return sorted(found | {replace(each, variant=name) for each in plain for name in each.support.variant_names})


def _files(kernels: Collection[_Kernel]) -> dict[tuple[str, str], list[_Kernel]]:
    """The code of each file, by library and the file's name: that of a kernel's variants is one."""
    files: dict[tuple[str, str], list[_Kernel]] = {}
    for kernel in sorted({replace(kernel, variant="") for kernel in kernels}):
        if kernel.adapted is None:
            files.setdefault((kernel.library, kernel.file), []).append(kernel)
    return files


def _selected(kernels: Collection[_Kernel]) -> str:
    """For each file a macro that applies V to the dtypes of each selected kernel: at higher instruction-set levels, of
    those that have versions there. A file of another library has macros of its own, since both may be selected. Where
    kernels have variants, each of these has a macro that does so for the dtypes that it is selected for, which may be
    none: code of the others is left out."""
    lines = ["// Which dtypes each kernel file instantiates, and which variants these have.", "#pragma once", ""]
    for (library, _), members in _files(kernels).items():
        hot = [kernel for kernel in members if kernel.levels > 1]
        if not hot or len(hot) == len(members):
            lines.append(_selection(library, members))
        else:
            lines += [
                "#if MTC_ISA_LEVEL > 0",
                _selection(library, hot),
                "#else",
                _selection(library, members),
                "#endif",
            ]
        for variant in sorted({name for kernel in members for name in kernel.support.variant_names} - {""}):
            selected = [kernel for kernel in members if replace(kernel, variant=variant) in kernels]
            lines.append(_selection(library, selected, f"{members[0].name}_{variant}"))
    return "\n".join(lines) + "\n"


def _selection(library: str, members: Sequence[_Kernel], macro: str = "") -> str:
    # An op without type variables has one kernel, which is no template.
    calls = " ".join(f"V({kernel.name}, {kernel.arguments})" for kernel in members if kernel.dtypes)
    return f"#define MTC_SELECTED_{library}_{macro or members[0].name}(V) {calls}"


def _namespace(library: str, level: int) -> str:
    return f"mtc::kernels::{library}::isa{level}"


def _table(keys: list[str]) -> str:
    parsed = [_Kernel.of(KernelKey.parse(key)) for key in keys]
    lines = ['#include "interpreter/kernel_table.h"', '#include "core/half.h"', '#include "generated/args.h"']
    lines += ['#include "kernels/quantized_adapters.h"', "", "#include <cstddef>", "#include <cstdint>", ""]
    for (library, _), members in _files(_with_adapted(keys)).items():
        name = members[0].name
        variables = ", ".join(f"typename T{i}" for i in range(len(members[0].dtypes)))
        template = f"template <{variables}> " if variables else ""
        for level in range(max(kernel.levels for kernel in members)):
            declared = [f"{template}Status Run{name}(KernelContext&, const {name}Args&);"]
            if level == 0:
                declared.insert(0, f"Status Prepare{name}(PrepareContext&, const {name}Args&);")
            lines += _guarded(level, [f"namespace {_namespace(library, level)} {{", *declared, "}"])
    lines += ["", "namespace mtc {", "namespace {", "using namespace kernels;", ""]
    for op in sorted({kernel.op for kernel in parsed}):
        lines += _layout(OPS[op])
    for index, kernel in enumerate(parsed):
        numbers = ", ".join(str(n) for n in _operand_dtypes(kernel)) or "0"  # C++ has no empty arrays
        lines.append(f"constexpr uint8_t kTypes{index}[] = {{{numbers}}};")
    names, places = _names(keys)
    lines += ["", *names, "", "constexpr KernelEntry kEntries[] = {"]
    for index, kernel in enumerate(parsed):
        lines.append(f"  {{kKeys + {places[index]}, &kLayout{class_name(kernel.spec)}, kTypes{index},")
        lines += _functions(kernel)
        lines.append("   }, true}," if kernel.support.takes_pitch is not False else "   }},")
    empty = "" if parsed else "  {}"  # C++ has no empty arrays
    lines += [empty, "};", "}  // namespace", "", "KernelTable SelectedKernels() {"]
    lines += [f"  return {{kEntries, {len(parsed)}}};", "}", "}  // namespace mtc", ""]
    return "\n".join(lines)


def _names(keys: list[str]) -> tuple[list[str], list[int]]:
    """The keys as one array, and where in it each begins. They stand behind a mark, so that they can be read from the
    binary without running it (`built_kernels.py`)."""
    if not keys:
        return [], []
    lines, places, at = [f'constexpr char kKeys[] = "{KEYS_MARK}\\0"'], [], len(KEYS_MARK) + 1
    for key in keys:
        lines.append(f'  "{key}\\0"')
        places.append(at)
        at += len(key) + 1
    lines[-1] += ";"  # the literal's own end is the empty key behind the last
    return lines, places


def _functions(kernel: _Kernel) -> list[str]:
    """Prepare, and Run for each level."""
    plain = kernel.adapted
    of = plain or kernel
    arguments = f"<{of.arguments}>" if of.dtypes else ""
    prepare = f"{_namespace(of.library, 0)}::Prepare{of.name}"
    runs = [f"{_namespace(of.library, level)}::Run{of.name}{arguments}" for level in range(of.levels)]
    args = f"{class_name(of.spec)}Args"
    if plain is not None:
        assert kernel.support.adapter is not None
        of_plain = f"{args}, kLayout{class_name(of.spec)}, {_CPP_DTYPES[plain.dtypes[0]]}, {prepare}"
        is_table = kernel.support.adapter is Adapter.BY_TABLE  # which is looked up alike, whatever filled it
        adapters = [
            f"{kernel.support.adapter.value}<{of_plain}, {runs[0 if is_table else min(level, of.levels - 1)]}>"
            for level in range(kernel.levels)
        ]
        prepare, runs = f"{adapters[0]}::Prepare", [f"{adapter}::Run" for adapter in adapters]
    lines = [f"   CallKernel<PrepareContext, {args}, {prepare}>, {{"]
    for level, run in enumerate(runs):
        lines += _guarded(level, [f"    CallKernel<KernelContext, {args}, {run}>,"])
    return lines


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
    if op.has(Trait.UPDATES):
        return "kFirst"
    return "kAny" if op in (ops.concat, ops.copy) else "kNone"


def _operand_dtypes(kernel: _Kernel) -> list[int]:
    signature = kernel.signature
    bound = dict(zip(signature.variables, kernel.dtypes, strict=True))
    entries = (*signature.operands, *signature.results)
    return [_ANY if d is None else (d if isinstance(d, DType) else bound[d]).number for d in entries]


def _parts(kernels: Collection[_Kernel], has_other_kernels: bool) -> str:
    """A file of its own, which hardly ever changes: the interpreter is not compiled again for each list."""
    needed = {
        "kRunsKernels": bool(kernels),
        "kNestsFunctions": any(kernel.spec.regions for kernel in kernels),
    }
    lines = ["// The parts of the runtime that only some kernels need.", "#pragma once", "", "namespace mtc {"]
    for name, is_needed in needed.items():
        lines.append(f"inline constexpr bool {name} = {'true' if is_needed or has_other_kernels else 'false'};")
    return "\n".join([*lines, "}  // namespace mtc", ""])


def _sources(kernels: Collection[_Kernel]) -> str:
    cold: list[str] = []
    hot: list[str] = []
    for (library, file), members in _files(kernels).items():
        is_hot = any(kernel.levels > 1 for kernel in members)
        (hot if is_hot else cold).append(f"kernels/{library}/{file}.cpp")
    return f"set(MTC_KERNEL_SOURCES {' '.join(cold)})\nset(MTC_HOT_KERNEL_SOURCES {' '.join(hot)})\n"
