"""Complex numbers: their parts, their arithmetic, and Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mtc import ops
from mtc.frontends.torch.complexes import Complex
from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.rows import matrix, shape, slicing
from mtc.frontends.torch.table import complex_row
from mtc.ir.dims import Dim, product
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BOOL

Number = Complex | Operand | complex


def parts(importer: Importer, x: Number) -> tuple[Value, Value | None]:
    """Both parts in the dtype of the result's; of a real number the second is None."""
    dtype = importer.result_type().dtype
    if isinstance(x, Complex):
        return importer.cast(x.real, dtype), importer.cast(x.imag, dtype)
    if isinstance(x, complex):
        return importer.scalar(x.real, dtype), importer.scalar(x.imag, dtype)
    return importer.tensor(x, dtype), None


def complete(importer: Importer, x: Number) -> Complex:
    """A number in the shape of the result, whose imaginary part may be zero."""
    shape = importer.result_type().shape
    real, imag = parts(importer, x)
    imag = importer.scalar(0, real.type.dtype) if imag is None else imag
    return Complex(importer.expand(real, shape), importer.expand(imag, shape))


@complex_row("view_as_complex", "view_as_complex_copy")
def view_as_complex(importer: Importer, x: Value) -> Complex:
    last = x.type.rank - 1
    real, imag = (slicing.part(importer, x, last, i, i + 1) for i in range(2))
    return Complex(*(importer.reshape(part, x.type.shape[:-1]) for part in (real, imag)))


@complex_row("view_as_real", "view_as_real_copy")
def view_as_real(importer: Importer, x: Complex) -> Value:
    pair = [importer.reshape(part, (*part.type.shape, 1)) for part in (x.real, x.imag)]
    return importer.emit(ops.concat, *pair, axis=-1)


@complex_row("real")
def real(importer: Importer, x: Complex) -> Value:
    return x.real


@complex_row("imag")
def imag(importer: Importer, x: Complex) -> Value:
    return x.imag


@complex_row("complex")
def from_parts(importer: Importer, real: Value, imag: Value) -> Complex:
    shape = importer.result_type().shape
    return Complex(importer.expand(real, shape), importer.expand(imag, shape))


@complex_row("polar")
def polar(importer: Importer, abs: Value, angle: Value) -> Complex:
    return Complex(*(importer.emit(ops.mul, abs, importer.emit(op, angle)) for op in (ops.cos, ops.sin)))


@complex_row("abs")
def magnitude(importer: Importer, x: Complex) -> Value:
    return importer.emit(ops.hypot, x.real, x.imag)


@complex_row("angle")
def angle(importer: Importer, x: Complex) -> Value:
    return importer.emit(ops.atan2, x.imag, x.real)


@complex_row("_conj", "_conj_copy", "conj", "conj_physical")
def conjugate(importer: Importer, x: Complex) -> Complex:
    return Complex(x.real, importer.emit(ops.neg, x.imag))


@complex_row("resolve_conj", "resolve_neg")
def same(importer: Importer, x: Complex) -> Complex:
    return x


@complex_row("_to_copy", "to.dtype", "to.device", "to.dtype_layout", "type_as", "to.other")
def convert(importer: Importer, x: Complex | Value, *_: object, **__: object) -> Complex | Value:
    """Of what is converted to a real dtype, the imaginary part is dropped."""
    return complete(importer, x) if importer.is_complex_result else parts(importer, x)[0]


@complex_row("scalar_tensor")
def scalar_tensor(importer: Importer, s: Number, **_: object) -> Complex:
    return complete(importer, s)


@complex_row("ones", "ones_like", "new_ones")
def ones(importer: Importer, *_: object, **__: object) -> Complex:
    return complete(importer, 1)


@complex_row("full", "full_like", "new_full", "fill.Scalar")
def full(importer: Importer, _: object, *args: Number, **kwargs: Any) -> Complex:
    return complete(importer, kwargs["fill_value"] if "fill_value" in kwargs else args[-1])


@complex_row("where.self", "where.ScalarOther", "where.ScalarSelf")
def where(importer: Importer, condition: Value, x: Number, y: Number) -> Complex:
    chosen = zip(*(_parts_of_two(importer, x, y)), strict=True)
    return Complex(*(importer.emit(ops.where, importer.cast(condition, BOOL), *pair) for pair in chosen))


@complex_row("masked_fill.Scalar")
def masked_fill(importer: Importer, x: Complex, mask: Value, value: Number) -> Complex:
    return where(importer, mask, value, x)


@complex_row("constant_pad_nd")
def constant_pad(importer: Importer, x: Complex, pad: Sequence[Dim], value: float = 0.0) -> Complex:
    return padded(importer, x, pad, value=value)


@complex_row("pad")
def padded(
    importer: Importer, x: Complex, pad: Sequence[Dim], mode: str = "constant", value: float | None = None
) -> Complex:
    return Complex(shape.pad(importer, x.real, pad, mode, value), shape.pad(importer, x.imag, pad, mode))


def _parts_of_two(importer: Importer, x: Number, y: Number) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
    """The parts of both operands; one that is real has a zero for the other part."""

    def both(number: Number) -> tuple[Value, Value]:
        real, imag = parts(importer, number)
        return real, importer.scalar(0, real.type.dtype) if imag is None else imag

    return both(x), both(y)


