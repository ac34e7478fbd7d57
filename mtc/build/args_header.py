"""The argument struct of every op and the layout by which the runtime fills it, as C++: runtime/generated/args.h."""

from __future__ import annotations

from enum import Enum

from mtc.ir.opspec import Arity, Attribute, AttrKind, OpSpec
from mtc.ir.types import DType
from mtc.ops import OPS

BANNER = "// Generated from mtc/ops by scripts/generate; do not edit.\n"

_OPERANDS = {
    Arity.ONE: ("const Tensor*", "kInput"),
    Arity.OPTIONAL: ("const Tensor*", "kOptionalInput"),
    Arity.VARIADIC: ("Span<const Tensor* const>", "kVariadicInput"),
}
_ATTRIBUTES = {
    AttrKind.INT: ("int64_t", "kInt"),
    AttrKind.FLOAT: ("double", "kFloat"),
    AttrKind.BOOL: ("bool", "kBool"),
    AttrKind.DTYPE: ("DType", "kEnum"),
    AttrKind.INTS: ("Span<const int64_t>", "kInts"),
    AttrKind.FLOATS: ("Span<const double>", "kFloats"),
    AttrKind.DIMS: ("Span<const int64_t>", "kDims"),
}
# Words that C++ keeps for itself.
_KEYWORDS = {"default", "union", "float", "double", "int", "bool", "switch", "register", "xor", "and", "or", "not"}


def class_name(op: OpSpec, form: str = "") -> str:
    """`layer_norm` is `LayerNorm` in C++, and its variant of form `quantized` is `LayerNormQuantized`."""
    return "".join(part.capitalize() for part in (*op.name.split("_"), form))


def field_name(name: str) -> str:
    return name + "_" if name in _KEYWORDS else name


def result_names(op: OpSpec) -> list[str]:
    """`out`, or `out0`, `out1`, ... where an op has several results."""
    count = len(op.signature.results)
    return ["out"] if count == 1 else [f"out{i}" for i in range(count)]


def fields(op: OpSpec) -> list[tuple[str, str, str, int]]:
    """C++ type, name, FieldKind and limit of each field, in the order of ArgsLayout."""
    rows = [(*_with_name(_OPERANDS[operand.arity], operand.name), 0) for operand in op.operands]
    names = result_names(op)
    for index, name in enumerate(names):
        is_variadic = op.signature.has_variadic_result and index == len(names) - 1
        rows.append(
            ("Span<Tensor* const>", name, "kVariadicOutput", 0) if is_variadic else ("Tensor*", name, "kOutput", 0)
        )
    rows += [_attribute_field(attribute) for attribute in op.attributes.values()]
    rows += [("NestedFunction*", field_name(region.name), "kFunction", 0) for region in op.regions]
    return rows


def _with_name(kind: tuple[str, str], name: str) -> tuple[str, str, str]:
    return kind[0], field_name(name), kind[1]


def _attribute_field(attribute: Attribute) -> tuple[str, str, str, int]:
    if attribute.kind is AttrKind.ENUM:
        assert attribute.enum is not None
        return attribute.enum.__name__, field_name(attribute.name), "kEnum", len(attribute.enum)
    limit = len(DType) if attribute.kind is AttrKind.DTYPE else attribute.length
    return (*_with_name(_ATTRIBUTES[attribute.kind], attribute.name), limit)


def enums() -> list[type[Enum]]:
    """The enumerations that attributes use, each once."""
    found = {a.enum: None for op in OPS.values() for a in op.attributes.values() if a.enum is not None}
    return sorted((e for e in found if e is not DType), key=lambda e: e.__name__)


def args_header() -> str:
    """The text of runtime/generated/args.h."""
    lines = [
        BANNER,
        "#ifndef MTC_GENERATED_ARGS_H_",
        "#define MTC_GENERATED_ARGS_H_\n",
        "#include <cstdint>\n",
        '#include "core/span.h"',
        '#include "core/tensor.h"\n',
        "namespace mtc {",
        "class NestedFunction;",
        "}  // namespace mtc\n",
        "namespace mtc::kernels {\n",
    ]
    for enum in enums():
        values = ", ".join("k" + "".join(p.capitalize() for p in v.name.split("_")) for v in enum)
        lines.append(f"enum class {enum.__name__} : uint8_t {{ {values} }};")
    lines.append("")
    for op in sorted(OPS.values(), key=lambda o: o.name):
        lines.append(f"struct {class_name(op)}Args {{")
        lines += [f"  {type_} {name};" for type_, name, _, _ in fields(op)]
        lines.append("};")
        forms = dict.fromkeys(variant.form for variant in op.variants)
        lines += [f"using {class_name(op, form)}Args = {class_name(op)}Args;" for form in forms]
        lines.append("")
    lines += ["}  // namespace mtc::kernels\n", "#endif  // MTC_GENERATED_ARGS_H_", ""]
    return "\n".join(lines)
