"""What the IR knows of an operator. Specs are made from typed definitions by `mtc.ops.define`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mtc.ir.dims import Expr, Shape
from mtc.ir.types import DType, QParams, TensorType


class Arity(Enum):
    """How often an operand, result or region occurs."""

    ONE = "one"
    OPTIONAL = "optional"
    VARIADIC = "variadic"


class AttrKind(Enum):
    """What an attribute holds."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    ENUM = "enum"
    DTYPE = "dtype"
    INTS = "ints"
    FLOATS = "floats"
    DIMS = "dims"  # integers that may be symbolic and are evaluated at run time


class Trait(Enum):
    """What passes may assume of an operator without knowing it."""

    ELEMENTWISE = "elementwise"  # out[i] depends on operands at i only, after broadcasting
    COMMUTATIVE = "commutative"
    IDEMPOTENT = "idempotent"  # f(f(x)) == f(x)
    LAYOUT_AWARE = "layout-aware"  # has a `layout` attribute that lowering sets
    SHARES_QPARAMS = "shares-qparams"  # moves elements about; the result has its operand's qparams
    VIEW = "view"  # the same elements in the same order: needs no code
    EFFECT = "effect"  # may not be removed, duplicated or reordered
    STRUCTURAL = "structural"  # part of the IR's own grammar; has neither kernel nor reference


DERIVED = "derived"  # the quantized reference is: dequantize, reference, quantize


class Accuracy(Enum):
    """How far a kernel may be from the reference. `mtc.ops.accuracy` has the numbers for each dtype."""

    EXACT = "exact"  # equal bits
    ROUNDING = "rounding"  # a few units in the last place
    TRANSCENDENTAL = "transcendental"  # exp, log, erf: library functions differ
    REDUCTION = "reduction"  # sums in another order


@dataclass(frozen=True)
class Operand:
    """A positional parameter of an op."""

    name: str
    arity: Arity = Arity.ONE


@dataclass(frozen=True)
class Attribute:
    """A keyword parameter of an op. `length` is the size of a fixed tuple, `enum` the class of an ENUM."""

    name: str
    kind: AttrKind
    default: Any = None
    is_required: bool = False
    enum: type[Enum] | None = None
    length: int = 0


@dataclass(frozen=True)
class Signature:
    """Dtypes of operands and results: a fixed DType, a type variable's name, or None for any dtype, each its own; and
    what each variable may be."""

    operands: tuple[DType | str | None, ...]
    results: tuple[DType | str | None, ...]
    variables: Mapping[str, tuple[DType, ...]]
    has_variadic_result: bool = False


class TypeMismatch(ValueError):
    """Operands or attributes that an op does not take; the message says why."""


# From operand types (a tuple where variadic, None where absent) and attributes: the result's shape, a tuple; of several
# results a list of shapes. Of an op with nested functions, which are keyword arguments: a list of types.
Infer = Callable[..., Shape | Sequence[Shape] | Sequence[TensorType]]


