"""Products of matrices."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value


@row("linear")
def linear(importer: Importer, x: Value, weight: Value, bias: Value | None = None) -> Value:
    return importer.emit(ops.linear, x, weight, bias)
