"""What can be done for the accuracy of a scheme, beside the choice of ranges; and which schemes it is for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME, collected
from mtc.ir.types import QI4, QI8, QU8
from mtc.quant.schemes import Scheme

NEAREST, ADAPTIVE = ROUNDINGS = ("nearest", "adaptive")


@dataclass(frozen=True)
class Improvements:
    """`equalize` scales channels so that weights have the same range in each (equalization.py); `smooth` moves that
    part of activations' ranges into weights (smoothing.py); None does not."""

    equalize: bool = False
    smooth: float | None = None

    @property
    def rescale(self) -> bool:
        """Whether weights are scaled before anything is rounded."""
        return self.equalize or self.smooth is not None

    @property
    def need_data(self) -> bool:
        return self.smooth is not None

    def facts(self) -> dict[str, Any]:
        """Those that are asked for, for an artifact."""
        return {name: value for name, value in asdict(self).items() if value not in (False, None, NEAREST)}

    def check(self, scheme: Scheme) -> None:
        """BAD_QUANT_CONFIG and BAD_SCHEME that name all that is not possible with a scheme."""
        is_integer = scheme.weights in (QI8, QU8, QI4)
        with collected() as report:
            if self.smooth is not None and not 0 < self.smooth <= 1:
                report(
                    BAD_QUANT_CONFIG(f"`smooth` is {self.smooth}: it is above 0, and 1 at most", help="0.5 is usual")
                )
            if self.equalize and not is_integer:
                report(BAD_SCHEME(f"`{scheme.name}` has no integers to equalize weights for", help=_NOT_WITH))
            if self.smooth is not None and not (scheme.is_static or scheme.is_dynamic):
                help = "--smooth is for schemes that round activations: int8, uint8, int8-dynamic"
                report(BAD_SCHEME(f"`{scheme.name}` keeps activations in floats", help=help))


_NOT_WITH = "--equalize is for schemes with integer weights"
