"""The rows of the ops' tables: every case in each of its dtypes, and which libraries have kernels for it."""

from __future__ import annotations

from cases import CASES
from cases.case import each_dtype

from mtc.delegates.registry import LIBRARIES
from mtc.ir.opspec import OpSpec
from mtc.ir.types import DType

ROWS = list(each_dtype(CASES))


def offers(library: str, op: OpSpec, dtype: DType) -> bool:
    """Whether the library has a kernel for the op in the dtype."""
    support = LIBRARIES[library].supports.get(op)
    return support is not None and dtype in support.dtypes
