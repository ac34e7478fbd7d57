"""The loss that each layer causes alone: the others stay in floats."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from mtc.build.progress import Progress, silent
from mtc.ir.module import Module, Node
from mtc.passes.integer_forms import integer_form
from mtc.quant.calibration import Known
from mtc.quant.choice import is_product
from mtc.quant.config import FLOAT, Rule, pattern_of, scheme_of
from mtc.quant.stored import STORED_ONLY
from mtc.stages.quantize import Prepared, Quantized, rounded


@dataclass(frozen=True)
class Sensitivity:
    """A layer, and the SQNR (dB) of the output that suffers most when it alone is quantized."""

    value: str
    op: str
    at: str
    sqnr: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def layers(model: Module) -> Iterator[Node]:
    """Those that are ranked, in program order: convolutions and products, embeddings and recurrent layers; what lies
    between them follows."""
    return (
        node
        for node in model.functions["forward"]
        if node.op in STORED_ONLY or (is_product(node.op) and integer_form(node.op) is not None)
    )


def worst_sqnr(result: Quantized) -> float:
    """Of the output that suffers most."""
    return min((loss.sqnr for loss in result.losses.values()), default=float("inf"))


def sensitivities(
    ready: Prepared,
    *,
    known: Known,
    done: dict[str, float] | None = None,
    found: Callable[[Sensitivity], None] = lambda row: None,
    warn: Callable[[str], None] = warnings.warn,
    progress: Progress = silent,
) -> list[Sensitivity]:
    """The layers that the settings quantize, the most sensitive first. `done` holds the SQNR of those that were
    measured before; `found` hears of each."""
    done = {} if done is None else done
    told = ready.settings
    nodes = list(layers(ready.module))
    rows = []
    for number, node in enumerate(nodes):
        progress("measuring layers", number, len(nodes))
        name = node.outputs[0].name
        scheme = scheme_of(node, told.rules, told.scheme.name)
        if scheme == FLOAT:
            continue
        if name not in done:
            alone = (Rule("*", FLOAT), Rule(pattern_of(name), scheme))
            result = rounded(ready, alone, known=known, warn=warn)
            if not result.is_rounded:
                continue  # its operands keep it in floats
            done[name] = worst_sqnr(result)
        rows.append(Sensitivity(name, node.op.name, "; ".join(map(str, node.loc)), done[name]))
        found(rows[-1])
    return sorted(rows, key=lambda row: row.sqnr)
