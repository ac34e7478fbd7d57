"""How models are quantized: which types stand for activations and weights, and when their scales are known."""

from __future__ import annotations

from dataclasses import dataclass

from mtc.diagnostics import UNKNOWN_NAME
from mtc.ir.types import BF16, F16, QI4, QI8, QU8, DType
from mtc.support.suggest import did_you_mean


@dataclass(frozen=True)
class Scheme:
    """`activations` None: they stay in floats. `per_channel`: a scale for each output channel of weights; `block`: one
    for each so many of a row. `is_dynamic`: rows of activations are rounded as they come."""

    name: str
    title: str
    activations: DType | None
    weights: DType
    per_channel: bool = True
    symmetric_weights: bool = True
    is_dynamic: bool = False
    block: int | None = None

    @property
    def is_static(self) -> bool:
        """Whether scales of activations are fixed ahead, from data."""
        return self.activations is not None

    @property
    def has_integers(self) -> bool:
        """Whether it rounds weights to integers: half precision does not."""
        return self.weights in (QI8, QU8, QI4)


BLOCKS = (32, 64, 128)
_SCHEMES = (
    Scheme("int8", "static: activations affine, weights per channel and symmetric", QI8, QI8),
    Scheme("uint8", "static, affine: what QNNPACK takes", QU8, QU8, per_channel=False, symmetric_weights=False),
    Scheme("int8-dynamic", "rows of activations rounded as they come, weights per channel", None, QI8, is_dynamic=True),
    Scheme("weight-int8", "weights per channel, activations in floats", None, QI8),
    Scheme("weight-int4", "weights of products and look-ups in blocks, activations in floats", None, QI4, block=32),
    Scheme("fp16", "numbers stored in f16, computed with in f32", None, F16),
    Scheme("bf16", "numbers stored in bf16, computed with in f32", None, BF16),
)
SCHEMES = {scheme.name: scheme for scheme in _SCHEMES}


def scheme(name: str) -> Scheme:
    """UNKNOWN_NAME if there is none of that name."""
    if name not in SCHEMES:
        raise UNKNOWN_NAME.error(f"no scheme is called `{name}`", help=did_you_mean(name, SCHEMES))
    return SCHEMES[name]
