"""Symbolic sizes: integer expressions over named dims, kept in one normal form so that equal sizes compare equal.

An expression is a sum of terms `coefficient * atom * atom ...`; an atom is a named dim or an operation that does not
distribute (`//`, `%`, `min`, `max`). A result without atoms is a plain `int`, so a `Dim` is an `int` or an `Expr`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

Dim: TypeAlias = Union[int, "Expr"]
Shape: TypeAlias = tuple[Dim, ...]
Monomial: TypeAlias = "tuple[Atom, ...]"


@dataclass(frozen=True)
class Bounds:
    """The inclusive range of a named dim; `max` None is unbounded."""

    min: int = 1
    max: int | None = None


@dataclass(frozen=True)
class Atom:
    """A named dim (`kind` is "dim", `name` its name) or an operation (`//`, `%`, `min`, `max`) on two sizes."""

    kind: str
    name: str = ""
    args: tuple[Dim, ...] = ()

    def __str__(self) -> str:
        if self.kind == "dim":
            return self.name
        if self.kind in ("min", "max"):
            return f"{self.kind}({self.args[0]}, {self.args[1]})"
        return f"{_in_parentheses(self.args[0])}{self.kind}{_in_parentheses(self.args[1])}"


@dataclass(frozen=True)
class Expr:
    """A sum of terms, sorted by their text; never a plain number."""

    terms: tuple[tuple[Monomial, int], ...]

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self.terms:
            is_alone = len(monomial) == 1 and coefficient == 1
            factors = str(monomial[0]) if is_alone else "*".join(map(_factor, monomial))
            sign = "-" if coefficient < 0 else "+" if text else ""
            size = abs(coefficient)
            text += sign + (str(size) if not monomial else factors if size == 1 else f"{size}*{factors}")
        return text

    __repr__ = __str__

    def __add__(self, other: Dim) -> Dim:
        return _sum((*self.terms, *_terms(other)))

    def __mul__(self, other: Dim) -> Dim:
        return _sum((tuple(sorted((*m, *n), key=str)), a * b) for m, a in self.terms for n, b in _terms(other))

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + other * -1

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __floordiv__(self, other: Dim) -> Dim:
        return floor_div(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        return floor_div(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return mod(self, other)

    __radd__ = __add__
    __rmul__ = __mul__

    @property
    def names(self) -> frozenset[str]:
        """The named dims it depends on."""
        return names_in(atom for monomial, _ in self.terms for atom in monomial)


def dim(name: str) -> Expr:
    """The named dim `name`."""
    return Expr((((Atom("dim", name),), 1),))


def floor_div(a: Dim, b: Dim) -> Dim:
    """`a // b`, rounding down; terms that divide without remainder leave the division."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if b == 1:
        return a
    if a == b:
        return 1
    divisor = _terms(b)
    whole: Dim = 0
    rest: Dim = 0
    for term in _terms(a):
        quotient = _divide_term(term, divisor)
        if quotient is None:
            rest = rest + _sum((term,))
        else:
            whole = whole + quotient
    if rest == 0:
        return whole
    if isinstance(rest, int) and isinstance(b, int):
        return whole + rest // b
    return whole + _operation("//", rest, b)


