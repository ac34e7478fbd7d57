"""How models are quantized: which types stand for activations and weights, and when their scales are known."""

from __future__ import annotations

from dataclasses import dataclass

from mtc.diagnostics import UNKNOWN_NAME
from mtc.ir.types import QI8, QU8, DType
from mtc.support.suggest import did_you_mean


@dataclass(frozen=True)
class Scheme:
    """`activations` None: they stay in floats. `per_channel`: a scale for each output channel of weights."""

    name: str
    title: str
    activations: DType | None
    weights: DType
    per_channel: bool = True
    symmetric_weights: bool = True

    @property
    def is_static(self) -> bool:
        """Whether scales of activations are fixed ahead, from data."""
        return self.activations is not None


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme("int8", "static: activations affine, weights per channel and symmetric", QI8, QI8),
        Scheme("uint8", "static, affine: what QNNPACK takes", QU8, QU8, per_channel=False, symmetric_weights=False),
    )
}


def scheme(name: str) -> Scheme:
    """UNKNOWN_NAME if there is none of that name."""
    if name not in SCHEMES:
        raise UNKNOWN_NAME.error(f"no scheme is called `{name}`", help=did_you_mean(name, SCHEMES))
    return SCHEMES[name]
