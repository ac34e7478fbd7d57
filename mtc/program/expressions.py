"""Symbolic sizes as a function's table of expressions."""

from __future__ import annotations

from mtc.ir.dims import Atom, Dim
from mtc.ir.module import Function
from mtc.program.header import UNBOUNDED
from mtc.program.rows import make
from mtc.program.schema_generated import ExprKind, ExprT, SymbolT

_ATOMS = {"//": ExprKind.floor_div, "%": ExprKind.mod, "min": ExprKind.min, "max": ExprKind.max}


class Expressions:
    """Gives each distinct expression one index; operands stand before what uses them."""

    def __init__(self, function: Function) -> None:
        self.rows: list[ExprT] = []
        self.symbols: list[SymbolT] = []
        self.names: list[str] = []
        self._known: dict[tuple[int, int, int], int] = {}
        for name, (index, axis) in function.symbol_axes.items():
            bounds = function.symbols[name]
            high = UNBOUNDED if bounds.max is None else bounds.max
            self.names.append(name)
            self.symbols.append(make(SymbolT, min=bounds.min, max=high, input=index, axis=axis))

    def dim(self, size: Dim) -> int:
        """How a size stands in a shape: itself, or `-index - 1` of its expression."""
        return size if isinstance(size, int) else -self.index(size) - 1

    def index(self, size: Dim) -> int:
        """The index of an expression, which is added if it is new."""
        if isinstance(size, int):
            return self._add(ExprKind.constant, size, 0)
        terms = [self._term(monomial, coefficient) for monomial, coefficient in size.terms]
        total = terms[0]
        for term in terms[1:]:
            total = self._add(ExprKind.add, total, term)
        return total

    def _term(self, monomial: tuple[Atom, ...], coefficient: int) -> int:
        factors = [self._atom(atom) for atom in monomial]
        if coefficient != 1 or not factors:
            factors.append(self._add(ExprKind.constant, coefficient, 0))
        result = factors[0]
        for factor in factors[1:]:
            result = self._add(ExprKind.mul, result, factor)
        return result

    def _atom(self, atom: Atom) -> int:
        if atom.kind == "dim":
            return self._add(ExprKind.symbol, self.names.index(atom.name), 0)
        a, b = (self.index(arg) for arg in atom.args)
        return self._add(_ATOMS[atom.kind], a, b)

    def _add(self, kind: int, a: int, b: int) -> int:
        key = (kind, a, b)
        if key not in self._known:
            self._known[key] = len(self.rows)
            self.rows.append(make(ExprT, a=a, b=b, kind=kind))
        return self._known[key]
