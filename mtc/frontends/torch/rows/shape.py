"""Operators that move elements about."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value


@row(
    "view",
    "reshape",
    "_unsafe_view",
    "flatten.using_ints",
    "unflatten.int",
    "squeeze",
    "squeeze.dim",
    "squeeze.dims",
    "unsqueeze",
    "view_as",
    "reshape_as",
)
def reshape(importer: Importer, x: Value, *_: object) -> Value:
    """torch has computed the shape already."""
    return importer.reshape(x, importer.result_type().shape)


@row("permute")
def permute(importer: Importer, x: Value, dims: Sequence[int]) -> Value:
    return importer.emit(ops.permute, x, dims=tuple(d % x.type.rank for d in dims))


@row("transpose.int")
def transpose(importer: Importer, x: Value, dim0: int, dim1: int) -> Value:
    if x.type.rank == 0:
        return x
    dims = list(range(x.type.rank))
    dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
    return importer.emit(ops.permute, x, dims=tuple(dims))


@row("cat", "concatenate")
def cat(importer: Importer, tensors: Sequence[Value], dim: int = 0) -> Value:
    dtype = importer.result_type().dtype
    # torch lets empty tensors of shape [0] join anything.
    parts = [importer.cast(x, dtype) for x in tensors if x.type.shape != (0,)] or [importer.cast(tensors[0], dtype)]
    return importer.emit(ops.concat, *parts, axis=dim)


@row("clone", "contiguous", "alias", "detach", "lift_fresh_copy", "lift_fresh")
def same(importer: Importer, x: Value, memory_format: object = None) -> Value:
    return x
