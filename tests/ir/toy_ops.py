"""A small opset that has every feature of an OpSpec, so that tests of the IR do not depend on the real one."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Any

from mtc.ir.opspec import Arity, Attribute, AttrKind, Operand, OpSpec, Quantized, Signature, Trait, TypeMismatch
from mtc.ir.types import ANY, QUANTIZED, DType, TensorType


class Layout(Enum):
    NCHW = "nchw"
    NHWC = "nhwc"


class Odd(Enum):
    PLAIN = "plain"
    SPACED = "two words"


def _attributes(*attributes: Attribute) -> dict[str, Attribute]:
    return {attribute.name: attribute for attribute in attributes}


def _op(name: str, operands: str, results: str, infer: Any, *attributes: Attribute, **more: Any) -> OpSpec:
    """`operands` are names; `?` behind one makes it optional, `*` variadic. All have the dtype T."""
    arity = {"?": Arity.OPTIONAL, "*": Arity.VARIADIC}
    parsed = tuple(Operand(o.rstrip("?*"), arity.get(o[-1], Arity.ONE)) for o in operands.split())
    signature = Signature(
        operands=("T",) * len(parsed),
        results=tuple(r.rstrip("*") for r in results.split()),
        variables={"T": ANY, "U": ANY},
        has_variadic_result=results.endswith("*"),
    )
    takes_quantized = more.get("quantized") is not None or Trait.SHARES_QPARAMS in more.get("traits", ())
    variants = (replace(signature, variables={"T": QUANTIZED}, form="quantized"),) if takes_quantized else ()
    return OpSpec(name, f"{name}.", parsed, _attributes(*attributes), signature, infer, variants=variants, **more)


def _like_first(x: TensorType, *_: Any, **__: Any) -> Any:
    return x.shape


def _split(x: TensorType, *, parts: int) -> Any:
    if not 1 <= parts <= 8:
        raise TypeMismatch(f"{parts} parts")
    return [x.shape] * parts


REGIONS = (Operand("then"), Operand("otherwise"))
INF = float("inf")

ADD = _op("add", "x y", "T", _like_first, traits=frozenset({Trait.ELEMENTWISE}))
CONV = _op(
    "conv",
    "x w bias?",
    "T",
    _like_first,
    Attribute("stride", AttrKind.INTS, (1, 1), length=2),
    Attribute("clamp", AttrKind.FLOATS, (-INF, INF), length=2),
    Attribute("layout", AttrKind.ENUM, Layout.NCHW, enum=Layout),
    traits=frozenset({Trait.LAYOUT_AWARE}),
)
EVERY = _op(
    "test.every",
    "x",
    "T",
    _like_first,
    Attribute("i", AttrKind.INT, is_required=True),
    Attribute("f", AttrKind.FLOAT, 0.5),
    Attribute("b", AttrKind.BOOL, False),
    Attribute("e", AttrKind.ENUM, Odd.PLAIN, enum=Odd),
    Attribute("d", AttrKind.DTYPE, DType.F32),
    Attribute("ints", AttrKind.INTS, ()),
    Attribute("floats", AttrKind.FLOATS, ()),
    Attribute("sizes", AttrKind.DIMS, (), is_required=True),
)
CONCAT = _op(
    "concat", "xs*", "T", _like_first, Attribute("axis", AttrKind.INT, 0), traits=frozenset({Trait.SHARES_QPARAMS})
)
SPLIT = _op("split", "x", "T*", _split, Attribute("parts", AttrKind.INT, 2))
RESHAPE = _op(
    "reshape",
    "x",
    "T",
    lambda x, *, shape: shape,
    Attribute("shape", AttrKind.DIMS, is_required=True),
    traits=frozenset({Trait.VIEW, Trait.SHARES_QPARAMS}),
)
CAST = _op("cast", "x", "U", lambda x, *, dtype: x.shape, Attribute("dtype", AttrKind.DTYPE, is_required=True))
CLAMP = _op(
    "clamp",
    "x",
    "T",
    _like_first,
    Attribute("max", AttrKind.FLOAT, INF),
    traits=frozenset({Trait.SHARES_QPARAMS}),
    quantized=Quantized.DERIVED,
)
COND = _op("cond", "p x", "T", _like_first, regions=REGIONS)
SINK = _op("sink", "x", "", lambda *_, **__: [], traits=frozenset({Trait.EFFECT}))

OPS = {op.name: op for op in (ADD, CONV, EVERY, CONCAT, SPLIT, RESHAPE, CAST, CLAMP, COND, SINK)}
