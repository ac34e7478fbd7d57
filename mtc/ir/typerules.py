"""What makes a type and a constant sound by themselves, apart from where they stand. Each rule yields its findings."""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np

from mtc.ir.constant import Constant, Encoded
from mtc.ir.dims import Bounds, names_in
from mtc.ir.literals import is_word
from mtc.ir.quantized import RANGES
from mtc.ir.types import F32, QParams, TensorType

_LIMIT = 1 << 63  # sizes are 64-bit signed everywhere below


def check_type(type: TensorType, symbols: Set[str]) -> Iterator[str]:
    """Sizes are natural numbers or over declared dims; a quantized type has parameters that fit its shape."""
    for size in type.shape:
        if isinstance(size, int) and not 0 <= size < _LIMIT:
            yield f"size {size} is out of range"
    for name in sorted(names_in(type.shape) - symbols):
        yield f"dim `{name}` is not declared"
    if isinstance(type.nbytes, int) and type.nbytes >= _LIMIT:
        yield "the tensor is too big"
    if type.qparams is not None:
        yield from _check_qparams(type, type.qparams)
    elif type.dtype.is_quantized:
        yield f"{type.dtype} has no scale and zero point"


def _check_qparams(type: TensorType, qparams: QParams) -> Iterator[str]:
    low, high = RANGES[type.dtype]
    if not bool((np.isfinite(qparams.scale) & (qparams.scale > 0)).all()):
        yield "a scale is not a positive number"
    if not bool(((low <= qparams.zero_point) & (qparams.zero_point <= high)).all()):
        yield f"a zero point is not in {low}..{high}"
    if qparams.axis is None:
        return
    if not 0 <= qparams.axis < type.rank:
        yield f"quantization axis {qparams.axis} of a tensor of rank {type.rank}"
        return
    if qparams.block is not None and qparams.block < 1:
        yield f"quantization block of {qparams.block}"
        return
    size = type.shape[qparams.axis]
    if qparams.block is None:
        expected = size
    else:
        expected = (type.count if size == 0 else type.count // size) * -(-size // qparams.block)
    if expected != qparams.scale.size:
        yield f"{qparams.scale.size} scales where the shape needs {expected}"


def check_symbol(name: str, bounds: Bounds) -> Iterator[str]:
    """A named dim is a word, and its bounds leave a size."""
    if not is_word(name) or name in ("min", "max"):
        yield f"`{name}` cannot be the name of a dim"
    if not 0 <= bounds.min < _LIMIT or (bounds.max is not None and not bounds.min <= bounds.max < _LIMIT):
        yield f"dim `{name}` has no size between its bounds, {bounds.min} and {bounds.max}"


def check_constant(constant: Constant) -> Iterator[str]:
    """A constant is static and its elements fill its type."""
    if not constant.type.is_static:
        yield "the shape of a constant is symbolic"
        return
    findings = list(check_type(constant.type, frozenset()))
    yield from findings
    if findings:
        return
    if isinstance(constant.data, np.ndarray):
        wanted = (constant.type.dtype.numpy, constant.type.shape)
        if (constant.data.dtype, constant.data.shape) != wanted:
            yield f"an array {constant.data.dtype}{list(constant.data.shape)} holds another type"
    elif isinstance(constant.data, Encoded):
        if constant.type != TensorType(F32, constant.data.stored.type.shape):
            yield "it is not what its encoded elements stand for"
    elif constant.data.size != constant.nbytes:
        yield f"{constant.data.size} bytes of a file do not fill the type"
