"""Reads sizes, types, attribute values and elements from tokens: the parts of IR text without names of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mtc.ir import dims
from mtc.ir.constant import Constant
from mtc.ir.dims import Dim, Expr
from mtc.ir.lexer import Lexer
from mtc.ir.literals import element_array
from mtc.ir.opspec import Attribute, AttrKind
from mtc.ir.types import DType, QParams, TensorType
from mtc.support.suggest import did_you_mean

_DEPTH = 48  # of parentheses in one size
_TERMS = 1024  # of a product of sums, which multiplies out
_STEPS = 2048  # operations in one size
_DTYPES = {dtype.value: dtype for dtype in DType}
_T = TypeVar("_T")


# The numbers that a name in a type stands for, or None.
Lookup = Callable[[str], "np.ndarray | None"]


def parse_type(text: str, lookup: Lookup = lambda name: None) -> TensorType:
    """The type that `text` is, such as `f32[n,3]`; `lookup` finds scales by name. IR_SYNTAX if it is none."""
    parser = TypeParser(Lexer(text), lookup)
    type = parser.tensor_type()
    parser.lexer.expect_kind("end", "the end of the type")
    return type


class TypeParser:
    """Reads from a lexer, which others read from too."""

    def __init__(self, lexer: Lexer, lookup: Lookup) -> None:
        self.lexer = lexer
        self._lookup = lookup
        self._steps = 0

    def dtype(self) -> DType:
        token = self.lexer.expect_kind("word", "a dtype")
        if token.text not in _DTYPES:
            self.lexer.fail(
                f"`{token.text[:40]}` is no dtype", token.position, help=did_you_mean(token.text[:40], _DTYPES)
            )
        return _DTYPES[token.text]

    def tensor_type(self) -> TensorType:
        start = self.lexer.token.position
        dtype = self.dtype()
        qparams = self._qparams() if self.lexer.accept("(") else None
        shape = tuple(self.items("[", "]", self.size)) if self.lexer.is_next("[") else ()
        try:
            return TensorType(dtype, shape, qparams)
        except ValueError as error:
            self.lexer.fail(str(error), start)

    def items(self, opening: str, closing: str, item: Callable[[], _T]) -> list[_T]:
        """Items between brackets, with commas between them."""
        self.lexer.expect(opening)
        found: list[_T] = []
        while not self.lexer.accept(closing):
            if found:
                self.lexer.expect(",")
            found.append(item())
        return found

    def size(self) -> Dim:
        """An integer, or an expression over named dims."""
        self._steps = 0
        return self._sum(0)

    def float(self) -> float:
        return float(self._number("a number", {"number", "word"}))

    def attribute(self, spec: Attribute) -> Any:
        """A value of the attribute's kind."""
        match spec.kind:
            case AttrKind.INT:
                return self.lexer.integer("an integer")
            case AttrKind.FLOAT:
                return self.float()
            case AttrKind.BOOL:
                return self._boolean()
            case AttrKind.DTYPE:
                return self.dtype()
            case AttrKind.ENUM:
                return self._enum(spec)
            case AttrKind.DIMS:
                return tuple(self.items("[", "]", self.size))
        opening, closing = ("(", ")") if self.lexer.is_next("(") else ("[", "]")
        if spec.kind is AttrKind.FLOATS:
            return tuple(self.items(opening, closing, self.float))
        return tuple(self.items(opening, closing, lambda: self.lexer.integer("an integer")))

    def inline_constant(self, start: int) -> Callable[[TensorType], Constant]:
        """Reads elements; returns what makes the constant when its type, which stands behind them, is known."""
        texts: list[str] = []
        if self.lexer.is_next("["):
            self._nested_elements(texts, 0)
        else:
            texts.append(self._number("an element", {"number", "word"}))

        def of_type(type: TensorType) -> Constant:
            shape = [size for size in type.shape if isinstance(size, int) and size >= 0]
            if len(shape) != type.rank or type.count != len(texts):
                self.lexer.fail(f"{len(texts)} elements do not fill the type", start)
            try:
                elements = element_array(texts, type.dtype.numpy)
            except (ValueError, OverflowError) as error:
                self.lexer.fail(f"an element is no {type.dtype}: {error}"[:200], start)
            if type.dtype is DType.QI4 and not all(-8 <= value <= 7 for value in elements.tolist()):
                self.lexer.fail("an element is no qi4: it is not in -8..7", start)
            return Constant(None, type, elements.reshape(shape))

        return of_type

    def _nested_elements(self, texts: list[str], depth: int) -> None:
        if depth > _DEPTH:
            self.lexer.fail("brackets are nested too deep")

        def element() -> None:
            if self.lexer.is_next("["):
                self._nested_elements(texts, depth + 1)
            else:
                texts.append(self._number("an element", {"number", "word"}))

        self.items("[", "]", element)

    def _number(self, meaning: str, kinds: set[str]) -> str:
        sign = "-" if self.lexer.accept("-") else ""
        token = self.lexer.token
        is_known_word = token.kind == "word" and token.text in ("inf", "nan", "true", "false")
        if token.kind not in kinds or (token.kind == "word" and not is_known_word) or len(token.text) > 400:
            self.lexer.fail(f"expected {meaning}, found `{token.text[:40]}`")
        if token.text.startswith("0x") and (sign or meaning == "a number"):
            self.lexer.fail("bits have no sign and stand only for a constant's elements")
        if meaning == "a number" and token.text in ("true", "false"):
            self.lexer.fail(f"expected a number, found `{token.text}`")
        return sign + self.lexer.take().text

    def _boolean(self) -> bool:
        token = self.lexer.expect_kind("word", "`true` or `false`")
        if token.text not in ("true", "false"):
            self.lexer.fail(f"expected `true` or `false`, found `{token.text[:40]}`", token.position)
        return token.text == "true"

    def _enum(self, spec: Attribute) -> Any:
        start = self.lexer.token.position
        text = self.lexer.word_or_string(f"a value of `{spec.name}`")
        members = {str(member.value): member for member in spec.enum or ()}
        if text not in members:
            self.lexer.fail(f"`{text[:40]}` is no value of `{spec.name}`", start, help=did_you_mean(text[:40], members))
        return members[text]

    def _qparams(self) -> QParams:
        start = self.lexer.token.position
        fields: dict[str, Any] = {}
        while not self.lexer.accept(")"):
            if fields:
                self.lexer.expect(",")
            key = self.lexer.expect_kind("word", "`scale`, `zero_point`, `axis` or `block`")
            if key.text not in ("scale", "zero_point", "axis", "block") or key.text in fields:
                self.lexer.fail(f"unexpected `{key.text[:40]}`", key.position)
            self.lexer.expect("=")
            if key.text in ("scale", "zero_point"):
                fields[key.text] = self._numbers(np.dtype(np.float32 if key.text == "scale" else np.int32))
            else:
                fields[key.text] = self.lexer.integer("an integer")
        try:
            return QParams(**{"scale": ()} | fields)
        except ValueError as error:
            self.lexer.fail(str(error), start)

    def _numbers(self, dtype: np.dtype) -> np.ndarray:
        """A number, several in brackets, f16 with that word before them, or the name of a tensor."""
        start = self.lexer.token.position
        if self.lexer.token.kind == "symbol":
            name = self.lexer.symbol("@", "scales or zero points")
            found = self._lookup(name)
            if found is None or found.dtype not in ((dtype,) if dtype.kind == "i" else (dtype, np.float16)):
                self.lexer.fail(f"there are no such numbers `@{name}`", start)
            return found
        is_half = dtype.kind == "f" and self.lexer.accept("f16")
        texts: list[str] = []

        def number() -> None:
            texts.append(self._number("a number", {"number", "word"}))

        if is_half or self.lexer.is_next("["):
            self.items("[", "]", number)
        else:
            number()
        try:
            return element_array(texts, np.dtype(np.float16) if is_half else dtype)
        except (ValueError, OverflowError) as error:
            self.lexer.fail(f"a number is not of its type: {error}"[:200], start)

    def _sum(self, depth: int) -> Dim:
        total = self._product(depth)
        while self.lexer.is_next("+", "-"):
            sign = 1 if self.lexer.take().text == "+" else -1
            total = self._bounded(total + self._product(depth) * sign)
        return total

    def _product(self, depth: int) -> Dim:
        result = self._factor(depth)
        while self.lexer.is_next("*", "//", "%"):
            start = self.lexer.token.position
            operator = self.lexer.take().text
            other = self._factor(depth)
            if operator == "*":
                if _length(result) * _length(other) > _TERMS:
                    self.lexer.fail("size is too long", start)
                result = self._bounded(result * other)
            elif other == 0:
                self.lexer.fail("division by zero", start)
            else:
                result = self._bounded(dims.floor_div(result, other) if operator == "//" else dims.mod(result, other))
        return result

    def _factor(self, depth: int) -> Dim:
        if depth > _DEPTH:
            self.lexer.fail("parentheses are nested too deep")
        sign = 1
        while self.lexer.accept("-"):
            sign = -sign
        if self.lexer.token.kind == "number":
            return sign * self.lexer.integer("a size")
        if self.lexer.accept("("):
            result = self._sum(depth + 1)
            self.lexer.expect(")")
            return result * sign
        name = self.lexer.expect_kind("word", "a size").text
        if name in ("min", "max") and self.lexer.accept("("):
            first = self._sum(depth + 1)
            self.lexer.expect(",")
            second = self._sum(depth + 1)
            self.lexer.expect(")")
            return self._bounded((dims.minimum if name == "min" else dims.maximum)(first, second) * sign)
        return dims.dim(name) * sign

    def _bounded(self, size: Dim) -> Dim:
        self._steps += _length(size)
        if self._steps > _STEPS:
            self.lexer.fail("size is too long")
        return size


def _length(size: Dim) -> int:
    """How many atoms stand in the terms of a size."""
    return 1 + sum(len(monomial) for monomial, _ in size.terms) if isinstance(size, Expr) else 1
