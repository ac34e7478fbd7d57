"""What can be done for the accuracy of a scheme, beside the choice of ranges; and which schemes it is for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME, UNKNOWN_NAME, collected
from mtc.quant.schemes import Scheme
from mtc.support.suggest import did_you_mean

NEAREST, ADAPTIVE = ROUNDINGS = ("nearest", "adaptive")


@dataclass(frozen=True)
class Improvements:
    """`equalize` scales channels so that weights have the same range in each (equalization.py); `smooth` moves that
    part of activations' ranges into weights (smoothing.py); None does not. `correct_bias` takes back the mean of what
    rounding of weights changes (bias_correction.py); `round` is how weights are rounded (adaptive_rounding.py)."""

    equalize: bool = False
    smooth: float | None = None
    correct_bias: bool = False
    round: str = NEAREST

    @property
    def need_data(self) -> bool:
        return self.smooth is not None or self.correct_bias or self.round == ADAPTIVE

    def facts(self) -> dict[str, Any]:
        """Those that are asked for, for an artifact."""
        return {name: value for name, value in asdict(self).items() if value not in (False, None, NEAREST)}

    def check(self, scheme: Scheme) -> None:
        """BAD_QUANT_CONFIG and BAD_SCHEME that name all that is not possible with a scheme."""
        with collected() as report:
            if self.smooth is not None and not 0 < self.smooth <= 1:
                report(
                    BAD_QUANT_CONFIG(f"`smooth` is {self.smooth}: it is above 0, and 1 at most", help="0.5 is usual")
                )
            if self.round not in ROUNDINGS:
                report(UNKNOWN_NAME(f"no rounding is called `{self.round}`", help=did_you_mean(self.round, ROUNDINGS)))
            for name in self.facts() if not scheme.has_integers else ():
                report(
                    BAD_SCHEME(
                        f"`{scheme.name}` has no integers: `{name.replace('_', '-')}` would change nothing",
                        help=_NOT_WITH,
                    )
                )
            if self.smooth is not None and scheme.has_integers and not (scheme.is_static or scheme.is_dynamic):
                help = "--smooth is for schemes that round activations: int8, uint8, int8-dynamic"
                report(BAD_SCHEME(f"`{scheme.name}` keeps activations in floats", help=help))


_NOT_WITH = "it is for schemes with integer weights: int8, uint8, int8-dynamic, weight-int8, weight-int4"
