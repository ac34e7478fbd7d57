"""Models fitted to the kernels of a runtime that ships: they run on these alone, and compute what torch does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mtc
from mtc.delegates.registry import backends, kernel_keys
from mtc.diagnostics import MtcError
from mtc.ir.printer import print_module
from mtc.passes.fitting import Way, smallest
from mtc.program import reader
from mtc.selection.by_hand import named
from mtc.stages.fit import fit, fit_to, refuse
from mtc.stages.package import lowered


def kernels(*texts: str) -> frozenset[str]:
    return frozenset(named(texts, backends("xnnpack")).kernels)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.norm, self.out = nn.Linear(16, 48), nn.LayerNorm(16), nn.Linear(16, 16)

    def forward(self, x):
        heads = [part.unflatten(-1, (2, 8)).transpose(1, 2) for part in self.query(x).chunk(3, -1)]
        mixed = nn.functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
        return self.out(nn.functional.gelu(self.norm(x + mixed)))


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.batch = nn.Conv1d(4, 8, 3), nn.BatchNorm1d(8)
        self.batch.running_mean += torch.randn(8)
        self.group = nn.GroupNorm(2, 8)

    def forward(self, x):
        x = self.group(torch.tanh(self.batch(nn.functional.mish(self.convolution(x)))))
        return nn.functional.log_softmax(x.mean(-1), -1) + nn.functional.softplus(x.amax(-1))


BASIC = ("add:f32", "mul:f32", "sub:f32", "div:f32", "exp:f32", "log:f32", "mean:f32", "sum:f32", "amax:f32", "erf:f32")
IMAGES = ("conv2d@xnnpack:f32", "permute@xnnpack:f32", "add@portable:f32", "mul@portable:f32")
MATRIX = ("matmul:f32", "permute:f32", "slice:f32", "rsqrt:f32", "neg:f32")
MODELS = {
    "mobile activations": (
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.Hardswish(), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.ReLU6()),
        torch.randn(1, 3, 12, 12),
        (*IMAGES, "avg_pool2d@xnnpack:f32", "clamp@xnnpack:f32", "sigmoid@portable:f32"),
    ),
    "encoder": (Encoder(), torch.randn(2, 5, 16), (*BASIC, *MATRIX)),
    "norms": (
        Norms(),
        torch.randn(2, 4, 12),
        (*BASIC, *MATRIX, "conv1d:f32", "log1p:f32", "clamp:f32", "square:f32", "abs:f32"),
    ),
    "half precision": (
        nn.Sequential(nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 4)).half(),
        torch.randn(3, 8).half(),
        ("linear@xnnpack:f32", "sigmoid@portable:f32", "mul@portable:f32", "cast@portable"),
    ),
    "pixels": (nn.Sequential(nn.Linear(8, 8), nn.ReLU()), torch.randn(3, 8), ("conv2d@portable:f32", "relu:f32")),
    "another library": (nn.Sigmoid(), torch.randn(3, 8), ("sigmoid@portable:f32",)),
}


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", MODELS)
def test_a_fitted_model_runs_on_the_given_kernels_and_computes_the_same(name: str, tmp_path: Path) -> None:
    network, x, texts = MODELS[name]
    network = network.eval()
    allowed = kernels(*texts)
    model = mtc.optimize(mtc.export(network, (x,)), backend="xnnpack")
    assert not lowered(model).keys.keys() <= allowed
    before = print_module(model)
    found, excess = fit_to(tmp_path / "m.mtc", tmp_path / "m.mtp", model, allowed)
    assert not found.stuck, (found.stuck, found.addition)
    assert excess <= 1 and print_module(model) == before
    assert set(reader.read(tmp_path / "m.mtp").kernels) <= allowed
    with torch.no_grad():
        want = network(x).numpy()
    (got,) = mtc.Session(tmp_path / "m.mtp").run(x.numpy())
    assert got.dtype == want.dtype
    limit = 2e-3 if x.dtype is torch.float16 else 1e-5
    np.testing.assert_allclose(got, want, rtol=limit, atol=limit)
    mtc.package(mtc.load(tmp_path / "m.mtc"), tmp_path / "again.mtp")
    assert (tmp_path / "again.mtp").read_bytes() == (tmp_path / "m.mtp").read_bytes()
    again, _ = fit_to(tmp_path / "n.mtc", tmp_path / "n.mtp", model, sorted(allowed, reverse=True))
    assert again.changes == found.changes
    assert (tmp_path / "n.mtc").read_bytes() == (tmp_path / "m.mtc").read_bytes()


@pytest.mark.parametrize("lost", ["m.mtc", "m.mtp"])
def test_both_files_are_written_or_none(lost: str, tmp_path: Path) -> None:
    network, x, texts = MODELS["another library"]
    model = mtc.optimize(mtc.export(network.eval(), (x,)), backend="xnnpack")
    places = {name: tmp_path / name for name in ("m.mtc", "m.mtp")}
    places[lost] = tmp_path / "no such folder" / lost
    with pytest.raises(MtcError, match=f"cannot write .*{lost}"):
        fit_to(places["m.mtc"], places["m.mtp"], model, kernels(*texts))
    assert not list(tmp_path.iterdir())


def test_integers_are_fitted_by_way_of_floats(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Hardswish(), nn.Conv2d(8, 4, 3)).eval()
    x = torch.randn(1, 3, 10, 10)
    model = mtc.quantize(mtc.optimize(mtc.export(network, (x,))), scheme="int8", calibration=[(x.numpy(),)])
    allowed = {key for key in lowered(model).keys if "hardswish" not in key}
    texts = "hardswish@xnnpack:f32", "quantize@portable:f32,qi8", "dequantize@portable:qi8,f32"
    allowed |= kernels(*texts)
    found, excess = fit_to(tmp_path / "m.mtc", tmp_path / "m.mtp", model, allowed)
    assert [change.op for change in found.changes] == ["hardswish"], found.stuck
    mtc.package(model, tmp_path / "b.mtp")
    (before,) = mtc.Session(tmp_path / "b.mtp").run(x.numpy())
    (after,) = mtc.Session(tmp_path / "m.mtp").run(x.numpy())
    assert np.abs(after - before).max() <= 0.02 * np.abs(before).max()
    assert (excess > 0) == bool((after != before).any())


def test_what_cannot_be_fitted_is_named_at_once_with_the_smallest_addition(tmp_path: Path) -> None:
    class Model(nn.Module):
        def forward(self, x):
            return torch.cumsum(nn.functional.silu(x), -1) + torch.erf(x) * nn.functional.hardswish(x)

    model = mtc.optimize(mtc.export(Model().eval(), (torch.randn(2, 8),)))
    ships = kernels("add:f32", "mul:f32", "clamp:f32")
    found = fit(model, ships)
    assert {stuck.op for stuck in found.stuck} == {"cumsum", "erf", "silu"}
    assert len(found.addition) == 3 and {key.split("@")[0] for key in found.addition} == {"cumsum", "erf", "silu"}
    with pytest.raises(MtcError) as caught:
        refuse(found, {"lib/libmtc.so": 1234})
    *operators, addition = caught.value.diagnostics
    assert {diagnostic.op for diagnostic in operators} == {"cumsum", "erf", "silu"}
    assert all("test_fit.py" in str(diagnostic.at) for diagnostic in operators)
    assert "`silu@" in addition.message and "lib/libmtc.so +1,234 bytes" in addition.notes[0]
    assert not fit(model, ships | {*found.addition}).stuck
    for key in found.addition:
        assert fit(model, ships | ({*found.addition} - {key})).stuck


def test_what_lowering_needs_besides_is_part_of_the_addition() -> None:
    """XNNPACK's convolutions want another layout: the permutes are no operators of the model."""
    model = mtc.optimize(mtc.export(nn.Conv2d(3, 8, 3).eval(), (torch.randn(1, 3, 8, 8),)))
    found = fit(model, kernels("conv2d@xnnpack:f32"))
    assert [stuck.op for stuck in found.stuck] == ["permute"] and len(found.addition) == 1
    assert found.addition[0].startswith("permute@")