def mod(a: Dim, b: Dim) -> Dim:
    """`a % b` with the sign of `b`."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    divisor = _terms(b)
    rest: Dim = 0
    for term in _terms(a):
        if _divide_term(term, divisor) is None:
            rest = rest + _sum((term,))
    if isinstance(rest, int) and isinstance(b, int):
        return rest % b
    return 0 if rest == 0 else _operation("%", rest, b)


def ceil_div(a: Dim, b: Dim) -> Dim:
    """`a / b`, rounding up; `b` is positive."""
    return floor_div(a + b - 1, b)


def minimum(a: Dim, b: Dim) -> Dim:
    """The smaller of two sizes."""
    difference = a - b
    if isinstance(difference, int):
        return a if difference <= 0 else b
    return _operation("min", *sorted((a, b), key=str))


def maximum(a: Dim, b: Dim) -> Dim:
    """The larger of two sizes."""
    difference = a - b
    if isinstance(difference, int):
        return a if difference >= 0 else b
    return _operation("max", *sorted((a, b), key=str))


def product(dims: Iterable[Dim]) -> Dim:
    """The product of sizes: the element count of a shape."""
    result: Dim = 1
    for size in dims:
        result = result * size
    return result


def names_in(dims: Iterable[Dim | Atom]) -> frozenset[str]:
    """The named dims that any of `dims` depends on."""
    found: set[str] = set()
    for size in dims:
        if isinstance(size, Atom):
            found |= {size.name} if size.kind == "dim" else names_in(size.args)
        elif isinstance(size, Expr):
            found |= names_in(atom for monomial, _ in size.terms for atom in monomial)
    return frozenset(found)


def evaluate(size: Dim, values: Mapping[str, int]) -> int:
    """The number that `size` is where its named dims have `values`. KeyError if one has none."""
    if isinstance(size, int):
        return size
    return sum(
        coefficient * math.prod(_evaluate_atom(atom, values) for atom in monomial)
        for monomial, coefficient in size.terms
    )


def substitute(size: Dim, values: Mapping[str, Dim]) -> Dim:
    """`size` with named dims replaced; those without a value stay."""
    if isinstance(size, int):
        return size
    total: Dim = 0
    for monomial, coefficient in size.terms:
        factor: Dim = coefficient
        for atom in monomial:
            factor = factor * _substitute_atom(atom, values)
        total = total + factor
    return total


def is_static(shape: Sequence[Dim]) -> bool:
    """Whether every size is a number."""
    return all(isinstance(size, int) for size in shape)


def _terms(size: Dim) -> tuple[tuple[Monomial, int], ...]:
    return size.terms if isinstance(size, Expr) else (((), size),) if size else ()


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    totals: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        totals[monomial] = totals.get(monomial, 0) + coefficient
    kept = tuple(sorted(((m, c) for m, c in totals.items() if c), key=lambda t: (not t[0], [str(a) for a in t[0]])))
    if not kept:
        return 0
    if len(kept) == 1 and not kept[0][0]:
        return kept[0][1]
    return Expr(kept)


def _operation(kind: str, a: Dim, b: Dim) -> Expr:
    return Expr((((Atom(kind, args=(a, b)),), 1),))


def _divide_term(term: tuple[Monomial, int], divisor: tuple[tuple[Monomial, int], ...]) -> Dim | None:
    """The quotient if a divisor of one term divides `term` without remainder."""
    if len(divisor) != 1:
        return None
    (by_atoms, by), (atoms, coefficient) = divisor[0], term
    if coefficient % by:
        return None
    left = list(atoms)
    for atom in by_atoms:
        if atom not in left:
            return None
        left.remove(atom)
    return _sum(((tuple(left), coefficient // by),))


def _evaluate_atom(atom: Atom, values: Mapping[str, int]) -> int:
    if atom.kind == "dim":
        return values[atom.name]
    a, b = (evaluate(arg, values) for arg in atom.args)
    return {"//": lambda: a // b, "%": lambda: a % b, "min": lambda: min(a, b), "max": lambda: max(a, b)}[atom.kind]()


def _substitute_atom(atom: Atom, values: Mapping[str, Dim]) -> Dim:
    if atom.kind == "dim":
        return values.get(atom.name, dim(atom.name))
    a, b = (substitute(arg, values) for arg in atom.args)
    return {"//": floor_div, "%": mod, "min": minimum, "max": maximum}[atom.kind](a, b)


def _in_parentheses(size: Dim) -> str:
    text = str(size)  # once: sizes nest
    return text if text.isidentifier() or text.isdecimal() else f"({text})"


def _factor(atom: Atom) -> str:
    return f"({atom})" if atom.kind in ("//", "%") else str(atom)
