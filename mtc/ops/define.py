"""`@op`: an operator is defined once, as a typed NumPy reference; everything else is read off it.

Positional parameters are operands (`x: Tensor`, `bias: Tensor | None`, `*xs: Tensor`), keyword-only ones attributes
(`int`, `float`, `bool`, an Enum, `DType`, `Dims`, `tuple[int, int]`, `tuple[float, ...]`) and nested functions
(`body: Function`). `types` gives their dtypes over type variables: `T, T -> T`; a variable that no operand binds is
bound by the attribute `dtype`; `*T` as the last result stands for several; `any` is any dtype, each its own.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ir.opspec import (
    Accuracy,
    Arity,
    Attribute,
    AttrKind,
    Infer,
    Operand,
    OpSpec,
    Quantized,
    Signature,
    Trait,
    TypeMismatch,
)
from mtc.ir.types import (  # noqa: F401  the vocabulary that families import from here
    ANY,
    BF16,
    BOOL,
    F16,
    F32,
    F64,
    FLOATS,
    I8,
    I16,
    I32,
    I64,
    INTEGERS,
    NUMBERS,
    QI4,
    QI8,
    QU8,
    U8,
    DType,
    TensorType,
)

Tensor = np.ndarray
Function = Callable[..., list[np.ndarray]]
Dims = tuple[Dim, ...]

ELEMENTWISE, COMMUTATIVE, IDEMPOTENT = Trait.ELEMENTWISE, Trait.COMMUTATIVE, Trait.IDEMPOTENT
LAYOUT_AWARE, SHARES_QPARAMS = Trait.LAYOUT_AWARE, Trait.SHARES_QPARAMS
UPDATES, VIEW, EFFECT = Trait.UPDATES, Trait.VIEW, Trait.EFFECT
DERIVED, PRODUCT = Quantized.DERIVED, Quantized.PRODUCT

OPS: dict[str, OpSpec] = {}

_SCALAR_KINDS = {"int": AttrKind.INT, "float": AttrKind.FLOAT, "bool": AttrKind.BOOL, "DType": AttrKind.DTYPE}


class Layout(Enum):
    """Where the channels of a batch of images stand. `nhwc` weights are [out, height, width, in]."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Variant:
    """Other operand types of an op: `Variant("Q, W, f32 -> Q", form="quantized", Q=(QI8,), W=(QI8,))`. Its kernels are
    files of their own, named after the op and `form`."""

    def __init__(self, types: str, *, form: str, **variables: tuple[DType, ...]) -> None:
        self.types = types
        self.form = form
        self.variables = variables


def op(
    *,
    types: str,
    infer: Infer | None = None,
    traits: Sequence[Trait] = (),
    accuracy: Accuracy = Accuracy.ROUNDING,
    quantized: Quantized | None = None,
    variants: Sequence[Variant] = (),
    moves_channels: Callable[..., int | None] | None = None,
    version: int = 1,
    flops: Callable[..., Any] | None = None,
    **variables: tuple[DType, ...],
) -> Callable[[Callable[..., Any]], OpSpec]:
    """Defines the operator that the decorated reference computes and enters it in OPS.

    `infer` gets the operand types (None if absent; variadic ones as trailing arguments), the attributes and the nested
    functions, and returns the result's shape, or a list of shapes or types. Elementwise ops need none: their operands
    are broadcast.
    `flops` gets the same and returns the floating-point operations of one call (multiply and add are two).

    With `quantized`, or if its result shares its operand's qparams, it also takes quantized elements: in place of
    floats, all of one dtype, unless `variants` say otherwise.
    """

    def define(reference: Callable[..., Any]) -> OpSpec:
        operands, attributes, regions = _parameters(reference)
        shapes = infer or (broadcast_operands if ELEMENTWISE in traits else None)
        if shapes is None:
            raise TypeError(f"{reference.__name__}: how are its result's shapes inferred?")
        signature = _signature(types, variables)
        others = tuple(_signature(variant.types, variant.variables, variant.form) for variant in variants)
        is_plain = not any(QI8 in allowed for allowed in variables.values())
        if is_plain and not others and (quantized is not None or SHARES_QPARAMS in traits):
            others = (_in_place_of_floats(signature, (QI8, QU8) if SHARES_QPARAMS not in traits else (QI8, QU8, QI4)),)
        spec = OpSpec(
            name=reference.__name__.rstrip("_"),
            doc=inspect.getdoc(reference) or "",
            operands=operands,
            attributes=attributes,
            signature=signature,
            infer=shapes,
            reference=reference,
            regions=regions,
            accuracy=accuracy,
            traits=frozenset(traits),
            version=version,
            flops=flops or (_one_flop_per_element if ELEMENTWISE in traits else None),
            quantized=quantized,
            variants=others,
            moves_channels=moves_channels,
            family=reference.__module__.rpartition(".")[2],
        )
        if OPS.setdefault(spec.name, spec) is not spec:
            raise TypeError(f"two ops are called {spec.name}")
        return spec

    return define


