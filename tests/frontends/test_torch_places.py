"""ATen operators that order, search, scatter, and pool with places: each function is exported and compared with itself.

Like torch's, places of equal elements are those of any: the operands have none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim

import mtc

X = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(1))
NAN = torch.where(X > 1, math.nan, X)
VIDEO = torch.randn(1, 2, 5, 6, 7, generator=torch.Generator().manual_seed(3))
I = torch.tensor([[0, 3, 1, 3], [2, 2, 0, 1]])  # noqa: E741
REDUCES = ("sum", "prod", "mean", "amax", "amin")

FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "in order": lambda: (
        lambda x: [x.kthvalue(2, 1), x.median(), x.median(1), x.nanmedian(0, True), x.sort(0), (x > 0).sort(1)[0]],
        X,
    ),
    "in order with NaN": lambda: (lambda x: [x.median(1), x.nanmedian(1), x.nanmedian(), x.kthvalue(7, 1)[0]], NAN),
    "up to each": lambda: (
        lambda x: [x.cummax(1), x.cummin(0), x.logcumsumexp(1), (x > 0).cummax(1), (x > 0).cummin(0)[0]],
        X,
    ),
    "of a number": lambda: (lambda x: [x.median(0), x.kthvalue(1), x.sort()], X[0, 0, 0]),
    "searches": lambda: (
        lambda x, s, y: [
            torch.bucketize(x, s),
            torch.bucketize(x, s, right=True, out_int32=True),
            torch.searchsorted(s, x, side="right"),
            torch.searchsorted(y.sort()[0], x + 0.5),
            torch.searchsorted(y, x + 0.5, sorter=y.argsort()),
        ],
        NAN,
        torch.tensor([-1.0, 0.0, 0.5]),
        X,
    ),
    "scatters": lambda: (
        lambda x, i: [x.scatter_reduce(1, i[..., None], x[:, :4, :1], r, include_self=s) for r in REDUCES for s in B],
        X,
        I,
    ),
    "scatters integers": lambda: (
        lambda x, i: [x.scatter_reduce(0, i, x[:2, :4] + 3, r, include_self=s) for r in REDUCES for s in B],
        (X[0] * 5).int(),
        I,
    ),
    "reduces by index": lambda: (
        lambda x, i: [torch.index_reduce(x, 1, i, x[:, :4], r, include_self=False) for r in ("mean", "amax")],
        X,
        I[0],
    ),
    "takes": lambda: (lambda x, i: [x.take(i), x.take(-i)], X, I),
    "pools": lambda: (
        lambda x: [
            F.max_pool1d(x, 3, 2, 1, return_indices=True),
            F.max_pool2d(x, (3, 2), 2, (1, 0), (2, 1), return_indices=True),
            F.max_pool2d(x, 3, 2, 1, ceil_mode=True, return_indices=True),
            F.adaptive_max_pool2d(x, (3, 4)),
            F.adaptive_max_pool1d(x, 4, return_indices=True),
            F.adaptive_max_pool2d(x, (1, 3), return_indices=True),
            F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2, output_size=x.shape),
        ],
        X,
    ),
    "pools 3d": lambda: (
        lambda x: [
            F.max_pool3d(x, 2, return_indices=True),
            F.adaptive_max_pool3d(x, (2, 4, 3), return_indices=True),
            F.adaptive_max_pool3d(x, (2, 4, 3)),
            F.adaptive_avg_pool3d(x, (2, 4, 3)),
            F.adaptive_avg_pool3d(x[0], (7, 1, 3)),
            F.max_unpool3d(*F.max_pool3d(x, 2, return_indices=True), 2, output_size=x.shape),
        ],
        VIDEO,
    ),
}
B = (True, False)

# Axis 1 of [2, n, 6] varies.
OF_ANY_SIZE: dict[str, Callable[[torch.Tensor], Any]] = {
    "in order": lambda x: [x.topk(x.shape[1] // 2, 1), x.median(1), x.kthvalue(3, 1)],
    "searches": lambda x: torch.searchsorted(x.mT.sort()[0], x.mT + 0.5),
    "pools": lambda x: [
        F.max_pool2d(x, 3, 2, 1, return_indices=True),
        F.max_pool1d(x.mT, 2, dilation=2, ceil_mode=True, return_indices=True),
        F.adaptive_max_pool2d(x, (3, 2), return_indices=True),
        F.adaptive_max_pool1d(x.mT, 3),
        F.adaptive_avg_pool3d(x[None, None], (1, 3, 4)),
    ],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_places_agree_with_torch(name: str, exported: Any) -> None:
    function, *inputs = FUNCTIONS[name]()
    exported(function, tuple(inputs))


@pytest.mark.parametrize("name", OF_ANY_SIZE)
def test_places_for_any_size(name: str, exported: Any) -> None:
    sizes = [(torch.randn(2, n, 6),) for n in (5, 6, 8, 11, 20)]
    exported(OF_ANY_SIZE[name], (torch.randn(2, 7, 6),), sizes, dynamic_shapes=(({1: Dim.AUTO},),))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_of_embeddings(mode: str, exported: Any) -> None:
    model = nn.EmbeddingBag(10, 4, mode=mode, padding_idx=3)
    others = [(torch.randint(0, 10, (n, 5)),) for n in (1, 4)]
    exported(model, (torch.randint(0, 10, (3, 5)),), others, dynamic_shapes=({0: Dim.AUTO},))
    offsets = torch.tensor([0, 2, 2, 7])
    exported(model, (torch.tensor([1, 3, 3, 4, 9, 0, 3]), offsets))
    last = nn.EmbeddingBag(10, 4, mode=mode, include_last_offset=True)
    exported(last, (torch.tensor([1, 3, 3, 4, 9, 0, 3]), offsets))


def test_weighted_bags(exported: Any) -> None:
    function = lambda i, w: F.embedding_bag(i, torch.eye(5), per_sample_weights=w, mode="sum")  # noqa: E731
    exported(function, (torch.randint(0, 5, (3, 4)), torch.randn(3, 4)))


class Steps(nn.Module):
    """Writes at a place that it counts, and reads at one that it is given, as caches of decoders do."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("cache", torch.zeros(2, 7, 6))
        self.register_buffer("count", torch.tensor(0))

    def forward(self, x: torch.Tensor, at: torch.Tensor) -> Any:
        self.cache[:, self.count] = x[:, 0]
        self.count += 1
        return self.cache * 2, x[:, at], x[..., at.item() + 1], x[x[:, 0, 0].argmax()], at.item()


