"""torch's control flow, from export to a native session, with fixed and varying sizes; state, which outlives a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.map import map as map_over
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.utils import _pytree as pytree

import mtc
from mtc import interp
from mtc.ir.module import Module

N = torch.export.Dim("n", max=100)


class Branches(nn.Module):
    """A predicate that depends on values; each branch has weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> Any:
        return torch.cond(x.sum() > 0, lambda x: self.a(x), lambda x: self.b(x).relu_(), (x,))


class SizesOnly(nn.Module):
    """Operands of which the branches use the sizes alone."""

    def forward(self, p: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> Any:
        def then(x: torch.Tensor, y: torch.Tensor) -> Any:
            return torch.ones(x.shape[0]) * x.shape[0]

        return torch.cond(p, then, lambda x, y: torch.zeros(y.shape[0]), (x, y))


class SizePredicate(nn.Module):
    """A predicate of sizes; a tensor and a size of the function around the branches."""

    def forward(self, x: torch.Tensor) -> Any:
        y = x * 2
        return torch.cond(
            (x.shape[0] > 3) & (x.shape[0] % 2 == 0),
            lambda x: x + y.sum(0),
            lambda x: x.sin() + torch.ones(x.shape[0], 1),
            (x,),
        )


class Tree(nn.Module):
    """Operands and results that are pytrees."""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        def then(pair: dict[str, torch.Tensor]) -> Any:
            return {"sum": pair["x"] + pair["y"], "both": [pair["x"] * 2, pair["y"].clone()]}

        def otherwise(pair: dict[str, torch.Tensor]) -> Any:
            return {"sum": pair["x"] - pair["y"], "both": [pair["x"].clone(), pair["y"] * 3]}

        return torch.cond(x.max() > y.max(), then, otherwise, ({"x": x, "y": y},))


class Inner(nn.Module):
    """A size inside a branch that no operand has alone."""

    def forward(self, x: torch.Tensor) -> Any:
        y = x.reshape(-1, 2, 4)
        return torch.cond(x.sum() > 0, lambda y: y.sum(1) + y.shape[0], lambda y: y[:, 0] * 2, (y,))


class Loop(nn.Module):
    """As many turns as an input says, with a branch in each."""

    def forward(self, x: torch.Tensor, n: torch.Tensor) -> Any:
        def body(i: torch.Tensor, x: torch.Tensor) -> Any:
            return i + 1, torch.cond(x.sum() > 0, lambda x: x - 1, lambda x: x * 2, (x,))

        return while_loop(lambda i, x: i < n, body, (torch.zeros((), dtype=torch.int64), x))


class Newton(nn.Module):
    """A loop in a loop; the inner one ends when its value is good enough."""

    def forward(self, x: torch.Tensor) -> Any:
        def root(y: torch.Tensor) -> Any:
            return while_loop(
                lambda g, y: ((g * g - y).abs() > 1e-4 * y).any(),
                lambda g, y: ((g + y / g) / 2, y.clone()),
                (y, y.clone()),
            )[0]

        start = (torch.zeros((), dtype=torch.int64), x.abs() + 1)
        return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, root(y)), start)[1]


