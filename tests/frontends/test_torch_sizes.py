"""What a model asks of sizes: torch's guards are checked when a program runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim

import mtc
from mtc import interp
from mtc.frontends.torch.scaled import ScaledSize
from mtc.ir.dims import Bounds, dim, maximum

S, T = dim("s0"), dim("s1")
TAKEN: dict[str, tuple[Callable[[torch.Tensor], Any], Any]] = {
    "even": (lambda x: x + 1 if x.shape[0] % 2 == 0 else x, (S % 2, 0)),
    "another": (lambda x: x + 1 if x.shape[0] != 5 else x, (maximum((S - 5) * (S - 5), 1), (S - 5) * (S - 5))),
    "more": (lambda x: x + 1 if x.shape[0] > x.shape[1] else x, (maximum(S, T + 1), S)),
    "as many at least": (lambda x: x + 1 if x.shape[0] >= x.shape[1] else x, (maximum(S, T), S)),
    "reshaped": (lambda x: x.view(2, -1), (S // 2 * T * 2, S * T)),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_way_that_depends_on_sizes_is_checked(name: str, exported: Any) -> None:
    function, (size, wanted) = TAKEN[name]
    module = exported(function, (torch.randn(4, 3),), dynamic_shapes=(({0: Dim.AUTO, 1: Dim.AUTO},),))
    checks = [node.attrs for node in module.functions["forward"] if node.op.name == "check_sizes"]
    assert [(check["sizes"], check["wanted"]) for check in checks] == [((size,), (wanted,))]


def test_bounds_need_no_check(exported: Any) -> None:
    module = exported(lambda x: x * 2 if x.shape[0] > 3 else x, (torch.randn(4),), dynamic_shapes=(({0: Dim.AUTO},),))
    assert [node.op.name for node in module.nodes()] == ["constant", "mul", "return"]
    assert module.functions["forward"].symbols["s0"].min == 4


def test_a_program_refuses_sizes_for_which_the_model_does_something_else(exported: Any, tmp_path: Any) -> None:
    def halved(x: torch.Tensor) -> torch.Tensor:
        return x / 2 if x.shape[0] % 2 == 0 else x

    module = exported(halved, (torch.randn(4),), [(torch.randn(6),)], dynamic_shapes=(({0: Dim.AUTO},),))
    mtc.package(mtc.optimize(module), tmp_path / "m.mtp")
    with mtc.Session(tmp_path / "m.mtp") as session:
        x = torch.randn(8)
        assert (session.run(x.numpy())[0] == (x / 2).numpy()).all()
        refused = r"does something else than what was exported(.|\n)*at: .*test_torch_sizes.py:\d+"
        with pytest.raises(mtc.MtcError, match=refused):
            session.run(torch.randn(5).numpy())


def test_a_way_that_cannot_be_computed_from_sizes_is_refused(exported: Any) -> None:
    def wide(x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.shape[0] / x.shape[1] > 1.25 else x

    with pytest.raises(mtc.MtcError, match=r"a condition on sizes[\s\S]*test_torch_sizes.py:\d+[\s\S]*torch.cond"):
        exported(wide, (torch.randn(4, 3),), dynamic_shapes=(({0: Dim.AUTO, 1: Dim.AUTO},),))


class ByHeads(nn.Module):
    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return x.repeat_interleave(2, 0) * mask


def test_a_multiple_of_another_input_s_size(exported: Any) -> None:
    n = Dim("n")
    for model, shapes in ((ByHeads(), ({0: n}, {0: 2 * n})), (Swapped(), ({0: 2 * n}, {0: n}))):
        sizes = [(b, 2 * b) if type(model) is ByHeads else (2 * b, b) for b in (2, 5)]
        inputs = [(torch.randn(first, 3), torch.randn(second, 3)) for first, second in sizes]
        module = exported(model, inputs[0], inputs[1:], dynamic_shapes=shapes)
        assert list(module.functions["forward"].symbols) == ["n"]


class Swapped(ByHeads):
    def forward(self, mask: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x, mask)


def test_a_multiple_alone_has_no_rest(exported: Any) -> None:
    function = lambda x: x[: x.shape[0] // 2]  # noqa: E731
    module = exported(function, (torch.randn(4),), [(torch.randn(6),)], dynamic_shapes=(({0: 2 * Dim("n")},),))
    (check,) = (node for node in module.nodes() if node.op.name == "check_sizes")
    assert check.attrs == {"sizes": (dim("n_2") % 2,), "wanted": (0,)}


def test_views_have_the_sizes_that_the_model_states(exported: Any) -> None:
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    inputs = [(torch.randn(b, 3, 8), torch.randn(b, s, 8), torch.randn(b, s, 8)) for b, s in ((2, 5), (3, 4))]
    shapes = ({0: Dim.AUTO}, *[{0: Dim.AUTO, 1: Dim.AUTO}] * 2)
    exported(model, inputs[0], inputs[1:], dynamic_shapes=shapes)


def test_what_is_not_squeezed_is_not_one(exported: Any) -> None:
    module = exported(lambda x: x.squeeze(), (torch.randn(4, 1),), dynamic_shapes=(({0: Dim.AUTO},),))
    assert module.functions["forward"].symbols["s0"].min == 2


def test_torch_s_suggestion_is_the_help(exported: Any) -> None:
    with pytest.raises(mtc.MtcError) as caught:
        exported(
            lambda x: F.conv1d(x, torch.ones(1, 1, 3)), (torch.randn(1, 1, 5),), dynamic_shapes=(({2: Dim("t")},),)
        )
    assert str(caught.value.diagnostics[0].help).startswith("in dynamic_shapes, use t = Dim('t', min=")


def test_slices_begin_and_end_at_sizes(exported: Any) -> None:
    def function(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
        n = y.shape[0]
        return [x[-n:] * y, x[:-n].sum(0), x[n:].sum(0), x[:n] + y]

    others = [(torch.randn(n, 2), torch.randn(m, 2)) for n, m in ((9, 1), (4, 3))]
    shapes = (({0: Dim("n")}, {0: Dim("m")}),)
    exported(function, (torch.randn(7, 2), torch.randn(3, 2)), others, dynamic_shapes=shapes)


def test_a_comparison_of_sizes_is_no_number(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"`aten\.mul\.Tensor`"):
        exported(lambda x: x * (x.shape[0] > 3), (torch.randn(5),), dynamic_shapes=(({0: Dim("n")},),))


def test_a_size_of_one_is_not_the_help(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match="at least 2 where they vary"):
        exported(lambda x: x.view(x.shape[0], -1), (torch.randn(1, 4, 5),), dynamic_shapes=(({0: Dim("batch")},),))


@pytest.mark.parametrize(
    "shapes", [({5: Dim("n")},), ({2: Dim.AUTO},), ({"0": Dim("n")},), {"input": {-3: Dim("n")}}], ids=str
)
def test_an_axis_that_no_input_has_is_refused(shapes: Any, exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"`dynamic_shapes` names axis '?-?\d'? of a tensor of shape \[3, 4\]"):
        exported(nn.ReLU(), (torch.randn(3, 4),), dynamic_shapes=shapes)


def test_an_axis_may_be_counted_from_the_end(exported: Any) -> None:
    module = exported(nn.ReLU(), (torch.randn(3, 4),), [(torch.randn(7, 4),)], dynamic_shapes=({-2: Dim("n")},))
    assert module.functions["forward"].inputs[0].type.shape == (dim("n"), 4)


@pytest.mark.parametrize(
    ("shapes", "help"),
    [
        ({"y": {0: Dim("n")}}, "one entry per input"),
        (({0: "n"},), "one entry per input"),
        ("n", "one entry per input"),
        (({0: Dim("n", min=10)},), "bounds that the sizes of the example inputs are within"),
    ],
    ids=["name", "dim", "whole", "bounds"],
)
def test_what_is_wrong_with_dynamic_shapes_is_the_help(shapes: Any, help: str, exported: Any) -> None:
    with pytest.raises(mtc.MtcError) as caught:
        exported(nn.ReLU(), (torch.randn(3, 4),), dynamic_shapes=shapes)
    assert help in str(caught.value.diagnostics[0].help)


def test_dims_that_torch_makes_up_are_not_the_only_help(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"_t = Dim[\s\S]*or Dim\.AUTO"):
        exported(lambda x: x[x.shape[0] // 2], (torch.randn(5, 2),), dynamic_shapes=(({0: Dim("t")},),))
    exported(
        lambda x: x[x.shape[0] // 2], (torch.randn(5, 2),), [(torch.randn(9, 2),)], dynamic_shapes=(({0: Dim.AUTO},),)
    )


def test_sizes_that_torch_cannot_bound_are_left_to_it(exported: Any) -> None:
    function = lambda x: torch.ones(2, 9, 9)[:, : x.shape[0], : x.shape[0]].flatten(1) * x[0]  # noqa: E731
    with pytest.raises(mtc.MtcError, match=r"Dim\.AUTO for these sizes"):
        exported(function, (torch.randn(5),), dynamic_shapes=(({0: Dim("t", max=9)},),))
    exported(function, (torch.randn(5),), [(torch.randn(7),)], dynamic_shapes=(({0: Dim.AUTO},),))


FREE: dict[str, Callable[[torch.Tensor], Any]] = {
    "linspace": lambda x: [torch.linspace(0.5, -2, x.shape[0]), torch.linspace(0, x.shape[0], 2 * x.shape[0])],
    "linspace in f64": lambda x: x * torch.linspace(-1, 1, steps=x.shape[0], dtype=torch.float64)[:, None],
    "logspace": lambda x: torch.logspace(1, -1, steps=x.shape[0], base=2.0),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x, scale=1 / x.shape[0]),
    "attention by names": lambda x: F.scaled_dot_product_attention(key=x, query=x, value=x, scale=1 / x.shape[0]),
    "logarithms to a size": lambda x: x * math.log(3.0, x.shape[0] + 1) + math.atan(x.shape[0]),
    "logarithms": lambda x: x * math.log(x.shape[0]) + math.log2(x.shape[0] + 1) - math.log(x.shape[0], 3),
    "functions of numbers": lambda x: x * math.exp(-x.shape[0]) + math.cos(x.shape[0]) / math.sqrt(x.shape[0]),
    "kron": lambda x: [torch.kron(x, x[0]), torch.kron(x[:, 0] > 0, x)],
    "take_along_dim": lambda x: [torch.take_along_dim(x, x.argsort(0), 0), torch.take_along_dim(x, x.argmax()[None])],
    "take_along_dim of a row": lambda x: torch.take_along_dim(x[:1], x.argsort(1), dim=-1),
    "cdist": lambda x: torch.cdist(x, x[1:]),
    "means of complex numbers": lambda x: torch.view_as_real(torch.fft.fft(x).mean(0, keepdim=True)) + x.mean(),
    "mean of all complex numbers": lambda x: torch.fft.fft(x).mean().real,
    "affine_grid": lambda x: F.affine_grid(x[:, :6].reshape(-1, 2, 3), [x.shape[0], 1, 3, x.shape[0]], False),
    "affine_grid of a volume": lambda x: F.affine_grid(torch.ones(1, 3, 4), [1, 1, x.shape[0], 1, 4], True),
    "round": lambda x: [x[: round(x.shape[0] / 2)] * 2, x[: round(x.shape[0] * 0.6)] * 2],
    "fractions": lambda x: [x[: int(x.shape[0] * f)] * 2 for f in (0.1, 0.3, 0.6, 0.8)],
}


@pytest.mark.parametrize("name", FREE)
def test_functions_that_torch_fixes_at_the_example_s_sizes_are_free(name: str, exported: Any) -> None:
    largest = (45, 90) if name in ("round", "fractions") else ()  # torch's own cdist is rough for more than 25 rows
    others = [(torch.randn(n, 6),) for n in (20, 7, 4, 3, *largest)]
    exported(FREE[name], (torch.randn(5, 6),), others, dynamic_shapes=(({0: Dim.AUTO},),))


@pytest.mark.parametrize("kind", ["FloorToInt", "CeilToInt", "RoundToInt"])
def test_float_products_are_fractions_where_python_rounds_them_alike(kind: str) -> None:
    """90 * 0.7 is 62.99999999999999, 45 * 0.7 is 31.499999999999996, 100 * 0.55 is 55.00000000000001."""
    rounded: Any = {"FloorToInt": math.floor, "CeilToInt": math.ceil, "RoundToInt": round}[kind]
    exact = 0
    for factor in (*(n / 20 for n in range(1, 60)), 1 / 3, 2.3, 0.33333, 100 / 7):
        times = Fraction(factor)
        scaled = ScaledSize(None, times, times.limit_denominator(1000))
        alike = [rounded(n * factor) == rounded(n * scaled.by) for n in range(1, 5001)]
        for most in (40, 300):
            assert scaled.is_exact(kind, Bounds(1, most)) == all(alike[:most])
        if scaled.is_exact(kind, Bounds(1, None)):
            exact += 1
            assert all(alike)
    assert exact >= 30


def test_a_float_product_that_is_another_number_for_some_size_is_refused(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"write it in integers, as n \* 7 // 10"):
        exported(lambda x: x[: round(x.shape[0] * 0.7)], (torch.randn(5, 6),), dynamic_shapes=(({0: Dim.AUTO},),))


def test_a_number_that_torch_fixes_is_checked(exported: Any) -> None:
    module = exported(lambda x: x.unfold(0, x.shape[0] // 2, 1), (torch.randn(6),), dynamic_shapes=(({0: Dim.AUTO},),))
    (check,) = (node for node in module.nodes() if node.op.name == "check_sizes")
    assert check.attrs == {"sizes": (S // 2,), "wanted": (3,)}


def test_a_fraction_that_torch_fixes_is_refused(exported: Any) -> None:
    with pytest.raises(mtc.MtcError, match=r"a condition on sizes[\s\S]*0\.2"):
        exported(
            lambda x: F.layer_norm(x, (6,), eps=1 / x.shape[0]),
            (torch.randn(5, 6),),
            dynamic_shapes=(({0: Dim.AUTO},),),
        )


def test_what_non_strict_tracing_fixes_is_traced_strictly(exported: Any) -> None:
    shrunk = lambda x: F.interpolate(x, size=int(x.shape[2] * 0.5))  # noqa: E731
    others = [(torch.randn(1, 2, 9),), (torch.randn(1, 2, 4),)]
    exported(shrunk, (torch.randn(1, 2, 6),), others, dynamic_shapes=(({2: Dim.AUTO},),))


class Rolling(nn.Module):
    last: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = torch.roll(self.last, 1) + x
        return self.last * 2


def test_a_buffer_that_the_model_replaces_is_as_it_was(exported: Any) -> None:
    model = Rolling()
    before = model.last
    module = exported(model, (torch.randn(3),))
    assert model.last is before and not before.any()
    assert list(module.states) == ["last"]


class FirstRoot(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, : int(math.sqrt(x.shape[1]))]


def test_a_size_that_is_computed_in_a_way_that_sizes_cannot_be_is_fixed_where_it_may_be() -> None:
    x = torch.randn(3, 16)
    module = mtc.export(FirstRoot().eval(), (x,), dynamic_shapes=({0: Dim.AUTO, 1: Dim.AUTO},))
    assert module.functions["forward"].inputs[0].type.shape == (S, 16)
    (got,) = interp.run(module, [x[:2].numpy()])
    assert np.array_equal(got, x[:2, :4].numpy())
