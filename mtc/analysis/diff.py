"""Structural differences of two models, programs, operator lists or runtimes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtc.analysis import runtime_diff
from mtc.diagnostics import NOT_AN_ARTIFACT
from mtc.ir.artifact import load
from mtc.ir.literals import type_text
from mtc.ir.module import Module
from mtc.ir.printer import print_function
from mtc.ops import OPS
from mtc.program import reader
from mtc.selection import ops_list
from mtc.stages.kinds import Kind, require


@dataclass
class Side:
    """One file as what is compared: named facts, multisets, and the lines of its functions."""

    kind: Kind
    facts: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Differences:
    """How two files differ: no line if they are the same."""

    lines: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """What is known of them beside the lines: nothing."""
        return {}


def diff(a: Path, b: Path) -> Differences | runtime_diff.RuntimeDiff:
    """How the two differ. NOT_AN_ARTIFACT if they are of different kinds."""
    kind, other = (require(path, Kind.IR, Kind.PROGRAM, Kind.OPS, Kind.RUNTIME) for path in (a, b))
    if kind is not other:
        raise NOT_AN_ARTIFACT.error(f"`{a}` is {kind.value}, `{b}` is {other.value}", help="compare two of a kind")
    if kind is Kind.RUNTIME:
        return runtime_diff.compare(a, b)
    left, right = _read(a, kind), _read(b, kind)
    found = _facts(left.facts, right.facts)
    for title in dict.fromkeys([*left.counts, *right.counts]):
        found += _counts(title, left.counts.get(title, Counter()), right.counts.get(title, Counter()))
    for name in dict.fromkeys([*left.lines, *right.lines]):
        found += _lines(name, left.lines.get(name, []), right.lines.get(name, []))
    return Differences(found)


def _read(path: Path, kind: Kind) -> Side:
    if kind is Kind.IR:
        return _module(load(path, OPS))
    if kind is Kind.PROGRAM:
        return _program(reader.read(path))
    kernels = ops_list.load(path).kernels
    return Side(kind, counts={"kernel": Counter(dict.fromkeys(kernels, 1))}, facts=_users(kernels))


def _users(kernels: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, str]:
    return {f"users of {key}": ", ".join(sorted(users)) for key, users in kernels.items()}


def _module(module: Module) -> Side:
    facts = {"form": module.form, "backends": ", ".join(module.meta.get("backends", []))}
    facts |= {f"metadata {key}": str(value) for key, value in module.meta.get("metadata", {}).items()}
    for function in module.functions.values():
        inputs = dict(zip(function.input_labels, function.inputs, strict=True))
        facts |= {f"@{function.name} input {name}": type_text(value.type) for name, value in inputs.items()}
        names = dict(zip(function.output_labels, function.outputs, strict=True))
        facts |= {f"@{function.name} output {name}": type_text(value.type) for name, value in names.items()}
    for name, constant in module.constants.items():
        facts[f"constant {name}"] = f"{type_text(constant.type)} sha256 {constant.digest().hex()[:12]}"
    operators = Counter(node.op.name for node in module.nodes())
    lines = {f"@{f.name}": print_function(f).splitlines() for f in module.functions.values()}
    return Side(Kind.IR, facts, {"operator": operators}, lines)


def _program(program: reader.Program) -> Side:
    facts = {"size": f"{program.size} bytes", "constants": f"{program.constant_bytes} bytes"}
    facts |= {f"metadata {key}": value for key, value in program.metadata.items()}
    lines: dict[str, list[str]] = {}
    for function in program.tables.functions or []:
        name = f"@{reader.text(function.name)}"
        facts[f"{name} arena"] = f"{function.arenaSize} bytes"
        for kind in ("input", "output"):
            facts |= {f"{name} {kind} {key}": type_ for key, type_ in program.interface(function, kind)}
        lines[name] = []
    for row in program.instructions:
        lines[f"@{row.function}"].append(f"{row.kernel} -> {', '.join(row.outputs)}")
    return Side(Kind.PROGRAM, facts, {"kernel": Counter(i.kernel for i in program.instructions)}, lines)


def _facts(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    found = []
    for key in dict.fromkeys([*a, *b]):
        if key not in b:
            found.append(f"- {key}: {a[key]}")
        elif key not in a:
            found.append(f"+ {key}: {b[key]}")
        elif a[key] != b[key]:
            found.append(f"~ {key}: {a[key]} became {b[key]}")
    return found


def _counts(title: str, a: Counter[str], b: Counter[str]) -> list[str]:
    keys = sorted(key for key in {*a, *b} if a[key] != b[key])
    return [f"~ {title} {key}: {a[key]} became {b[key]}" for key in keys]


def _lines(name: str, a: list[str], b: list[str]) -> list[str]:
    changes = list(difflib.unified_diff(a, b, lineterm="", n=1))[2:]
    return [f"in {name}:", *changes] if changes else []
