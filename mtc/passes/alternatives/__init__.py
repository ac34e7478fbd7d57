"""Operators said by others, for runtimes that lack the kernels of the first: each rewrite is one way to say one.

Nothing here is better than what it replaces, so no stage applies it by itself: `fitting.py` searches among them. A
rewrite computes the same numbers but for rounding, whatever its operands hold, NaN and infinity included; only
divisors whose reciprocal overflows are left out.
"""

from mtc.ir.rewriter import Rewrite
from mtc.passes.alternatives.activations import ACTIVATIONS
from mtc.passes.alternatives.arithmetic import ARITHMETIC
from mtc.passes.alternatives.dtypes import DTYPES
from mtc.passes.alternatives.movement import MOVEMENT
from mtc.passes.alternatives.normalization import NORMALIZATION
from mtc.passes.alternatives.products import PRODUCTS
from mtc.passes.alternatives.reductions import REDUCTIONS

# Ways that keep the dtype before those that change it: among equally cheap ones the first is taken.
ALTERNATIVES: tuple[Rewrite, ...] = (
    *ACTIVATIONS,
    *ARITHMETIC,
    *NORMALIZATION,
    *REDUCTIONS,
    *PRODUCTS,
    *MOVEMENT,
    *DTYPES,
)
