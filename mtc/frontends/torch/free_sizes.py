"""Shapes of operators whose own shape functions in torch fix a size: those stay whole, and sizes stay free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._decomp import decomposition_table

from mtc.frontends.torch.recurrence import Layers
from mtc.frontends.torch.spatial import spread


@contextmanager
def free_sizes() -> Iterator[None]:
    """torch finds the shapes of an LSTM's results by running it step by step, which fixes the number of steps; those of
    pooling and others by comparing sizes, or as plain numbers. All follow from the operands; here torch is told how."""
    before = {target: (decomposition_table.get(target), dict(target.py_kernels)) for target in _SHAPES}
    for target, shapes in _SHAPES.items():
        if target.has_kernel_for_dispatch_key(_COMPOSITE[0]):
            decomposition_table[target] = shapes
            target.py_kernels.update(dict.fromkeys(_COMPOSITE, shapes))
        else:  # what runs behind autograd would be traced in place of the operator
            target.py_kernels[torch._C.DispatchKey.Meta] = shapes
            if target in decomposition_table:
                decomposition_table[target] = shapes
        target._dispatch_cache.clear()
    try:
        yield
    finally:
        for target, (known, kernels) in before.items():
            if known is not None:
                decomposition_table[target] = known
            else:
                decomposition_table.pop(target, None)
            target.py_kernels.clear()
            target.py_kernels.update(kernels)
            target._dispatch_cache.clear()


def _results(x: torch.Tensor, state: torch.Tensor, bidirectional: bool) -> torch.Tensor:
    return x.new_empty((*x.shape[:-1], state.shape[-1] * (2 if bidirectional else 1)))


def _lstm(
    x: torch.Tensor,
    hx: Sequence[torch.Tensor],
    params: Sequence[torch.Tensor],
    *settings: Any,
) -> tuple[torch.Tensor, ...]:
    return _results(x, hx[0], Layers(*settings).bidirectional), torch.empty_like(hx[0]), torch.empty_like(hx[1])


def _rnn(
    x: torch.Tensor,
    hx: torch.Tensor,
    params: Sequence[torch.Tensor],
    *settings: Any,
) -> tuple[torch.Tensor, ...]:
    return _results(x, hx, Layers(*settings).bidirectional), torch.empty_like(hx)


def _pooled(
    x: torch.Tensor, spatial: int, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> torch.Tensor:
    kernel, stride, padding, dilation = (spread(numbers, spatial) for numbers in (kernel, stride, padding, dilation))
    torch._check(x.dim() in (spatial + 1, spatial + 2), lambda: f"pooling over {spatial} axes of {x.dim()}")
    sizes = []
    for size, k, s, p, d in zip(x.shape[-spatial:], kernel, stride or kernel, padding, dilation, strict=True):
        torch._check(min(k, s, d) > 0, lambda: "kernel size, stride and dilation are positive")
        torch._check(0 <= 2 * p <= d * (k - 1) + 1, lambda: "the padding is at most half of the window")
        reach = size + 2 * p - d * (k - 1) - 1
        pooled: int | torch.SymInt = (reach + s - 1 if ceil_mode else reach) // s + 1
        if ceil_mode and p + s - 2 >= d * (k - 1):  # a window might begin behind the image and the padding before it
            pooled = torch.sym_min(pooled, (size + p - 1) // s + 1)
        if isinstance(pooled, int):
            torch._check(pooled > 0, lambda: f"windows of {tuple(kernel)} are larger than the image")
        sizes.append(pooled)
    return x.new_empty((*x.shape[:-spatial], *sizes))


def _max_pool(spatial: int) -> Callable[..., torch.Tensor]:
    def shapes(
        x: Any, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Any:
        return _pooled(x, spatial, kernel, stride, padding, dilation, ceil_mode)

    return shapes


def _avg_pool(spatial: int) -> Callable[..., torch.Tensor]:
    def shapes(
        x: Any, kernel: Any, stride: Any = (), padding: Any = 0, ceil_mode: bool = False, *_: Any, **__: Any
    ) -> Any:
        return _pooled(x, spatial, kernel, stride, padding, 1, ceil_mode)

    return shapes


def _kron(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    rank = max(x.dim(), y.dim())
    left, right = ((1,) * (rank - t.dim()) + tuple(t.shape) for t in (x, y))
    sizes = [a * b for a, b in zip(left, right, strict=True)]
    return x.new_empty(sizes, dtype=torch.result_type(x, y))


def _take_along(x: torch.Tensor, indices: torch.Tensor, dim: int | None = None) -> torch.Tensor:
    if dim is None:
        return x.new_empty((indices.numel(),))
    shape = _broadcast(_without(x, dim), _without(indices, dim))
    shape[dim] = indices.shape[dim]
    return x.new_empty(shape)


def _broadcast(*shapes: Sequence[Any]) -> list[Any]:
    return list(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def _without(x: torch.Tensor, dim: int) -> list[Any]:
    shape: list[Any] = list(x.shape)
    shape[dim] = 1
    return shape


def _cdist(x: torch.Tensor, y: torch.Tensor, p: float = 2.0, compute_mode: int | None = None) -> torch.Tensor:
    return x.new_empty((*_broadcast(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-2]))


def _affine_grid(theta: torch.Tensor, size: Sequence[Any], align_corners: bool) -> torch.Tensor:
    return theta.new_empty((size[0], *size[2:], len(size) - 2))


def _mean(
    x: torch.Tensor, dim: Sequence[int] | None = None, keepdim: bool = False, *, dtype: torch.dtype | None = None
) -> torch.Tensor:
    axes = {axis % max(x.dim(), 1) for axis in dim or range(x.dim())}
    torch._check_type((dtype or x.dtype).is_floating_point or (dtype or x.dtype).is_complex, lambda: "mean of integers")
    sizes = [1 if axis in axes else size for axis, size in enumerate(x.shape) if keepdim or axis not in axes]
    return x.new_empty(sizes, dtype=dtype or x.dtype)


_COMPOSITE = (torch._C.DispatchKey.CompositeImplicitAutograd, torch._C.DispatchKey.Autograd)
_aten = torch.ops.aten
_SHAPES: dict[Any, Any] = {
    _aten.lstm.input: _lstm,
    _aten.gru.input: _rnn,
    _aten.rnn_tanh.input: _rnn,
    _aten.rnn_relu.input: _rnn,
    _aten.max_pool1d.default: _max_pool(1),
    _aten.max_pool2d.default: _max_pool(2),
    _aten.max_pool3d.default: _max_pool(3),
    _aten.avg_pool1d.default: _avg_pool(1),
    _aten.avg_pool2d.default: _avg_pool(2),
    _aten.avg_pool3d.default: _avg_pool(3),
    _aten.kron.default: _kron,
    _aten.take_along_dim.default: _take_along,
    _aten.cdist.default: _cdist,
    _aten.affine_grid_generator.default: _affine_grid,
    _aten.mean.default: _mean,
    _aten.mean.dim: _mean,
}
