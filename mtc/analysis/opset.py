"""What can be said of the operators themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtc.delegates.registry import LIBRARIES, backends
from mtc.diagnostics import UNKNOWN_NAME, collected
from mtc.ir.literals import attribute_text
from mtc.ir.opspec import Arity, Attribute, OpSpec
from mtc.ops import OPS
from mtc.support.suggest import did_you_mean

_MARKS = {Arity.ONE: "{}", Arity.OPTIONAL: "{}?", Arity.VARIADIC: "*{}"}


def find(names: Sequence[str], backend: str | None = None) -> list[OpSpec]:
    """The named operators, or all; `backend` leaves only what it has. UNKNOWN_NAME that names all that do not exist."""
    library = backends(backend)[0] if backend else None
    with collected() as report:
        for name in names:
            if name not in OPS:
                report(UNKNOWN_NAME(f"no operator is called `{name}`", help=did_you_mean(name, OPS)))
    found = [OPS[name] for name in names] or sorted(OPS.values(), key=lambda op: op.name)
    return [op for op in found if library is None or op in library.ops]


def described(op: OpSpec) -> dict[str, Any]:
    """An operator as plain data."""
    operands = ", ".join(_MARKS[operand.arity].format(operand.name) for operand in op.operands)
    results = ["any" if result is None else str(result) for result in op.signature.results]
    if op.signature.has_variadic_result:
        results[-1] = f"*{results[-1]}"
    functions = "".join(f", {region.name}: function" for region in op.regions)
    return {
        "name": op.name,
        "family": op.family,
        "doc": op.doc,
        "signature": f"({operands}{functions}) -> {', '.join(results)}",
        "dtypes": [f"{name}: {' '.join(map(str, allowed))}" for name, allowed in op.signature.variables.items()],
        "attributes": [_attribute(attribute) for attribute in op.attributes.values()],
        "accuracy": op.accuracy.value,
        "backends": [library.name for library in LIBRARIES.values() if op in library.supports],
        "quantized": [name for name, library in LIBRARIES.items() if op in library.forms.get("quantized", {})],
    }


def _attribute(spec: Attribute) -> str:
    """Its name, its kind or its words, and its default, as the IR writes them: `approximate: none | tanh = none`."""
    kind = " | ".join(attribute_text(spec.kind, word) for word in spec.enum) if spec.enum else spec.kind.value
    return f"{spec.name}: {kind}" + ("" if spec.is_required else f" = {attribute_text(spec.kind, spec.default)}")