def test_a_variant_that_a_runtime_lacks_is_run_elsewhere_or_named() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8))
    model = mtc.optimize(mtc.export(layers.eval(), (torch.randn(1, 3, 8, 8),)))
    ships = kernels("conv2d.dense@xnnpack:f32", "permute@xnnpack:f32")
    found = fit(model, ships)
    assert [stuck.op for stuck in found.stuck] == ["conv2d"]
    assert found.addition == ("conv2d.depthwise@xnnpack:f32/1",)
    elsewhere = fit(model, ships | kernels("conv2d@portable:f32"))
    assert not elsewhere.stuck
    used = {key for key in elsewhere.lowered.keys if "conv2d" in key}
    assert used == {"conv2d.dense@xnnpack:f32/1", "conv2d@portable:f32/1"}


def test_states_need_a_copy() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("total", torch.zeros(3))

        def forward(self, x):
            self.total.add_(x)
            return self.total * 2

    model = mtc.optimize(mtc.export(Counter().eval(), (torch.randn(3),)))
    found = fit(model, kernels("add@portable:f32", "mul@portable:f32"))
    assert found.addition == ("copy@portable:f32/1",)
    assert not fit(model, kernels("add@portable:f32", "mul@portable:f32", "copy@portable:f32")).stuck


def test_a_model_that_has_its_kernels_stays_as_it_is() -> None:
    model = mtc.optimize(mtc.export(Encoder().eval(), (torch.randn(2, 5, 16),)))
    found = fit(model, kernel_keys())
    assert not found.changes and print_module(found.module) == print_module(model)
    assert found.lowered.keys.keys() == lowered(model).keys.keys()


def test_the_smallest_addition_serves_several_at_once() -> None:
    def way(*keys: str) -> Way:
        return Way(frozenset(keys))

    assert smallest([[way("a"), way("c", "d")], [way("b"), way("a")], [way("a")]]) == {"a"}
    assert smallest([[way("x"), way("y")], [way("z"), way("y")]]) == {"y"}
    assert smallest([[way("x"), way("y")], [way("z"), way("y")]], most=1) <= {"x", "y", "z"}
    assert smallest([]) == frozenset()
