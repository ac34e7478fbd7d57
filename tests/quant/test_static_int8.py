"""Static quantization from a float model and data to a program, against torch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from measured import sqnr
from torch import nn

import mtc
from mtc.diagnostics import MtcError
from mtc.ir.module import Module
from mtc.ir.opspec import Trait


class Net(nn.Module):
    """Convolutions with what stands between them in networks: residual adds, concat, pooling, a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU6())
        self.left = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.right = nn.Sequential(nn.Conv2d(16, 8, 1), nn.Hardswish(), nn.Conv2d(8, 16, 1))
        self.gate = nn.Sequential(nn.Conv2d(16, 16, 1), nn.Sigmoid())
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.max_pool2d(self.stem(x), 2)
        y = torch.relu(self.left(x) + self.right(x))
        y = torch.cat([y, y * self.gate(y)], 1)
        return self.head(y.mean((2, 3)))


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    net = Net().train()
    for _ in range(10):
        net(torch.randn(8, 3, 32, 32))
    return net.eval()


@pytest.fixture(scope="module")
def model(net: nn.Module) -> Module:
    return mtc.optimize(mtc.export(net, (torch.randn(1, 3, 32, 32),)))


def batches(count: int, seed: int = 1) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(1, 3, 32, 32, generator=generator),) for _ in range(count)]


@pytest.mark.parametrize("scheme", ["int8", "uint8"])
@pytest.mark.parametrize("backend", ["portable", "xnnpack"])
def test_a_quantized_program_is_near_torch(
    net: nn.Module, model: Module, scheme: str, backend: str, tmp_path: Path
) -> None:
    quantized = mtc.quantize(model, scheme, batches(16))
    assert sqnr(net, quantized, batches(16, seed=2), tmp_path, backend) > 20


def test_values_stay_in_integers_from_the_first_product_to_the_last(model: Module) -> None:
    quantized = mtc.quantize(model, "int8", batches(4))
    real = Counter(
        node.op.name
        for node in quantized.nodes()
        if node.outputs and node.output.type.dtype.is_float and not node.op.has(Trait.STRUCTURAL)
    )
    assert set(real) <= {"integer_linear", "mean"}
    assert quantized.constant_bytes < model.constant_bytes / 2.5


def test_a_clamp_is_free(model: Module) -> None:
    """Rounding saturates: no relu is left behind a sum or a convolution, and no limit of a convolution's result."""
    quantized = mtc.quantize(model, "int8", batches(4))
    assert not [node for node in quantized.nodes() if node.op.name in ("relu", "clamp")]


def test_weights_have_a_scale_for_each_channel_unless_told_otherwise(model: Module) -> None:
    for per_tensor, axis in ((False, 0), (True, None)):
        quantized = mtc.quantize(model, "int8", batches(2), per_tensor=per_tensor)
        weights = [node.inputs[1].type for node in quantized.nodes() if node.op.name in ("conv2d", "linear")]
        assert {type.qparams.axis for type in weights} == {axis}


def test_a_quantized_model_is_the_same_after_it_was_saved(model: Module, tmp_path: Path) -> None:
    from mtc.ir.equality import equal

    quantized = mtc.quantize(model, "int8", batches(2))
    mtc.save(quantized, tmp_path / "q.mtc")
    loaded = mtc.load(tmp_path / "q.mtc")
    assert equal(quantized, loaded)
    assert loaded.meta["quantization"] == {
        "scheme": "int8",
        "calibration": "a Python iterable",
        "batches": 2,
        "observer": "min-max",
        "correct_bias": True,
    }


def test_weights_that_layers_share_are_stored_once() -> None:
    layer = nn.Conv2d(3, 3, 3, padding=1)

    class Twice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return layer(layer(x))

    model = mtc.optimize(mtc.export(Twice(), (torch.randn(1, 3, 32, 32),)))
    quantized = mtc.quantize(model, "int8", batches(4))
    # Each use has a bias of its own: its operand has another mean.
    assert [c.type.shape for c in quantized.constants.values() if c.type.rank > 1] == [(3, 3, 3, 3)]
    first, second = (node for node in quantized.nodes() if node.op.name == "conv2d")
    assert first.operand(1) is second.operand(1) and first.operand(2) is not second.operand(2)