class Cell(nn.Module):
    """A recurrent cell along an axis that is not the first, from its end."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(4, 4)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> Any:
        def step(h: torch.Tensor, x: torch.Tensor) -> Any:
            h = self.cell(x, h)
            return h, h * 2

        return scan(step, h, x, dim=1, reverse=True)


class Mapped(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        return map_over(lambda x, y: (x @ y).relu(), x, y)


class Prefix(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return associative_scan(lambda a, b: a * b, x, dim=0, combine_mode="generic")


X = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
TURNS = torch.tensor(3)
H = X[:2]
# Model, inputs, which sizes vary, other inputs.
CASES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...], Any, list[tuple[Any, ...]]]] = {
    "cond": (Branches, (X,), None, [(X.abs(),), (-X.abs(),)]),
    "cond-any-size": (Branches, (X,), ({0: N},), [(X[:1].abs(),), (-X[:3].abs(),)]),
    "predicate-of-sizes": (SizePredicate, (X,), ({0: N},), [(X[:4],), (X[:3],), (X[:2],)]),
    "pytrees": (Tree, (X, X + 1), None, [(X + 1, X)]),
    "sizes-only": (
        SizesOnly,
        (torch.tensor(True), X, X),
        (None, {0: N}, {0: N}),
        [(torch.tensor(False), X[:3], X[:3])],
    ),
    "size-inside": (Inner, (X,), ({0: 2 * N},), [(X[:2].abs(),), (-X[:4].abs(),)]),
    "while-loop": (Loop, (X, TURNS), None, [(X.abs(), TURNS * 0), (X, TURNS * 4)]),
    "while-loop-any-size": (Loop, (X, TURNS), ({0: N}, None), [(X[:1].abs(), TURNS * 2)]),
    "nested-loops": (Newton, (X,), ({0: N},), [(X[:2] * 100,)]),
    "scan": (Cell, (X.reshape(2, 3, 4), H), None, []),
    "scan-any-length": (Cell, (X.reshape(2, 3, 4), H), ({1: N}, None), [(X.reshape(2, 3, 4)[:, :1], H)]),
    "map": (Mapped, (X.reshape(3, 2, 4), X[:4] + 0), ({0: N}, None), [(X.reshape(3, 2, 4)[:1], X[:4] + 0)]),
    "associative-scan": (Prefix, (X,), None, [(X + 1,)]),
}


def compare(got: list[np.ndarray], want: Any) -> None:
    for a, b in zip(got, pytree.tree_leaves(want), strict=True):
        assert (a.dtype, a.shape) == (b.numpy().dtype, tuple(b.shape))
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_control_flow_agrees_with_torch(name: str, exported: Any, tmp_path: Path) -> None:
    make, inputs, sizes, others = CASES[name]
    torch.manual_seed(0)
    model = make().eval()
    module = exported(model, inputs, others, dynamic_shapes=sizes)
    optimized = mtc.optimize(module)
    for stage, backend in ((module, "portable"), (optimized, "xnnpack")):
        mtc.package(stage, tmp_path / "m.mtp", backend=backend)
        with mtc.Session(tmp_path / "m.mtp") as session:
            assert session.functions == ["forward"]
            for arguments in (inputs, *others, inputs):
                with torch.no_grad():
                    compare(session.run(*[x.numpy() for x in arguments]), model(*arguments))


def test_weights_of_branches_are_packed(exported: Any) -> None:
    placements = mtc.stages.lowered(mtc.optimize(exported(Branches(), (X,)), backend="xnnpack")).placements
    assert {p.library.name for node, p in placements.items() if node.op.name == "linear"} == {"xnnpack"}


def test_endless_loops_stop(exported: Any, tmp_path: Path) -> None:
    module = exported(Loop(), (X, TURNS))
    mtc.package(module, tmp_path / "m.mtp")
    with mtc.Session(tmp_path / "m.mtp") as session:
        session.set_step_budget(100)
        with pytest.raises(mtc.MtcError, match="budget of 100 steps"):
            session.run(X.numpy(), np.array(1 << 60))
        session.set_step_budget(0)
        assert session.run(X.numpy(), TURNS.numpy())[0] == 3


def test_number_that_is_carried_is_refused(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match="carries a number"):
        exported(lambda x: while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, x)), (X,))


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> Any:
        def then(x: torch.Tensor) -> torch.Tensor:
            self.count.add_(1)
            return x + self.count

        return torch.cond(x.sum() > 0, then, lambda x: x - self.count, (x,))


def test_buffer_changed_in_a_branch_is_refused(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match="a branch or loop body changes"):
        exported(Counting(), (X,))


class Cache(nn.Module):
    """Keys written where an index says, a counter, a running mean; a loop reads and a branch chooses what is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(8, 4))
        self.register_buffer("position", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mean", torch.full((4,), 0.5))

    def forward(self, x: torch.Tensor) -> Any:
        kept = torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))
        self.keys.index_copy_(0, self.position.reshape(1), kept[None])
        self.position += 1
        self.mean.mul_(0.9).add_(x, alpha=0.1)
        keys = self.keys.clone()
        total = while_loop(
            lambda i, t: i < self.position,
            lambda i, t: (i + 1, t + keys.index_select(0, i.reshape(1))[0]),
            (torch.zeros((), dtype=torch.int64), torch.zeros(4)),
        )[1]
        return total, self.mean + 0


@pytest.fixture
def cache(exported: Any, tmp_path: Path) -> Path:
    """The program of a Cache."""
    module: Module = mtc.optimize(exported(Cache(), (X[0],)))
    assert set(module.states) == {"keys", "position", "mean"}
    mtc.package(module, tmp_path / "cache.mtp")
    return tmp_path / "cache.mtp"


def test_state_outlives_runs(cache: Path) -> None:
    model = Cache()
    with mtc.Session(cache) as session, torch.no_grad():
        want = [model(x) for x in X]
        for x, expected in zip(X[:4], want, strict=False):
            compare(session.run(x.numpy()), expected)
        saved = session.save_state()
        assert len(saved) == 8 * 4 * 4 + 8 + 4 * 4
        for x, expected in zip(X[4:], want[4:], strict=True):
            compare(session.run(x.numpy()), expected)
        session.restore_state(saved)
        for x, expected in zip(X[4:], want[4:], strict=True):
            compare(session.run(x.numpy()), expected)
        session.reset_state()
        compare(session.run(X[0].numpy()), want[0])
        with pytest.raises(mtc.MtcError, match=f"{len(saved)} bytes, not 3"):
            session.restore_state(b"abc")
        with mtc.Session(cache) as other:  # a session has its own state
            compare(other.run(X[0].numpy()), want[0])


def test_state_of_the_interpreter_is_the_same(exported: Any) -> None:
    module, model = exported(Cache(), (X[0],)), Cache()
    states = interp.initial_states(module)
    with torch.no_grad():
        for x in X:
            compare(interp.run(module, [x.numpy()], states=states), model(x))
