"""Complex tensors, which are two tensors here: the IR has real numbers only.

A call that takes or gives a complex tensor is imported by a row for complex numbers (`rows/complex.py`); where there is
none, an operator that moves or adds elements is imported by its row for real ones, once for each part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from mtc.frontends.torch.problems import Unsupported
from mtc.ir.module import Value

if TYPE_CHECKING:
    from mtc.frontends.torch.importer import Importer

PART_DTYPES = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}
# Of these the second operand is written into the first; a real one has no imaginary part.
_WRITING = [torch.ops.aten.copy.default, torch.ops.aten.slice_scatter.default, torch.ops.aten.select_scatter.default]


@dataclass(frozen=True, eq=False)
class Complex:
    """The parts of a complex tensor, of one shape and dtype."""

    real: Value
    imag: Value


def part_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of the parts of complex numbers; others are their own."""
    return PART_DTYPES.get(dtype, dtype)


def is_complex(fake: Any) -> bool:
    """Whether torch's result, or one of several, is complex."""
    if isinstance(fake, (tuple, list)):
        return any(map(is_complex, fake))
    return isinstance(fake, torch.Tensor) and fake.dtype in PART_DTYPES


def imported(importer: Importer, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a call with complex operands or results."""
    row = importer.table.complex_rows.get(target)
    if row is not None:
        return row(importer, *args, **kwargs)
    plain = importer.table.rows.get(target)
    if plain is None or target not in importer.table.by_parts:
        raise Unsupported("no mtc op has its semantics for complex numbers")
    if target in _WRITING and isinstance(args[1], Value):
        written = args[1]
        args = (args[0], Complex(written, importer.full(written.type.shape, 0, written.type.dtype)), *args[2:])
    return _joined(*(_of_part(importer, plain, args, kwargs, name) for name in ("real", "imag")))


def _of_part(
    importer: Importer, row: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str
) -> Any:
    def part(argument: Any) -> Any:
        if isinstance(argument, Complex):
            return getattr(argument, name)
        if isinstance(argument, Sequence) and any(isinstance(item, Complex) for item in argument):
            return tuple(part(item) if isinstance(item, Complex) else real(item) for item in argument)
        return argument

    def real(item: Any) -> Any:
        """A real tensor beside complex ones."""
        is_zero = isinstance(item, Value) and name == "imag"
        return importer.full(item.type.shape, 0, item.type.dtype) if is_zero else item

    return row(importer, *map(part, args), **{key: part(value) for key, value in kwargs.items()})


def _joined(real: Any, imag: Any) -> Any:
    if isinstance(real, Value):
        return Complex(real, imag)
    return [_joined(*parts) for parts in zip(real, imag, strict=True)]
