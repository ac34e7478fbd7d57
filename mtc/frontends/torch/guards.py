"""What torch assumed of sizes when it followed the model's Python, and does not say in the graph.

`x + 1 if x.shape[0] % 2 == 0 else x` is traced for an even size; torch keeps the condition as a guard, which a call of
the exported program checks. So does an op here. Not every guard is the model's: the arithmetic of torch's own shape
functions compares sizes as well, with 1 above all, for graphs whose sizes the IR and the kernels check themselves. But
wherever torch finds a size to be some number, it may have put that number into the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy
import torch

from mtc.frontends.torch.locations import file_of_torch, source_line
from mtc.frontends.torch.sizes import Sizes, UnsupportedSize
from mtc.ir.dims import Dim, maximum
from mtc.ir.loc import Loc

# Files of torch that run when the model itself does: what they ask of sizes is the model's question.
_EAGER = ("nn/functional.py", "nn/modules/", "nn/utils/", "functional.py")
_DISPATCH = "nn/modules/module.py"  # calls of modules, in which whatever runs below has no Python frame of its own


@dataclass(frozen=True)
class Guard:
    """A condition on sizes, and where the model asks for it, if that is known."""

    condition: Any
    loc: Loc | None


def guards(program: torch.export.ExportedProgram) -> Iterator[Guard]:
    """The conditions of the model, each once. A program that was loaded from a file has none."""
    environment = _environment(program)
    seen = {sympy.true}
    for guard in environment.guards if environment is not None else ():
        condition = environment.replace(guard.expr)  # of sizes that torch found to be equal, one stands for all
        frame = guard.sloc.framework_loc
        is_of_model = frame is not None and _is_of_model(frame.filename)
        if condition not in seen and (is_of_model or _is_a_number(condition)):
            seen.add(condition)
            yield Guard(condition, source_line(frame.filename, frame.lineno) if is_of_model else None)


def count_fixed(program: torch.export.ExportedProgram) -> int:
    """How many values that the model's Python computes from sizes torch has made numbers of."""
    return sum(guard.loc is not None and _is_a_number(guard.condition) for guard in guards(program))


def _is_a_number(condition: Any) -> bool:
    """Whether it says so of a value, 0 and 1 aside."""
    sides = condition.args if isinstance(condition, sympy.Eq) else ()
    return any(side.is_number and side not in (0, 1) for side in sides)


def equal_sizes(condition: Any, sizes: Sizes) -> tuple[Dim, Dim] | None:
    """Two sizes that are equal where the condition holds, and only there; None if it holds for all that are allowed.

    UnsupportedSize if it cannot be computed from sizes.
    """
    if not isinstance(condition, sympy.core.relational.Relational):
        raise UnsupportedSize(f"the condition {condition} is not a comparison")
    left, right = (sizes.expression(side) for side in (condition.lhs, condition.rhs))
    match condition:
        case sympy.Eq():
            pair = (left, right)
        case sympy.Ne():
            square = (left - right) * (left - right)
            pair = (maximum(square, 1), square)
        case sympy.StrictGreaterThan():
            pair = (maximum(left, right + 1), left)
        case sympy.GreaterThan():
            pair = (maximum(left, right), left)
        case sympy.StrictLessThan():
            pair = (maximum(right, left + 1), right)
        case _:
            pair = (maximum(right, left), right)
    return None if pair[0] == pair[1] or _is_bound(condition, sizes) else pair


def _is_bound(condition: Any, sizes: Sizes) -> bool:
    """Whether the bounds of a named dim say so already."""
    if not isinstance(condition, (sympy.StrictGreaterThan, sympy.GreaterThan, sympy.StrictLessThan, sympy.LessThan)):
        return False
    if not isinstance(condition.lhs, sympy.Symbol) or not condition.rhs.is_Integer:
        return False
    bounds = sizes.bounds.get(str(sizes.expression(condition.lhs)))
    if bounds is None:
        return False
    low, high, limit = bounds.min, bounds.max, int(condition.rhs)
    match condition:
        case sympy.StrictGreaterThan():
            return low > limit
        case sympy.GreaterThan():
            return low >= limit
        case sympy.StrictLessThan():
            return high is not None and high < limit
    return high is not None and high <= limit


def _environment(program: torch.export.ExportedProgram) -> Any:
    for node in program.graph.find_nodes(op="placeholder"):
        for size in getattr(node.meta.get("val"), "shape", ()):
            if isinstance(size, torch.SymInt) and (environment := size.node.shape_env) is not None:
                return environment
    return None


def _is_of_model(file: str) -> bool:
    own = file_of_torch(file)
    if Path(file).parent == Path(__file__).parent:  # functions of torch that free_numbers.py passes on
        return False
    return own is None or (own.startswith(_EAGER) and own != _DISPATCH)