@pytest.mark.parametrize("backend", ["portable", "xnnpack"])
def test_norms_behind_activations_and_joins_are_integer_ones(backend: str, tmp_path: Path) -> None:
    torch.manual_seed(0)

    class Dense(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.third = nn.Conv2d(3, 8, 3), nn.Conv2d(11, 8, 3), nn.Conv2d(8, 4, 3, padding=1)
            self.joined, self.last = nn.BatchNorm2d(11, affine=False), nn.BatchNorm2d(8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.first(x).relu()
            y = self.joined(torch.cat([y, y[:, :3]], 1)).relu()
            return self.third(self.last(self.second(y).relu()))

    net = Dense().eval()
    for norm in (net.joined, net.last):
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.uniform_(-0.2, 0.2)
        norm.running_var.uniform_(0.05, 0.5)
    quantized = mtc.quantize(mtc.optimize(mtc.export(net, (torch.randn(1, 3, 32, 32),))), "int8", batches(16))
    ops = Counter(node.op.name for node in quantized.nodes())
    assert ops["quantize"] == ops["dequantize"] == 1 and ops["conv2d"] == 5 and ops["batch_norm"] == 0
    assert sqnr(net, quantized, batches(16, seed=2), tmp_path, backend) > 25


def test_modules_and_operators_can_be_left_in_floats(model: Module) -> None:
    def integer(quantized: Module) -> set[str]:
        return {
            node.loc[0].module
            for node in quantized.nodes()
            if node.op.name in ("conv2d", "linear") and node.output.type.dtype.is_quantized
        }

    everything = integer(mtc.quantize(model, "int8", batches(2)))
    assert integer(mtc.quantize(model, "int8", batches(2), skip=("right", "linear"))) == {
        module for module in everything if not module.startswith("right") and module != "head"
    }
    assert integer(mtc.quantize(model, "int8", batches(2), only=("right.*",))) == {
        module for module in everything if module.startswith("right")
    }


def test_a_config_says_the_same(model: Module, tmp_path: Path) -> None:
    config = tmp_path / "q.yaml"
    config.write_text("version: 1\nscheme: uint8\nrules:\n- {match: left, scheme: float}\n")
    quantized = mtc.quantize(model, None, batches(2), config=config)
    assert quantized.meta["quantization"]["scheme"] == "uint8"
    floats = [n.loc[0].module for n in quantized.nodes() if n.op.name == "conv2d" and n.output.type.dtype.is_float]
    assert floats == ["left"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\nrule: []\n", "unknown key `rule`"),
        ("version: 2\n", "`version` is 2"),
        ("version: 1\nscheme: int9\n", "`scheme` is 'int9'"),
        ("version: 1\nrules: [{match: left}]\n", "is no rule"),
        ("version: 1\nrules: [{match: nowhere, scheme: float}]\n", "`nowhere` matches no operator"),
        ("[]", "not a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_config_is_refused(model: Module, text: str, message: str, tmp_path: Path) -> None:
    config = tmp_path / "q.yaml"
    config.write_text(text)
    with pytest.raises(MtcError, match=message.replace("[", r"\[")):
        mtc.quantize(model, None, batches(2), config=config)


def test_random_data_is_recorded_and_one_batch_is_warned_of(model: Module) -> None:
    with pytest.warns(UserWarning, match="random data"):
        quantized = mtc.quantize(model, "int8", "random")
    assert quantized.meta["quantization"]["calibration"] == "random"
    with pytest.warns(UserWarning, match="one batch"):
        mtc.quantize(model, "int8", batches(1))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "needs calibration data"),
        ([], "holds no batch"),
        ([(np.zeros((1, 3, 32, 32)),)], "float64, the model's f32"),
        ([(np.zeros((1, 3, 30, 32), np.float32),)], r"\[1, 3, 30, 32\]"),
        ([(np.full((1, 3, 32, 32), np.nan, np.float32),)], "NaN or infinite"),
        ([()], "0 arrays; the model takes 1 input"),
        ([{"y": np.zeros((1, 3, 32, 32), np.float32)}, {"y": 1, "z": 2}], "2 arrays"),
    ],
)
def test_data_that_does_not_fit_is_refused(model: Module, given: Any, message: str) -> None:
    with pytest.raises(MtcError, match=message):
        mtc.quantize(model, "int8", given)


def test_an_npz_may_hold_many_batches(model: Module, tmp_path: Path) -> None:
    images = np.random.default_rng(0).standard_normal((6, 3, 32, 32)).astype(np.float32)
    np.savez(tmp_path / "many.npz", x=images)
    np.savez(tmp_path / "more.npz", x=images[:, None])
    found = [
        mtc.quantize(model, "int8", tmp_path / name).meta["quantization"]["batches"]
        for name in ("many.npz", "more.npz")
    ]
    assert found == [6, 6]
    assert mtc.quantize(model, "int8", tmp_path).meta["quantization"]["batches"] == 12


def test_every_observer_leads_to_a_program_near_torch(net: nn.Module, model: Module, tmp_path: Path) -> None:
    found = {
        name: mtc.quantize(model, "int8", batches(8), observer=name)
        for name in ("min-max", "moving-average", "percentile", "entropy", "mse")
    }
    assert {name: quantized.meta["quantization"]["observer"] for name, quantized in found.items()} == {
        name: name for name in found
    }
    assert all(sqnr(net, quantized, batches(16, seed=2), tmp_path) > 14 for quantized in found.values())
    cut = mtc.quantize(model, "int8", batches(8), observer="percentile", percentile=90.0)
    assert sqnr(net, cut, batches(16, seed=2), tmp_path) < sqnr(net, found["percentile"], batches(16, seed=2), tmp_path)
    with pytest.raises(MtcError, match="`percentile` is 5"):
        mtc.quantize(model, "int8", batches(8), observer="percentile", percentile=5)


class Tokens(nn.Module):
    """A look-up, recurrent layers of each kind, and a product."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(100, 48)
        self.lstm = nn.LSTM(48, 64, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(128, 64, batch_first=True)
        self.rnn = nn.RNN(64, 64, batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.lstm(self.table(x))
        x, _ = self.gru(x)
        x, _ = self.rnn(x)
        return self.head(x[:, -1])


def test_what_has_no_integer_kernel_stores_its_weights_in_fewer_bits(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Tokens().eval()
    data = [(torch.randint(0, 100, (2, 12), generator=torch.Generator().manual_seed(i)),) for i in range(24)]
    model = mtc.optimize(mtc.export(net, data[0]))
    mtc.package(model, tmp_path / "float.mtp")
    sizes, losses = [], []
    for skip in ((), ("embedding", "lstm", "gru", "rnn")):
        quantized = mtc.quantize(model, "int8", data[:16], skip=skip)
        losses.append(sqnr(net, quantized, data[16:], tmp_path))
        mtc.package(quantized, tmp_path / "int8.mtp")
        sizes.append((tmp_path / "int8.mtp").stat().st_size / (tmp_path / "float.mtp").stat().st_size)
    assert losses[0] > losses[1] - 1  # dB
    assert sizes[0] < 0.5 < 0.9 < sizes[1]


class Joined(nn.Module):
    """Two convolutions, the second with results that are `ratio` times as large, joined by `join`."""

    def __init__(self, ratio: float, join: str) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(3, 8, 3, padding=1)
        self.last = nn.Conv2d(16, 4, 1)
        self.ratio, self.join = ratio, join
        self.register_buffer("known", 4 * torch.linspace(-1, 1, 8 * 32 * 32).reshape(1, 8, 32, 32))
        with torch.no_grad():
            for parameter in self.second.parameters():
                parameter *= ratio

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = torch.relu(self.first(x)), torch.relu(self.second(x))
        if self.join == "values":
            return self.last(torch.cat([first, second], 1))
        if self.join == "chains":  # the two lists have one value in common: all three share a scale
            third = torch.cat([torch.tanh(first), second], 1)
            return self.last(torch.cat([first, second], 1) + third)
        if self.join == "constant":
            return self.last(torch.cat([first + second, self.known], 1))
        padded = nn.functional.pad(first + second, (0, 0, 0, 0, 0, 8), value=5.0)
        return self.last(padded)


@pytest.mark.parametrize("join", ["values", "chains", "constant", "padding"])
@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("scheme", ["int8", "uint8"])
def test_values_that_are_joined_all_fit_the_scale(ratio: float, join: str, scheme: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Joined(ratio, join).eval()
    model = mtc.optimize(mtc.export(net, (torch.randn(1, 3, 32, 32),)))
    quantized = mtc.quantize(model, scheme, batches(16))
    joins = [node for node in quantized.nodes() if node.op.name in ("concat", "pad")]
    assert joins and all(node.output.type.qparams for node in joins)
    assert sqnr(net, quantized, batches(16, seed=2), tmp_path, "portable") > 28


@pytest.mark.parametrize("scheme", ["int8", "uint8"])
@pytest.mark.parametrize("backend", ["portable", "xnnpack"])
def test_a_known_matrix_may_stand_on_either_side(scheme: str, backend: str, tmp_path: Path) -> None:
    class Sides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Parameter(torch.randn(16, 32)), nn.Parameter(torch.randn(32, 8))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.left @ x) @ self.right

    torch.manual_seed(0)
    net = Sides().eval()
    quantized = mtc.quantize(mtc.optimize(mtc.export(net, (torch.randn(1, 3, 32, 32),))), scheme, batches(16))
    products = [node for node in quantized.nodes() if node.op.name in ("matmul", "linear", "integer_linear")]
    assert len(products) == 2 and all(node.operand(0).type.qparams for node in products)
    assert sqnr(net, quantized, batches(16, seed=2), tmp_path, backend) > 30