@dataclass(frozen=True, eq=False)
class OpSpec:
    """An operator of the opset. Compared by identity: there is one object for each."""

    name: str
    doc: str
    operands: tuple[Operand, ...]
    attributes: Mapping[str, Attribute]
    signature: Signature
    infer: Infer
    reference: Callable[..., Any] | None = None
    regions: tuple[Operand, ...] = ()
    accuracy: Accuracy = Accuracy.ROUNDING
    traits: frozenset[Trait] = frozenset()
    version: int = 1
    flops: Callable[..., Any] | None = None
    quantized: Any = None
    family: str = ""

    def __repr__(self) -> str:
        return self.name

    def has(self, trait: Trait) -> bool:
        return trait in self.traits

    def has_attr(self, name: str) -> bool:
        return name in self.attributes

    @property
    def is_variadic(self) -> bool:
        return bool(self.operands) and self.operands[-1].arity is Arity.VARIADIC

    def group(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """Flat operands as the definition's parameters take them: the variadic ones as trailing items, absent ones
        as None."""
        fixed = len(self.operands) - self.is_variadic
        padded = tuple(inputs[:fixed]) + (None,) * (fixed - len(inputs[:fixed]))
        return padded + tuple(inputs[fixed:])

    def bind_types(self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any]) -> dict[str, DType]:
        """The dtype of each type variable. TypeMismatch if operands disagree or a dtype is not supported."""
        bound: dict[str, DType] = {}
        fixed = len(self.operands) - self.is_variadic
        if len(inputs) < sum(o.arity is Arity.ONE for o in self.operands) or (
            len(inputs) > fixed and not self.is_variadic
        ):
            raise TypeMismatch(f"`{self.name}` takes {len(self.operands)} operands, not {len(inputs)}")
        for index, given in enumerate(inputs):
            operand = self.operands[min(index, len(self.operands) - 1)]
            if given is None:
                if operand.arity is not Arity.OPTIONAL:
                    raise TypeMismatch(f"operand `{operand.name}` of `{self.name}` is missing")
                continue
            wanted = self.signature.operands[min(index, len(self.operands) - 1)]
            if wanted is None:
                continue
            if isinstance(wanted, DType):
                if given.dtype is not wanted:
                    raise TypeMismatch(f"operand `{operand.name}` of `{self.name}` is {wanted}, not {given.dtype}")
            elif bound.setdefault(wanted, given.dtype) is not given.dtype:
                raise TypeMismatch(
                    f"operands of `{self.name}` have different dtypes, {bound[wanted]} and {given.dtype}; cast one"
                )
        for variable in self.signature.variables:
            if variable not in bound and "dtype" in attrs:
                bound[variable] = attrs["dtype"]
        for variable, dtype in bound.items():
            allowed = self.signature.variables[variable]
            if dtype not in allowed and not (dtype.is_quantized and self._takes_quantized):
                names = ", ".join(str(d) for d in allowed)
                raise TypeMismatch(f"`{self.name}` takes {names}, not {dtype}")
        return {v: bound[v] for v in self.signature.variables if v in bound}

    @property
    def _takes_quantized(self) -> bool:
        """What only moves elements about need not know what they stand for."""
        return self.quantized is not None or self.has(Trait.SHARES_QPARAMS)

    def result_types(
        self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any], regions: Sequence[Any] = ()
    ) -> tuple[TensorType, ...]:
        """The types of the results. TypeMismatch if the op does not take these operands, attributes or functions."""
        bound = self.bind_types(inputs, attrs)
        if len(regions) != len(self.regions):
            raise TypeMismatch(f"`{self.name}` takes {len(self.regions)} functions, not {len(regions)}")
        shapes = self.infer(*self.group(inputs), **attrs, **self.named_regions(regions))
        many: Sequence[Any] = shapes if isinstance(shapes, list) else [shapes]
        if all(isinstance(result, TensorType) for result in many):
            return tuple(many)
        dtypes = [bound[d] if isinstance(d, str) else d for d in self.signature.results]
        if self.signature.has_variadic_result:
            dtypes = dtypes[:-1] + dtypes[-1:] * (len(many) - len(dtypes) + 1)
        shared = self._shared_qparams(inputs)
        return tuple(
            TensorType(dtype, tuple(shape), shared if dtype.is_quantized else None)  # type: ignore[arg-type,union-attr]
            for dtype, shape in zip(dtypes, many, strict=True)
        )

    def _shared_qparams(self, inputs: Sequence[TensorType | None]) -> QParams | None:
        """The parameters that results take over. None if they are chosen, as those per channel, whose axis may move."""
        given = [type.qparams for type in inputs if type is not None and type.qparams is not None]
        return given[0] if given and self.has(Trait.SHARES_QPARAMS) and given[0].axis is None else None

    def named_regions(self, regions: Sequence[Any]) -> dict[str, Any]:
        """Nested functions as the definition's parameters take them."""
        return {operand.name: region for operand, region in zip(self.regions, regions, strict=True)}

    def complete(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes with defaults filled in, in order of definition. TypeMismatch for unknown or missing ones."""
        for name in attrs:
            if name not in self.attributes:
                raise TypeMismatch(f"`{self.name}` has no attribute `{name}`; it has: {', '.join(self.attributes)}")
        full = {}
        for name, spec in self.attributes.items():
            if name not in attrs and spec.is_required:
                raise TypeMismatch(f"attribute `{name}` of `{self.name}` is missing")
            full[name] = _checked(self, spec, attrs.get(name, spec.default))
        return full


def _checked(op: OpSpec, spec: Attribute, value: Any) -> Any:
    match spec.kind:
        case AttrKind.INT if isinstance(value, int) and not isinstance(value, bool):
            return value
        case AttrKind.FLOAT if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        case AttrKind.BOOL if isinstance(value, bool):
            return value
        case AttrKind.ENUM if spec.enum is not None and isinstance(value, spec.enum):
            return value
        case AttrKind.DTYPE if isinstance(value, DType):
            return value
        case AttrKind.INTS if _is_tuple_of(value, (int,)) and len(value) == (spec.length or len(value)):
            return tuple(value)
        case AttrKind.FLOATS if _is_tuple_of(value, (int, float)) and len(value) == (spec.length or len(value)):
            return tuple(float(v) for v in value)
        case AttrKind.DIMS if _is_tuple_of(value, (int, Expr)):
            return tuple(value)
    raise TypeMismatch(f"attribute `{spec.name}` of `{op.name}` is {spec.kind.value}, not `{value}`")


def _is_tuple_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(v, kinds) and not isinstance(v, bool) for v in value)
