"""What quantization is told, by flags and by a configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mtc.diagnostics import BAD_QUANT_CONFIG, BAD_SCHEME, NO_CALIBRATION
from mtc.quant import config as configs
from mtc.quant.data import NO_DATA_REMEDY
from mtc.quant.improvements import NEAREST, Improvements
from mtc.quant.observers import Grid, MakeObserver, maker, observer
from mtc.quant.observers.percentile import Percentile
from mtc.quant.schemes import BLOCKS, Scheme, scheme

DEFAULT_SCHEME, DEFAULT_OBSERVER = "int8", "min-max"


@dataclass(frozen=True)
class QuantSettings:
    """What `mtc quantize` is told, apart from the model and the data. A config's words hold where none is given."""

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

    def read_config(self) -> configs.QuantConfig:
        return configs.QuantConfig() if self.config is None else configs.read(self.config)

    @property
    def chosen_scheme(self) -> str:
        return self.scheme or self.read_config().scheme or DEFAULT_SCHEME

    @property
    def chosen_observer(self) -> str:
        return self.observer or self.read_config().observer or DEFAULT_OBSERVER

    @property
    def chosen_rules(self) -> tuple[configs.Rule, ...]:
        return configs.rules_of(self.only, self.skip, self.read_config(), self.chosen_scheme)

    def checked(self, *, has_data: bool) -> None:
        """UNKNOWN_NAME, CANNOT_READ, BAD_SCHEME, BAD_QUANT_CONFIG or NO_CALIBRATION for what can be known before there
        is a model."""
        config = self.read_config()
        how, improvements = self.scheme_of(config), self.improvements(config)
        improvements.check(how)
        self.watch(config)
        if not has_data and (how.is_static or improvements.need_data):
            raise NO_CALIBRATION.error(f"`{how.name}` needs calibration data", help=NO_DATA_REMEDY)

    def scheme_of(self, config: configs.QuantConfig) -> Scheme:
        """The scheme with the options that change it."""
        found = scheme(self.scheme or config.scheme or DEFAULT_SCHEME)
        block = self.block if self.block is not None else config.block
        per_tensor = self.per_tensor or bool(config.per_tensor)
        if block is not None and found.block is None:
            raise BAD_SCHEME.error(f"`{found.name}` has no blocks", help="--block is for weight-int4")
        if block is not None and block not in BLOCKS:
            raise BAD_SCHEME.error(f"blocks of {block}", help=f"there are {', '.join(map(str, BLOCKS))}")
        return replace(found, per_channel=found.per_channel and not per_tensor, block=block or found.block)

    def improvements(self, config: configs.QuantConfig) -> Improvements:
        """What is done for accuracy beside the choice of ranges."""
        smooth = self.smooth if self.smooth is not None else config.smooth
        correct = self.correct_bias if self.correct_bias is not None else config.correct_bias
        return Improvements(
            equalize=self.equalize or bool(config.equalize),
            smooth=smooth,
            correct_bias=self.scheme_of(config).is_static if correct is None else correct,
            round=self.round or config.round or NEAREST,
        )

    def watch(self, config: configs.QuantConfig, grid: Grid = Grid()) -> MakeObserver:
        """What makes the observers."""
        kind = observer(self.observer or config.observer or DEFAULT_OBSERVER)
        if not 50 < self.percentile <= 100:
            raise BAD_QUANT_CONFIG.error(f"`percentile` is {self.percentile}: it is above 50, and 100 at most")
        return maker(kind.name, grid, **({"percent": self.percentile} if kind is Percentile else {}))
