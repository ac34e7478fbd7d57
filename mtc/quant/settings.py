"""What quantization is told, by flags and by a configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME
from mtc.quant import config as configs
from mtc.quant.config import FLOAT, QuantConfig, Rule
from mtc.quant.data import no_data
from mtc.quant.improvements import NEAREST, Improvements
from mtc.quant.observers import Grid, MakeObserver, maker, observer
from mtc.quant.observers.percentile import Percentile
from mtc.quant.schemes import BLOCKS, Scheme, scheme

DEFAULT_SCHEME, DEFAULT_OBSERVER = "int8", "min-max"


@dataclass(frozen=True)
class QuantSettings:
    """What `mtc quantize` is told, apart from the model and the data. A config's words hold where none is given;
    `only` and `skip` come after its rules."""

    scheme: str | None = None
    observer: str | None = None
    per_tensor: bool = False
    skip: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    config: Path | None = None
    threads: int = 1
    block: int | None = None  # elements of a row of weights that share a scale, where the scheme has blocks
    percentile: float = 99.99  # of the values that do not saturate, for the observer of that name
    equalize: bool = False
    smooth: float | None = None
    correct_bias: bool | None = None  # None: in static schemes
    round: str | None = None

    def resolved(self) -> Resolved:
        """All of it, with defaults where nothing is said. UNKNOWN_NAME, CANNOT_READ, BAD_SCHEME or BAD_QUANT_CONFIG for
        what is wrong whatever the model is."""
        config = QuantConfig() if self.config is None else configs.read(self.config)
        found = _scheme(
            self.scheme or config.scheme or DEFAULT_SCHEME,
            self.block if self.block is not None else config.block,
            self.per_tensor or bool(config.per_tensor),
        )
        correct = self.correct_bias if self.correct_bias is not None else config.correct_bias
        improvements = Improvements(
            equalize=self.equalize or bool(config.equalize),
            smooth=self.smooth if self.smooth is not None else config.smooth,
            correct_bias=found.is_static if correct is None else correct,
            round=self.round or config.round or NEAREST,
        )
        improvements.check(found)
        # `only` leaves the rest in floats.
        only = (Rule("*", FLOAT), *(Rule(pattern, found.name) for pattern in self.only)) if self.only else ()
        rules = (*config.rules, *only, *(Rule(pattern, FLOAT) for pattern in self.skip))
        kind = observer(self.observer or config.observer or DEFAULT_OBSERVER).name
        return Resolved(found, kind, improvements, rules, _checked(self.percentile), self.threads)


@dataclass(frozen=True)
class Resolved:
    """How a model is quantized. The last rule that matches an operator holds, and the scheme where none does."""

    scheme: Scheme
    observer: str
    improvements: Improvements
    rules: tuple[Rule, ...] = ()
    percentile: float = 99.99
    threads: int = 1

    def check_data(self, is_given: bool) -> None:
        """NO_CALIBRATION if it is not and is needed, as far as this can be known before there is a model."""
        if not is_given and (self.scheme.is_static or self.improvements.need_data):
            raise no_data(self.scheme.name)

    def watch(self, grid: Grid) -> MakeObserver:
        """What makes the observers."""
        options = {"percent": self.percentile} if observer(self.observer) is Percentile else {}
        return maker(self.observer, grid, **options)

    def to_config(self) -> QuantConfig:
        """A config that says the same."""
        made = self.improvements
        return QuantConfig(
            scheme=self.scheme.name,
            observer=self.observer,
            equalize=made.equalize,
            smooth=made.smooth,
            correct_bias=made.correct_bias,
            round=made.round,
            per_tensor=scheme(self.scheme.name).per_channel and not self.scheme.per_channel,
            block=self.scheme.block,
            rules=self.rules,
        )


def _scheme(name: str, block: int | None, per_tensor: bool) -> Scheme:
    """The scheme with the options that change it."""
    found = scheme(name)
    if block is not None and found.block is None:
        raise BAD_SCHEME.error(f"`{name}` has no blocks", help="--block is for weight-int4")
    if block is not None and block not in BLOCKS:
        raise BAD_SCHEME.error(f"blocks of {block}", help=f"there are {', '.join(map(str, BLOCKS))}")
    return replace(found, per_channel=found.per_channel and not per_tensor, block=block or found.block)


def _checked(percentile: float) -> float:
    if not 50 < percentile <= 100:
        raise BAD_QUANT_CONFIG.error(f"`percentile` is {percentile}: it is above 50, and 100 at most")
    return percentile