def broadcast(*shapes: Shape) -> Shape:
    """The shape that all of `shapes` broadcast to, as NumPy does. TypeMismatch if they do not."""
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dim] = []
    for axis in range(-rank, 0):
        sizes = [shape[axis] for shape in shapes if len(shape) >= -axis]
        wide = [size for size in sizes if size != 1]
        # A symbolic size beside a fixed one must equal it: the fixed one says more.
        chosen = next((size for size in wide if isinstance(size, int)), wide[0] if wide else 1)
        if any(isinstance(size, int) and size != chosen for size in wide):
            raise TypeMismatch(f"shapes {' and '.join(map(show_shape, shapes))} do not broadcast")
        result.append(chosen)
    return tuple(result)


def broadcast_operands(*operands: TensorType | None, **_: Any) -> Shape:
    """The rule of elementwise ops."""
    return broadcast(*(operand.shape for operand in operands if operand is not None))


def same_shape(x: TensorType, *_: Any, **__: Any) -> Shape:
    """The result is shaped like the first operand."""
    return x.shape


def show_shape(shape: Shape) -> str:
    return "[" + ",".join(map(str, shape)) + "]"


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front. TypeMismatch if there is none of that number."""
    if not -max(rank, 1) <= axis < max(rank, 1):
        raise TypeMismatch(f"axis {axis} of a tensor of rank {rank}")
    return axis % max(rank, 1)


def may_equal(a: Dim, b: Dim) -> bool:
    """Whether two sizes are equal as far as they are known; kernels compare the actual ones."""
    return a == b or not (isinstance(a, int) and isinstance(b, int))


def require(condition: bool, message: str) -> None:
    """TypeMismatch with `message` if an operand or attribute breaks the op's rule."""
    if not condition:
        raise TypeMismatch(message)


def _one_flop_per_element(*operands: TensorType | None, **attrs: Any) -> Dim:
    return TensorType(F32, broadcast_operands(*operands)).count


def _in_place_of_floats(signature: Signature, dtypes: tuple[DType, ...]) -> Signature:
    """The signature of the same op for quantized elements."""
    variables = {name: dtypes if F32 in allowed else allowed for name, allowed in signature.variables.items()}
    return replace(signature, variables=variables, form="quantized")


def _signature(types: str, variables: dict[str, tuple[DType, ...]], form: str = "") -> Signature:
    before, _, after = types.partition("->")

    def entry(word: str) -> DType | str | None:
        name = word.strip().lstrip("*")
        return None if name == "any" else name if name in variables else DType(name)

    results = [word for word in after.split(",") if word.strip()]
    return Signature(
        operands=tuple(entry(word) for word in before.split(",") if word.strip()),
        results=tuple(entry(word) for word in results),
        variables=variables,
        has_variadic_result=bool(results) and results[-1].strip().startswith("*"),
        form=form,
    )


def _parameters(
    reference: Callable[..., Any],
) -> tuple[tuple[Operand, ...], dict[str, Attribute], tuple[Operand, ...]]:
    operands: list[Operand] = []
    regions: list[Operand] = []
    attributes: dict[str, Attribute] = {}
    for parameter in inspect.signature(reference).parameters.values():
        annotation = str(parameter.annotation)
        if annotation == "Function":
            regions.append(Operand(parameter.name))
        elif parameter.kind is parameter.KEYWORD_ONLY:
            attributes[parameter.name] = _attribute(parameter, annotation, reference.__globals__)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            operands.append(Operand(parameter.name, Arity.VARIADIC))
        else:
            arity = {"Tensor": Arity.ONE, "Tensor | None": Arity.OPTIONAL}[annotation]
            operands.append(Operand(parameter.name, arity))
    return tuple(operands), attributes, tuple(regions)


def _attribute(parameter: inspect.Parameter, annotation: str, names: dict[str, Any]) -> Attribute:
    is_required = parameter.default is parameter.empty
    default = None if is_required else parameter.default
    common = {"name": parameter.name, "default": default, "is_required": is_required}
    if annotation in _SCALAR_KINDS:
        return Attribute(kind=_SCALAR_KINDS[annotation], **common)
    if annotation == "Dims":
        return Attribute(kind=AttrKind.DIMS, **common)
    if found := re.fullmatch(r"tuple\[(int|float), (.*)\]", annotation):
        kind = AttrKind.INTS if found[1] == "int" else AttrKind.FLOATS
        length = 0 if found[2] == "..." else 1 + found[2].count(",") + 1
        return Attribute(kind=kind, length=length, **common)
    enum = names.get(annotation)
    if isinstance(enum, type) and issubclass(enum, Enum):
        return Attribute(kind=AttrKind.ENUM, enum=enum, **common)
    raise TypeError(f"an attribute cannot be {annotation}")