def test_places_are_read_from_tensors(exported: Any, tmp_path: Path) -> None:
    module = exported(Steps(), (X, torch.tensor(2)))
    mtc.package(mtc.optimize(module), tmp_path / "m.mtp")
    model = Steps().eval()
    with mtc.Session(tmp_path / "m.mtp") as session:
        for at in (2, -3, 0):
            got = session.run(X.numpy(), np.array(at))
            want = [np.asarray(value) for value in model(X, torch.tensor(at))]
            assert all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))
        with pytest.raises(mtc.MtcError, match=r"test_torch_places\.py"):
            session.run(X.numpy(), np.array(7))


class Parts(nn.Module):
    """Writes and reads a part that begins where it is told, as caches of decoders do for several tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("cache", torch.zeros(2, 7, 6))

    def forward(self, x: torch.Tensor, at: torch.Tensor) -> Any:
        begin = at.item()
        torch._check(begin >= 0)  # type: ignore[no-untyped-call]
        torch._check(begin + 4 <= 7)  # type: ignore[no-untyped-call]
        self.cache[:, begin : begin + 4] = x
        return self.cache * 2, self.cache[:, begin : begin + 4 : 3], self.cache.narrow(1, begin, 2), x[:, begin]


def test_parts_begin_where_tensors_say(exported: Any, tmp_path: Path) -> None:
    x = X[:, :4].contiguous()
    module = exported(Parts(), (x, torch.tensor(1)))
    mtc.package(mtc.optimize(module), tmp_path / "m.mtp")
    model = Parts().eval()
    with mtc.Session(tmp_path / "m.mtp") as session:
        for at in (1, 0, 3):
            got = session.run(x.numpy(), np.array(at))
            want = [value.numpy() for value in model(x, torch.tensor(at))]
            assert all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))
        with pytest.raises(mtc.MtcError, match=r"test_torch_places\.py"):
            session.run(x.numpy(), np.array(5))


def test_a_part_as_long_as_a_tensor_says_is_refused(exported: Any) -> None:
    def first(x: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        n = count.item()
        torch._check(n >= 0)  # type: ignore[no-untyped-call]
        torch._check(n <= 4)  # type: ignore[no-untyped-call]
        return x[:, :n].sum(1)

    with pytest.raises(mtc.MtcError, match=r"aten\.slice[\s\S]*depends on the values"):
        exported(first, (X, torch.tensor(1)))
