"""torch's symbolic sizes (sympy expressions in SymInts) as sizes of the IR."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from typing import Any

import sympy
import torch

from mtc.frontends.torch.dimnames import StatedDims
from mtc.frontends.torch.scaled import scaled_size
from mtc.ir.dims import Bounds, Dim, Shape, ceil_div, dim, floor_div, maximum, minimum, mod, substitute


class UnsupportedSize(ValueError):
    """A size that depends on data, or is computed in a way that sizes cannot be."""


def is_size(value: Any) -> bool:
    return isinstance(value, (int, torch.SymInt)) and not isinstance(value, bool)


class Sizes:
    """Converts sizes of one exported program; `bounds` are the named dims met so far."""

    def __init__(self, program: torch.export.ExportedProgram, stated: StatedDims) -> None:
        self._ranges = {str(symbol): bounds for symbol, bounds in program.range_constraints.items()}
        self._names = dict(stated.names)
        self._least = stated.least
        self._axes = _axes_of_inputs(program)
        self._solved: dict[str, Dim] = {}
        self._counted: dict[str, int] = {}  # torch's symbols for sizes that depend on values, where those are known
        self.bounds: dict[str, Bounds] = {}
        self.equal: list[tuple[Dim, Dim]] = []  # what has to hold of the sizes of inputs

    def shape(self, sizes: Any) -> tuple[Dim, ...]:
        return tuple(self.size(size) for size in sizes)

    def size(self, value: Any) -> Dim:
        """UnsupportedSize if `value` is not an integer expression over sizes of inputs."""
        if isinstance(value, int):
            return value
        return self.expression(value.node.expr)

    def expression(self, expr: Any) -> Dim:
        """The same of a sympy expression."""
        return substitute(self._convert(expr), self._solved)

    def learn(self, sizes: Any, shape: Shape) -> None:
        """What torch takes to depend on the values of a tensor is known if that tensor is a constant, as a mask is."""
        for size, known in zip(sizes, shape, strict=True):
            if isinstance(size, torch.SymInt) and isinstance(size.node.expr, sympy.Symbol) and isinstance(known, int):
                symbol = str(size.node.expr)
                if symbol.startswith("u"):
                    self._counted[symbol] = known

    def exclude_one(self, size: Dim) -> None:
        """Where `size` is a named dim, that it is no less than 2."""
        known = self.bounds.get(str(size))
        if known is not None and known.min < 2:
            self.bounds[str(size)] = Bounds(2, known.max)

    def input_shape(self, sizes: Any) -> tuple[Dim, ...]:
        """The shape of an input. Each named dim must be the size of some input's axis; where torch only gives a
        multiple such as `2*s0`, that axis is a named dim of its own, and s0 is computed from it, without a rest."""
        return tuple(self._input_size(size) for size in sizes)

    def _input_size(self, value: Any) -> Dim:
        if isinstance(value, int):
            return value
        expr = value.node.expr
        if not isinstance(expr, sympy.Symbol):
            free = sorted(expr.free_symbols, key=str)
            slope = expr.coeff(free[0]) if len(free) == 1 else sympy.S.Zero
            is_known = len(free) != 1 or str(free[0]) in self._axes or str(free[0]) in self._solved
            if not is_known and slope.is_Integer and slope > 0:
                inner = self._convert(free[0])
                rest = int(expr - slope * free[0])
                low = self.bounds.pop(str(inner))
                name = f"{inner}_{slope}"
                high = None if low.max is None else int(slope) * low.max + rest
                self.bounds[name] = Bounds(max(int(slope) * low.min + rest, 1), high)
                self._solved[str(inner)] = floor_div(dim(name) - rest, int(slope))
                self.equal.append((mod(dim(name) - rest, int(slope)), 0))
                return dim(name)
        return self.size(value)

    def _convert(self, expr: Any) -> Dim:
        if expr.is_Integer:
            return int(expr)
        if isinstance(expr, sympy.Symbol):
            return self._symbol(str(expr))
        kind = type(expr).__name__
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0:
            result: Dim = 1
            for _ in range(int(expr.exp)):
                result = result * self._convert(expr.base)
            return result
        if kind in _ROUNDED:
            return self._rounded(kind, expr.args[0])
        parts = [self._convert(arg) for arg in expr.args] if kind in _OPERATIONS else []
        if not parts:
            raise UnsupportedSize(f"the size {expr} cannot be computed from the sizes of inputs")
        total = parts[0]
        for part in parts[1:]:
            total = _OPERATIONS[kind](total, part)
        return total

    def _rounded(self, kind: str, expr: Any) -> Dim:
        """An integer from a quotient of sizes, from a size times or by a fraction such as 1.5, or from halves of sizes
        and their like, which floats hold exactly."""
        if type(expr).__name__ == "IntTrueDiv":
            numerator, denominator = map(self._convert, expr.args)
            if isinstance(denominator, int) and denominator > 0:
                return _ROUNDED[kind](numerator, denominator)
        scaled = scaled_size(expr)
        if scaled is not None:
            size, by = self._convert(scaled.size), scaled.by
            if scaled.is_exact(kind, self.bounds.get(str(size))):
                return _ROUNDED[kind](size * by.numerator, by.denominator)
            if abs(scaled.times - by) < by / 2**52:
                whole = f"write it in integers, as n * {by.numerator} // {by.denominator}, or give n a small bound"
                raise UnsupportedSize(f"the float product {expr} misses {by} of some sizes, and is rounded; {whole}")
        halves = self._halves(expr)
        if halves is None or kind == "TruncToInt":  # of what may be negative
            raise UnsupportedSize(f"the size {kind}({expr}) cannot be computed from the sizes of inputs")
        return _ROUNDED[kind](*halves)

    def _halves(self, expr: Any) -> tuple[Dim, int] | None:
        """A sum of sizes and numbers as numerator and denominator, a power of two: float arithmetic that is exact."""
        kind = type(expr).__name__
        if expr.is_number:
            value = Fraction(float(expr))
            return (value.numerator, value.denominator) if value.denominator <= _FINEST else None
        if kind == "ToFloat":
            return self._convert(expr.args[0]), 1
        if kind in ("IntTrueDiv", "FloatTrueDiv") and expr.args[1].is_number and expr.args[1] != 0:
            value = 1 / Fraction(float(expr.args[1]))
            parts = [self._halves(expr.args[0]), (value.numerator, value.denominator)]
            if value.denominator & (value.denominator - 1):
                return None
        elif kind in ("Add", "Mul"):
            parts = [self._halves(arg) for arg in expr.args]
        else:
            return (self._convert(expr), 1) if expr.is_integer else None
        total: tuple[Dim, int] = (0, 1) if kind == "Add" else (1, 1)
        for part in parts:
            if part is None or total[1] * part[1] > _FINEST:
                return None
            if kind == "Add":
                total = total[0] * part[1] + part[0] * total[1], total[1] * part[1]
            else:
                total = total[0] * part[0], total[1] * part[1]
        return total

    def _symbol(self, symbol: str) -> Dim:
        if symbol in self._counted:
            return self._counted[symbol]
        if symbol.startswith("u"):
            raise UnsupportedSize("the size depends on the values of a tensor")
        name = self._name(symbol)
        if name not in self.bounds and name not in self._solved:
            known = self._ranges.get(symbol)
            low, high = (known.lower, known.upper) if known is not None else (sympy.S.One, sympy.oo)
            # torch counts sizes from 2 so that tracing sees no broadcast; the IR's rules hold for 1 as well, unless
            # the user said that the model's do not.
            smallest = int(low) if low.is_Integer and (int(low) > 2 or self._least.get(symbol) == int(low) == 2) else 1
            self.bounds[name] = Bounds(smallest, int(high) if high.is_Integer and int(high) < 2**62 else None)
        return dim(name)

    def _name(self, symbol: str) -> str:
        """The user's name, else s0, s1, ... in order of appearance: torch's own numbers say nothing."""
        if symbol not in self._names:
            used = set(self._names.values())
            self._names[symbol] = next(name for i in count() if (name := f"s{i}") not in used)
        return self._names[symbol]


def _axes_of_inputs(program: torch.export.ExportedProgram) -> set[str]:
    """torch's symbols that are the size of some input's axis."""
    values = (node.meta.get("val") for node in program.graph.find_nodes(op="placeholder"))
    sizes = (size for value in values for size in getattr(value, "shape", ()) if isinstance(size, torch.SymInt))
    return {str(size.node.expr) for size in sizes if isinstance(size.node.expr, sympy.Symbol)}


_FINEST = 2**16


def _round_div(a: Dim, b: int) -> Dim:
    """`a / b`, rounded as Python rounds: halves to the even number."""
    nearest, rest = floor_div(2 * a + b, 2 * b), mod(2 * a + b, 2 * b)
    return nearest if b % 2 else nearest - (1 - minimum(rest, 1)) * mod(nearest, 2)


_ROUNDED: dict[str, Callable[[Dim, int], Dim]] = {
    "TruncToInt": floor_div,
    "FloorToInt": floor_div,
    "CeilToInt": ceil_div,
    "RoundToInt": _round_div,
}

_OPERATIONS = {
    "Add": lambda a, b: a + b,
    "Mul": lambda a, b: a * b,
    "FloorDiv": floor_div,
    "CleanDiv": floor_div,
    "Mod": mod,
    "PythonMod": mod,
    "Min": minimum,
    "Max": maximum,
}
