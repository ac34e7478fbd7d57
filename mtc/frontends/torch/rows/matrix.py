"""Products of matrices, and attention."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Number, Unsupported
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.rows.reduction import vector_norm
from mtc.frontends.torch.table import row
from mtc.ir.dims import product
from mtc.ir.module import Value
from mtc.ir.types import BOOL, F32, I32
from mtc.passes.matching import made_by
from mtc.passes.stored_weights import is_by_row


@row("linear")
def linear(importer: Importer, x: Value, weight: Value, bias: Value | None = None) -> Value:
    if weight.type.rank == 1:
        result = importer.reshape(matmul(importer, x, weight), importer.result_type().shape)
        return result if bias is None else importer.emit(ops.add, result, bias)
    if not x.type.dtype.is_float:
        result = _product(importer, x, _transposed(importer, weight))
        return result if bias is None else importer.emit(ops.add, result, bias)
    rows, stored = importer.origins.get(x), made_by(weight, ops.dequantize)
    if rows is not None and stored is not None and is_by_row(stored.operand(0)):
        return importer.emit(ops.linear, rows, stored.operand(0), bias, dynamic=True)
    return importer.emit(ops.linear, x, weight, bias)


@row("matmul", "mm", "bmm", "mv", "dot", "vdot")
def matmul(importer: Importer, x: Value, y: Value) -> Value:
    """Vectors are matrices of one row or one column."""
    rows = x if x.type.rank > 1 else importer.reshape(x, (1, *x.type.shape))
    columns = y if y.type.rank > 1 else importer.reshape(y, (*y.type.shape, 1))
    return importer.reshape(_product(importer, rows, columns), importer.result_type().shape)


@row("_int_mm")
def int_mm(importer: Importer, x: Value, y: Value) -> Value:
    """Of int8, in int32. Floats sum these exactly up to 2**24, and no library multiplies matrices of integers that
    stand for nothing: that the weights are int8 is kept, as what a float product reads."""
    real = (importer.cast(value, F32) for value in (x, y))
    return importer.cast(importer.emit(ops.matmul, *real), I32)


def _product(importer: Importer, x: Value, y: Value) -> Value:
    """`x` [..., rows, depth] times `y` [..., depth, columns]. Products of integers are elementwise ones that are
    summed: no library multiplies matrices of them."""
    if x.type.dtype.is_float:
        return importer.emit(ops.matmul, x, y)
    rows = importer.reshape(x, (*x.type.shape, 1))
    columns = importer.reshape(y, (*y.type.shape[:-2], 1, *y.type.shape[-2:]))
    return importer.emit(ops.sum, importer.emit(ops.mul, rows, columns), axes=(-2,))


@row("inner")
def inner(importer: Importer, x: Value, y: Value) -> Value:
    """The products of all vectors in the last axes."""
    if x.type.rank == 0 or y.type.rank == 0:
        return binary(importer, ops.mul, x, y)
    rows, others = (importer.reshape(v, (product(v.type.shape[:-1]), v.type.shape[-1])) for v in (x, y))
    return importer.reshape(matmul(importer, rows, importer.permute(others, (1, 0))), importer.result_type().shape)


@row("kron")
def kron(importer: Importer, x: Value, y: Value) -> Value:
    """Blocks of `y`, each times an element of `x`."""
    rank = max(x.type.rank, y.type.rank)
    left, right = ([*(1,) * (rank - v.type.rank), *v.type.shape] for v in (x, y))
    elements = importer.reshape(x, [size for n in left for size in (n, 1)])
    blocks = importer.reshape(y, [size for n in right for size in (1, n)])
    return importer.reshape(binary(importer, ops.mul, elements, blocks), importer.result_type().shape)


_FEW = 25  # up to so many vectors torch takes differences, beyond it squares them out


@row("_cdist_forward")
def cdist(importer: Importer, x: Value, y: Value, p: float, compute_mode: int | None = None) -> Value:
    """The distances of each vector in x to each in y."""
    counts = (x.type.shape[-2], y.type.shape[-2])
    are_many = any(isinstance(count, int) and count > _FEW for count in counts)
    if p == 2 and (compute_mode == 1 or (are_many and compute_mode != 2)):
        squares = [importer.emit(ops.sum, importer.emit(ops.square, v), axes=(-1,), keepdim=True) for v in (x, y)]
        products = importer.emit(ops.matmul, x, y, transpose_y=True)
        rest = binary(importer, ops.mul, products, -2)
        total = importer.emit(ops.add, importer.emit(ops.add, squares[0], rest), _transposed(importer, squares[1]))
        return importer.emit(ops.sqrt, importer.emit(ops.clamp, total, min=0.0))
    rows = importer.reshape(x, (*x.type.shape[:-1], 1, x.type.shape[-1]))
    columns = importer.reshape(y, (*y.type.shape[:-2], 1, *y.type.shape[-2:]))
    return vector_norm(importer, binary(importer, ops.sub, rows, columns), p, -1)


def _transposed(importer: Importer, x: Value) -> Value:
    rank = x.type.rank
    return importer.permute(x, (*range(rank - 2), rank - 1, rank - 2))


@row("_pdist_forward")
def pdist(importer: Importer, x: Value, p: float = 2) -> Value:
    """The distances of each vector to those after it."""
    count = x.type.shape[0]
    if not isinstance(count, int):
        raise Unsupported("distances between vectors whose number is not fixed")
    pairs = np.triu_indices(count, 1)
    first, second = (importer.emit(ops.index_select, x, importer.constant(i), axis=0) for i in pairs)
    return vector_norm(importer, importer.emit(ops.sub, first, second), p, -1)


def _transposed_weight(value: Value) -> Value | None:
    """The matrix of which `value` is the transpose."""
    node = value.producer
    return node.inputs[0] if node is not None and node.op is ops.permute and node.attrs["dims"] == (1, 0) else None


@row("addmm")
def addmm(importer: Importer, x: Value, mat1: Value, mat2: Value, beta: Number = 1, alpha: Number = 1) -> Value:
    weight = _transposed_weight(mat2)
    if weight is not None and beta == alpha == 1 and x.type.shape == mat2.type.shape[1:]:
        return linear(importer, mat1, weight, x)
    return _sum_of_products(importer, x, _product(importer, mat1, mat2), beta, alpha)


@row("baddbmm")
def baddbmm(importer: Importer, x: Value, batch1: Value, batch2: Value, beta: Number = 1, alpha: Number = 1) -> Value:
    return _sum_of_products(importer, x, _product(importer, batch1, batch2), beta, alpha)


@row("addbmm")
def addbmm(importer: Importer, x: Value, batch1: Value, batch2: Value, beta: Number = 1, alpha: Number = 1) -> Value:
    total = importer.emit(ops.sum, _product(importer, batch1, batch2), axes=(0,))
    return _sum_of_products(importer, x, total, beta, alpha)


@row("addmv")
def addmv(importer: Importer, x: Value, mat: Value, vec: Value, beta: Number = 1, alpha: Number = 1) -> Value:
    return _sum_of_products(importer, x, matmul(importer, mat, vec), beta, alpha)


def _sum_of_products(importer: Importer, x: Value, total: Value, beta: Number, alpha: Number) -> Value:
    total = total if alpha == 1 else binary(importer, ops.mul, total, alpha)
    if beta == 0:
        return total
    return importer.emit(ops.add, x if beta == 1 else binary(importer, ops.mul, x, beta), total)


@row("outer", "ger")
def outer(importer: Importer, x: Value, vec2: Value) -> Value:
    return binary(importer, ops.mul, importer.reshape(x, (*x.type.shape, 1)), vec2)


@row("bilinear")
def bilinear(importer: Importer, input1: Value, input2: Value, weight: Value, bias: Value | None = None) -> Value:
    """[..., out] of [..., first], [..., second] and [out, first, second]."""
    out, first, second = weight.type.shape
    rows = importer.reshape(importer.permute(weight, (0, 2, 1)), (out * second, first))
    leading = input1.type.shape[:-1]
    apart = importer.reshape(importer.emit(ops.linear, input1, rows, None), (*leading, out, second))
    columns = importer.reshape(input2, (*leading, second, 1))
    result = importer.reshape(importer.emit(ops.matmul, apart, columns), (*leading, out))
    return result if bias is None else importer.emit(ops.add, result, bias)


@row("scaled_dot_product_attention")
def attention(
    importer: Importer,
    query: Value,
    key: Value,
    value: Value,
    attn_mask: Value | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Value:
    if dropout_p > 0:
        raise Unsupported("attention with dropout draws random numbers; call model.eval() before the export")
    features = query.type.shape[-1]
    if scale is None and not isinstance(features, int):
        raise Unsupported("attention over features whose number is not fixed")
    mask = attn_mask
    if mask is not None and mask.type.dtype is BOOL:
        dtype = query.type.dtype
        mask = importer.emit(ops.where, mask, importer.scalar(0.0, dtype), importer.scalar(-inf, dtype))
    elif mask is not None:
        mask = importer.cast(mask, query.type.dtype)
    return importer.emit(
        ops.scaled_dot_product_attention,
        query,
        key,
        value,
        mask,
        scale=1 / sqrt(features) if scale is None else scale,  # type: ignore[arg-type]
        is_causal=is_causal,
        enable_gqa=enable_gqa,
    )
