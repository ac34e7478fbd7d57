"""Python numbers that depend on sizes stay free where torch's functions would fix them at those of the example.

`torch.linspace(0, 1, n)`, an attention's `scale=1 / n` and `math.log(n)` take plain numbers; here torch is given other
calls that say the same in tensors. Functions that a model imports from `math` by name are not reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_attention = torch.nn.functional.scaled_dot_product_attention
_ATTENTION = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")  # its positional arguments


@contextmanager
def free_numbers() -> Iterator[None]:
    """Non-strict tracing, with these functions as they are here."""
    before = {name: getattr(math, name) for name in _MATH}
    for name, function in before.items():
        setattr(math, name, _free(name, function))
    try:
        with _InTensors():
            yield
    finally:
        for name, function in before.items():
            setattr(math, name, function)


class _InTensors(TorchFunctionMode):
    def __torch_function__(
        self,
        function: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if function in _SPACES and _is_free(args[2] if len(args) > 2 else given.get("steps")):
            return _SPACES[function](*args, **given)
        if function is _attention and _is_free(given.get("scale")):
            named = {**dict(zip(_ATTENTION, args, strict=False)), **given}
            return _attention(**{**named, "query": named["query"] * named["scale"], "scale": 1.0})
        return function(*args, **given)


def _is_free(number: Any) -> bool:
    return isinstance(number, (torch.SymInt, torch.SymFloat))


def _linspace(start: Any, end: Any, steps: Any, *, dtype: torch.dtype | None = None, **options: Any) -> torch.Tensor:
    """Counted from the nearer end, as torch does, so that both ends are exact."""
    dtype = dtype or torch.get_default_dtype()
    finer = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
    places = torch.arange(steps, dtype=finer.get(dtype, dtype if dtype.is_floating_point else torch.float64), **options)
    step = (end - start) / torch.sym_max(steps - 1, 1)
    from_start, from_end = start + places * step, end - (steps - 1 - places) * step
    return torch.where(places < torch.sym_max(steps // 2, 1), from_start, from_end).to(dtype)


def _logspace(start: Any, end: Any, steps: Any, base: float = 10.0, **options: Any) -> torch.Tensor:
    return torch.pow(base, _linspace(start, end, steps, **options))


_SPACES: dict[Any, Callable[..., torch.Tensor]] = {torch.linspace: _linspace, torch.logspace: _logspace}


def _free(name: str, function: Callable[..., float]) -> Callable[..., Any]:
    def computed(*args: Any) -> Any:
        if not any(map(_is_free, args)):
            return function(*args)
        if len(args) > 1:  # the logarithm to another base
            return computed(args[0]) / computed(args[1])
        if name == "sqrt":
            return torch.sym_sqrt(args[0])
        return getattr(torch, name)(torch.scalar_tensor(args[0], dtype=torch.float64)).item()

    return computed


_MATH = (
    *("sqrt", "log", "log2", "log10", "log1p", "exp", "expm1", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "erf"),
)
