"""Mathematical functions, activations, arithmetic."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from cases.case import array, case, positive, randn, special
from mtc import ops
from mtc.ir.types import BOOL, F16, F32, F64, I8, I32, I64, U8
from mtc.ops.activation import Approximate
from mtc.ops.arithmetic import Rounding

_PLAIN = (
    *("abs", "neg", "square", "exp", "exp2", "expm1", "erf", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh"),
    *("asinh", "sigmoid", "relu", "silu", "floor", "ceil", "round", "trunc", "lgamma"),
)
_POSITIVE = ("sqrt", "rsqrt", "reciprocal", "log", "log2", "log10", "log1p", "acosh")
_SMALL = ("asin", "acos", "atanh")
_ACTIVATIONS = {
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "mish": F.mish,
    "log_sigmoid": F.logsigmoid,
    "softplus": F.softplus,
    "elu": F.elu,
    "hardshrink": F.hardshrink,
    "softshrink": F.softshrink,
    "gelu": F.gelu,
    "leaky_relu": F.leaky_relu,
}
_ROUNDED = {Rounding.NONE: None, Rounding.FLOOR: "floor", Rounding.TRUNC: "trunc"}
_SHAPES = [((2, 3), (2, 3)), ((2, 1, 4), (3, 1)), ((), (3,)), ((0, 3), (1, 3))]


def _clamp(x: torch.Tensor, **bounds: float) -> torch.Tensor:
    if x.is_floating_point():
        return torch.clamp(x, **bounds)
    # In a dtype that holds every bound: some builds of torch refuse others.
    return torch.clamp(x.long(), **{name: int(bound) for name, bound in bounds.items()}).to(x.dtype)


def _div(x: torch.Tensor, y: torch.Tensor, rounding: Rounding) -> torch.Tensor:
    return torch.div(x, y, rounding_mode=_ROUNDED[rounding])


CASES = [
    *(case(ops.OPS[n], getattr(torch, n, None) or getattr(F, n), x=randn(2, 3, 5)) for n in _PLAIN),
    *(case(ops.OPS[n], getattr(torch, n, None) or getattr(F, n), x=randn(), note="0d") for n in _PLAIN),
    *(case(ops.OPS[n], getattr(torch, n, None) or getattr(F, n), x=randn(0, 2), note="empty") for n in _PLAIN),
    *(case(ops.OPS[n], getattr(torch, n, None) or getattr(F, n), x=special(), note="special") for n in _PLAIN[:8]),
    *(case(ops.OPS[n], getattr(torch, n), x=positive(3, 4)) for n in _POSITIVE),
    *(case(ops.OPS[n], getattr(torch, n), x=special(), note="special") for n in _POSITIVE),
    *(case(ops.OPS[n], getattr(torch, n), x=array([-1.0, -0.9, -0.1, 0.0, 0.3, 0.99, 2.0])) for n in _SMALL),
    *(case(ops.OPS[n], f, x=randn(4, 6)) for n, f in _ACTIVATIONS.items()),
    case(ops.sign, torch.sign, x=special()),
    case(ops.lgamma, torch.lgamma, x=special(), note="special"),
    case(ops.lgamma, torch.lgamma, x=array([-3.0, -2.5, -1.0, 0.5, 1.0, 2.0, 2.5, 30.0]), note="poles"),
    case(ops.log, torch.log, x=array([1e-45, 1e-40, 2e-38, 1.0, 2.5e38, 3.4e38]), dtypes=(F32,)),
    case(ops.leaky_relu, F.leaky_relu, x=randn(2, 3, 4), negative_slope=0.2),
    case(ops.elu, F.elu, x=randn(9), alpha=0.5),
    case(ops.elu, lambda x, **_: F.selu(x), x=randn(9), alpha=1.6732632423543772, scale=1.0507009873554805),
    case(ops.gelu, lambda x, approximate: F.gelu(x, approximate="tanh"), x=randn(3, 3), approximate=Approximate.TANH),
    case(ops.softplus, F.softplus, x=special(), beta=2.0, threshold=5.0),
    case(ops.threshold, F.threshold, x=randn(8), threshold=1.0, value=3.0),
    case(ops.clamp, _clamp, x=randn(8), min=0.0, max=2.0),
    case(ops.clamp, _clamp, x=special(), min=1.0),
    case(ops.clamp, _clamp, x=special(), min=-3.0, max=300.0, dtypes=(I8, U8)),
    case(ops.prelu, lambda x, w: F.prelu(x, w.reshape(-1)), x=randn(2, 3, 4), weight=randn(3, 1)),
    *(
        case(getattr(ops, n), getattr(torch, n), x=randn(*a), y=randn(*b))
        for n in ("add", "sub", "mul")
        for a, b in _SHAPES
    ),
    *(case(getattr(ops, n), getattr(torch, n), x=special(), y=special()) for n in ("add", "sub", "mul")),
    *(case(getattr(ops, n), getattr(torch, n), x=randn(2, 3), y=randn(3)) for n in ("maximum", "minimum")),
    *(case(getattr(ops, n), getattr(torch, n), x=special(), y=randn(1)) for n in ("maximum", "minimum")),
    *(case(getattr(ops, n), getattr(torch, n), x=randn(5, 3), y=positive(3)) for n in ("remainder", "fmod")),
    case(ops.div, _div, x=randn(4, 3), y=positive(3), rounding=Rounding.NONE, dtypes=(F32, F64, F16)),
    *(
        case(ops.div, _div, x=randn(4, 3), y=positive(3), rounding=r, dtypes=(F32, F64, I8, I32, I64, U8))
        for r in list(Rounding)[1:]
    ),
    case(ops.pow, torch.pow, x=positive(3, 2), y=array([2, 1])),
    case(ops.atan2, torch.atan2, x=randn(3, 4), y=randn(4)),
    case(ops.hypot, torch.hypot, x=randn(3, 4), y=randn(4)),
    case(ops.hypot, torch.hypot, x=special(), y=array([[1.0], [math.inf], [math.nan]]), note="special"),
    case(
        ops.cast,
        lambda x, dtype: x.to(torch.int32),
        x=array([-2.7, -0.5, 0.0, 0.5, 2.7, 100.0]),
        dtype=I32,
        dtypes=(F32, F64, F16),
    ),
    case(ops.cast, lambda x, dtype: x.to(torch.uint8), x=randn(5), dtype=U8, dtypes=(I8, I32, I64, BOOL)),
    case(ops.cast, lambda x, dtype: x.to(torch.float32), x=randn(5), dtype=F32, dtypes=(F64, I8, I32, I64, U8, BOOL)),
    case(ops.cast, lambda x, dtype: x.to(torch.bool), x=special(), dtype=BOOL),
]
