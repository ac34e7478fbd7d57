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
    UPDATES = "updates"  # changes a part of its first operand, and may do so in place
    VIEW = "view"  # the same elements in the same order: needs no code
    EFFECT = "effect"  # may not be removed, duplicated or reordered
    STRUCTURAL = "structural"  # part of the IR's own grammar; has neither kernel nor reference


class Quantized(Enum):
    """How an op's reference computes with quantized elements."""

    DERIVED = "derived"  # dequantize, reference, quantize, in f64
    PRODUCT = "product"  # a product of integers, then rounded once: `mtc.ops.quantized`


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
    form: str = ""  # of a variant whose kernels are files of their own: `conv2d_quantized`

    def kinds(self, count: int) -> tuple[DType | str | None, ...]:
        """Those of so many operands: variadic ones are all as the last."""
        return self.operands[:count] + self.operands[-1:] * (count - len(self.operands))

    def takes(self, dtypes: Sequence[DType]) -> bool:
        """Whether its variables can be bound so."""
        return len(dtypes) == len(self.variables) and all(
            dtype in allowed for dtype, allowed in zip(dtypes, self.variables.values(), strict=True)
        )


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
    quantized: Quantized | None = None
    variants: tuple[Signature, ...] = ()  # other signatures than the plain one, for quantized operands
    moves_channels: Callable[..., int | None] | None = None  # (axis, operand type, **attrs) -> axis of the result
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

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """The plain one, then those for quantized operands."""
        return (self.signature, *self.variants)

    def variant(self, form: str) -> Signature | None:
        """Its signature of that form, if it has one."""
        return next((signature for signature in self.variants if signature.form == form), None)

    def signature_for(self, dtypes: Sequence[DType]) -> Signature:
        """The one whose variables are bound so. ValueError if there is none."""
        for signature in self.signatures:
            if signature.takes(dtypes):
                return signature
        raise ValueError(f"`{self.name}` does not take {', '.join(map(str, dtypes))}")

    def bind_types(self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any]) -> dict[str, DType]:
        """The dtype of each type variable. TypeMismatch if operands disagree or a dtype is not supported."""
        return self.match(inputs, attrs)[1]

    def match(
        self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any]
    ) -> tuple[Signature, dict[str, DType]]:
        """The signature that takes operands of these types, and the dtype of each of its variables. TypeMismatch, with
        what the plain one does not take, if none does."""
        plain = self._bound(self.signature, inputs, attrs)
        if not isinstance(plain, str):
            return self.signature, plain
        for signature in self.variants:
            if not isinstance(found := self._bound(signature, inputs, attrs), str):
                return signature, found
        raise TypeMismatch(plain)

    def _bound(
        self, signature: Signature, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any]
    ) -> dict[str, DType] | str:
        """The dtype of each variable, or why the operands are not of that signature."""
        bound: dict[str, DType] = {}
        fixed = len(self.operands) - self.is_variadic
        if len(inputs) < sum(o.arity is Arity.ONE for o in self.operands) or (
            len(inputs) > fixed and not self.is_variadic
        ):
            return f"`{self.name}` takes {len(self.operands)} operands, not {len(inputs)}"
        for index, given in enumerate(inputs):
            operand = self.operands[min(index, len(self.operands) - 1)]
            if given is None:
                if operand.arity is not Arity.OPTIONAL:
                    return f"operand `{operand.name}` of `{self.name}` is missing"
                continue
            wanted = signature.operands[min(index, len(self.operands) - 1)]
            if wanted is None:
                continue
            if isinstance(wanted, DType):
                if given.dtype is not wanted:
                    return f"operand `{operand.name}` of `{self.name}` is {wanted}, not {given.dtype}"
            elif bound.setdefault(wanted, given.dtype) is not given.dtype:
                return f"operands of `{self.name}` have different dtypes, {bound[wanted]} and {given.dtype}; cast one"
        for variable in signature.variables:
            if variable not in bound and "dtype" in attrs:
                bound[variable] = attrs["dtype"]
        for variable, dtype in bound.items():
            allowed = signature.variables[variable]
            if dtype not in allowed:
                names = ", ".join(str(d) for d in allowed)
                return f"`{self.name}` takes {names}, not {dtype}"
        return {v: bound[v] for v in signature.variables if v in bound}

    def result_types(
        self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any], regions: Sequence[Any] = ()
    ) -> tuple[TensorType, ...]:
        """The types of the results. TypeMismatch if the op does not take these operands, attributes or functions."""
        signature, bound = self.match(inputs, attrs)
        if len(regions) != len(self.regions):
            raise TypeMismatch(f"`{self.name}` takes {len(self.regions)} functions, not {len(regions)}")
        shapes = self.infer(*self.group(inputs), **attrs, **self.named_regions(regions))
        many: Sequence[Any] = shapes if isinstance(shapes, list) else [shapes]
        if all(isinstance(result, TensorType) for result in many):
            return tuple(many)
        dtypes = [bound[d] if isinstance(d, str) else d for d in signature.results]
        if signature.has_variadic_result:
            dtypes = dtypes[:-1] + dtypes[-1:] * (len(many) - len(dtypes) + 1)
        shared = self._shared_qparams(inputs, attrs)
        return tuple(
            TensorType(dtype, tuple(shape), shared if dtype.is_quantized else None)  # type: ignore[arg-type,union-attr]
            for dtype, shape in zip(dtypes, many, strict=True)
        )

    def _shared_qparams(self, inputs: Sequence[TensorType | None], attrs: Mapping[str, Any]) -> QParams | None:
        """The parameters that results take over. None if they are chosen, as those per channel where it is not known
        along which axis the channels stand."""
        given = [type for type in inputs if type is not None and type.qparams is not None]
        if not given or not self.has(Trait.SHARES_QPARAMS):
            return None
        qparams = given[0].qparams
        if qparams is None or qparams.axis is None:
            return qparams
        axis = (
            self.moves_channels(qparams.axis, given[0], **attrs) if self.moves_channels and not qparams.block else None
        )
        return None if axis is None else qparams.moved(axis)

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