def _sum(op: OpSpec) -> Callable[..., Complex]:
    def convert(importer: Importer, x: Number, y: Number, alpha: Any = 1) -> Complex:
        scaled = y if alpha == 1 else _product(importer, _elementwise(importer), y, alpha)
        pairs = zip(*(_parts_of_two(importer, x, scaled)), strict=True)
        result = Complex(*(importer.emit(op, *pair) for pair in pairs))
        return complete(importer, result)

    return convert


complex_row("add.Tensor", "add.Scalar")(_sum(ops.add))
complex_row("sub.Tensor", "sub.Scalar")(_sum(ops.sub))


@complex_row("rsub.Tensor", "rsub.Scalar")
def rsub(importer: Importer, x: Number, y: Number, alpha: Any = 1) -> Complex:
    return _sum(ops.sub)(importer, y, x, alpha)


Times = Callable[[Value, Value], Value]


def _elementwise(importer: Importer) -> Times:
    return lambda x, y: importer.emit(ops.mul, x, y)


def _product(importer: Importer, times: Times, x: Number, y: Number) -> Complex:
    """By the real product `times`, of elements or of matrices."""
    (a, b), (c, d) = parts(importer, x), parts(importer, y)
    if b is None and d is None:
        raise Unsupported("a complex product of real numbers")
    if d is None:
        assert b is not None
        return Complex(times(a, c), times(b, c))
    if b is None:
        return Complex(times(a, c), times(a, d))
    real = importer.emit(ops.sub, times(a, c), times(b, d))
    return Complex(real, importer.emit(ops.add, times(a, d), times(b, c)))


@complex_row("mul.Tensor", "mul.Scalar")
def mul(importer: Importer, x: Number, y: Number) -> Complex:
    return _product(importer, _elementwise(importer), x, y)


@complex_row("square")
def square(importer: Importer, x: Complex) -> Complex:
    return mul(importer, x, x)


@complex_row("pow.Tensor_Scalar")
def power(importer: Importer, x: Complex, exponent: Any) -> Complex:
    if exponent not in (1, 2, 3):
        raise Unsupported("powers of complex numbers other than the second and third")
    result = x
    for _ in range(int(exponent) - 1):
        result = mul(importer, result, x)
    return result


@complex_row("reciprocal")
def reciprocal(importer: Importer, x: Complex) -> Complex:
    size = importer.emit(ops.add, importer.emit(ops.square, x.real), importer.emit(ops.square, x.imag))
    over = Complex(x.real, importer.emit(ops.neg, x.imag))
    return Complex(*(importer.emit(ops.div, part, size) for part in (over.real, over.imag)))


@complex_row("div.Tensor", "div.Scalar")
def div(importer: Importer, x: Number, y: Number) -> Complex:
    (a, b), (c, d) = parts(importer, x), parts(importer, y)
    if d is not None:
        return mul(importer, x, reciprocal(importer, Complex(c, d)))
    assert b is not None
    return Complex(importer.emit(ops.div, a, c), importer.emit(ops.div, b, c))


@complex_row("exp")
def exp(importer: Importer, x: Complex) -> Complex:
    return polar(importer, importer.emit(ops.exp, x.real), x.imag)


@complex_row("matmul", "mm", "bmm", "mv", "dot")
def matmul(importer: Importer, x: Number, y: Number) -> Complex:
    return _product(importer, lambda a, b: matrix.matmul(importer, a, b), x, y)


def _normalized(importer: Importer, x: Value, normalization: int, count: Dim) -> Value:
    """Divided by nothing, by the root of `count`, or by it: torch's 0, 1 and 2."""
    if normalization == 0:
        return x
    size = importer.tensor(count, x.type.dtype)
    return importer.emit(ops.div, x, size if normalization == 2 else importer.emit(ops.sqrt, size))


def _transformed(importer: Importer, x: Complex, axes: Sequence[int], inverse: bool) -> Complex:
    for axis in axes:
        x = Complex(*importer.several(ops.fft, x.real, x.imag, axis=axis, inverse=inverse))
    return x


def _over(importer: Importer, x: Complex, dim: Sequence[int], normalization: int) -> Complex:
    count = product([x.real.type.shape[axis] for axis in dim])
    return Complex(*(_normalized(importer, part, normalization, count) for part in (x.real, x.imag)))


@complex_row("_fft_c2c")
def fft_c2c(importer: Importer, x: Complex, dim: Sequence[int], normalization: int, forward: bool) -> Complex:
    return _over(importer, _transformed(importer, x, dim, not forward), dim, normalization)


@complex_row("_fft_r2c")
def fft_r2c(importer: Importer, x: Value, dim: Sequence[int], normalization: int, onesided: bool) -> Complex:
    count = product([x.type.shape[axis] for axis in dim])
    first = Complex(*importer.several(ops.fft, x, None, axis=dim[-1], onesided=onesided))
    result = _transformed(importer, first, dim[:-1], inverse=False)
    return Complex(*(_normalized(importer, part, normalization, count) for part in (result.real, result.imag)))


@complex_row("_fft_c2r")
def fft_c2r(importer: Importer, x: Complex, dim: Sequence[int], normalization: int, last_dim_size: Dim) -> Value:
    x = _transformed(importer, x, dim[:-1], inverse=True)
    result = importer.emit(ops.irfft, x.real, x.imag, axis=dim[-1], size=(last_dim_size,))
    return _normalized(importer, result, normalization, product([result.type.shape[axis] for axis in dim]))
