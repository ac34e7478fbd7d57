"""Sorting along an axis."""

from __future__ import annotations

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value


@row("topk")
def topk(
    importer: Importer, x: Value, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Value, ...]:
    return importer.several(ops.topk, x, k=k, axis=dim, largest=largest)


@row("sort")
def sort(importer: Importer, x: Value, dim: int = -1, descending: bool = False) -> tuple[Value, ...]:
    return importer.several(ops.sort, x, axis=dim, descending=descending)


@row("sort.stable")
def sort_stable(
    importer: Importer, x: Value, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> tuple[Value, ...]:
    return sort(importer, x, dim, descending)


@row("argsort")
def argsort(importer: Importer, x: Value, dim: int = -1, descending: bool = False) -> Value:
    return sort(importer, x, dim, descending)[1]


@row("argsort.stable")
def argsort_stable(
    importer: Importer, x: Value, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> Value:
    return sort(importer, x, dim, descending)[1]
