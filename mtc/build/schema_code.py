"""The code that reads and writes a program's tables, as the pinned FlatBuffers compiler makes it of the schema."""

from __future__ import annotations

import re
import subprocess
import tempfile
from itertools import accumulate
from pathlib import Path

from mtc.build.runtime_sources import runtime_sources
from mtc.build.third_party import flatc


def schema_header() -> str:
    """runtime/generated/program_generated.h."""
    return _generated(".h", "--cpp", "--cpp-std", "c++17", "--scoped-enums")


def schema_module() -> str:
    """mtc/program/schema_generated.py."""
    return _generated(".py", "--python", "--gen-onefile")


def schema_layout() -> str:
    """runtime/generated/program_layout.h: what each field of each table is, by which runtime/program/table_walk.cpp
    checks a buffer. ValueError if the schema has what it does not know: unions, or a table that is not in a list."""
    sizes = dict(_SCALARS)
    tables: dict[str, list[str]] = {}
    text = re.sub(r"//.*", "", (runtime_sources() / "schema" / "program.fbs").read_text(encoding="utf-8"))
    for kind, name, base, body in re.findall(r"\b(enum|struct|table)\s+(\w+)(?:\s*:\s*(\w+))?\s*{([^}]*)}", text):
        types = re.findall(r"\w+\s*:\s*(\[?\w+\]?)", body)
        if kind == "enum":
            sizes[name] = sizes[base]
        elif kind == "struct":
            sizes[name] = _struct_size([sizes[type_] for type_ in types])
        else:
            tables[name] = types
    names = [*tables]
    rows: list[str] = []
    for name, types in tables.items():
        rows.append(f"    // {name}")
        rows += [f"    {_field(type_, sizes, names)}," for type_ in types]
    ends = [str(end) for end in accumulate(map(len, tables.values()))]
    roots = [f"inline constexpr uint8_t k{name}Table = {names.index(name)};" for name in ("Program", "Debug")]
    return _LAYOUT.format(rows="\n".join(rows), ends=", ".join(ends), roots="\n".join(roots))


_SCALARS = {"bool": 1, "ubyte": 1, "int": 4, "uint": 4, "float": 4, "long": 8, "ulong": 8, "double": 8}
_LAYOUT = """\
// Generated from runtime/schema/program.fbs by scripts/generate; do not edit.

#ifndef MTC_GENERATED_PROGRAM_LAYOUT_H_
#define MTC_GENERATED_PROGRAM_LAYOUT_H_

#include <cstdint>

#include "program/table_walk.h"

namespace mtc {{

// The fields of all tables, one table after the other.
inline constexpr FieldLayout kFieldLayouts[] = {{
{rows}
}};
// Where in it each table ends.
inline constexpr uint8_t kTableEnds[] = {{{ends}}};
{roots}

}}  // namespace mtc

#endif  // MTC_GENERATED_PROGRAM_LAYOUT_H_
"""


def _struct_size(fields: list[int]) -> int:
    """Fields lie at multiples of their sizes, and so does the end at one of the largest."""
    size = 0
    for field in fields:
        size = -(-size // field) * field + field
    return -(-size // max(fields)) * max(fields)


def _field(type_: str, sizes: dict[str, int], tables: list[str]) -> str:
    item = type_.strip("[]")
    is_list = type_ != item
    if item in sizes:
        return f"{{FieldShape::{'kScalars' if is_list else 'kScalar'}, {sizes[item]}}}"
    if item == "string":
        return f"{{FieldShape::{'kTexts' if is_list else 'kText'}, 0}}"
    if is_list and item in tables:
        return f"{{FieldShape::kTables, {tables.index(item)}}}"
    raise ValueError(f"a field of type {type_}")


def _generated(suffix: str, *options: str) -> str:
    schema = runtime_sources() / "schema" / "program.fbs"
    with tempfile.TemporaryDirectory(prefix="mtc-schema-") as folder:
        command = [str(flatc()), *options, "--gen-object-api", "-o", folder, str(schema)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"flatc refused {schema}:\n{done.stdout}{done.stderr}")
        return Path(folder, f"program_generated{suffix}").read_text(encoding="utf-8")
