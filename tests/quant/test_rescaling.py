"""Channels scaled in front and scaled back behind: the float function stays, and integers lose less.

`MTC_UPDATE_GOLDEN=1 pytest tests/quant/test_rescaling.py` writes the golden files anew, for review.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from measured import sqnr
from torch import nn
from torch.nn import functional as F

import mtc
from mtc.diagnostics import MtcError
from mtc.ir.module import Module, Node
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ops import OPS
from mtc.passes.checking import run_once
from mtc.quant.data import open_data
from mtc.quant.equalization import equalize
from mtc.quant.seams import seams
from mtc.quant.smoothing import smooth
from mtc.stages.tapped_runs import tapped_runs
from mtc.stages.taps import named

GOLDEN = Path(__file__).parents[1] / "golden_rescaling"
X = np.array([[1.0, -2.0], [3.0, 0.5]], np.float32)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.mtir")), ids=lambda path: path.stem)
def test_weights_are_scaled_as_a_reviewer_saw(path: Path) -> None:
    header, _, rest = path.read_text(encoding="utf-8").partition("\n")
    before, _, expected = rest.partition("// -- expect\n")
    module, original = parse(before, OPS, {}), parse(before, OPS, {})
    (x,) = module.functions["forward"].inputs
    array = np.resize(X, x.type.shape)
    runs = tapped_runs(module, open_data([(array,)], module.functions["forward"]))
    change, *more = header.removeprefix("// ").split()
    assert {"equalize": equalize, "smooth": smooth}[change](module, runs, *map(float, more)) == (
        "refused" not in path.stem
    )
    (want,), (got,) = (run_once(each, "forward", [array]).values() for each in (original, module))
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    printed = print_module(module)
    if os.environ.get("MTC_UPDATE_GOLDEN"):
        path.write_text(f"{header}\n{before}// -- expect\n{printed}", encoding="utf-8")
    else:
        assert printed == expected


class Block(nn.Module):
    """What a seam goes through: depthwise chains, pooling, a gate, flatten."""

    pairs = (
        ("expand", "depthwise"),
        ("depthwise", "squeeze", "project"),
        ("squeeze", "excite"),
        ("project", "up"),
        ("up", "hidden"),
        ("hidden", "head"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.depthwise = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.squeeze, self.excite = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.project, self.up = nn.Conv2d(8, 6, 3, groups=2), nn.ConvTranspose2d(6, 4, 2, 2)
        self.hidden, self.head = nn.Linear(4 * 4 * 4, 16), nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.leaky_relu(self.depthwise(F.relu6(self.expand(x))), 0.1)
        x = x * torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        x = F.max_pool2d(torch.relu(self.up(self.project(F.pad(x, (1, 1, 1, 1))))), 5)
        return self.head(torch.relu(self.hidden(torch.flatten(x, 1))))


class Attention(nn.Module):
    """What language models are made of; values go through attention to the layer behind it."""

    pairs = (("norm1", "query", "key", "value"), ("value", "out"), ("norm2", "gate", "up"), ("up", "down"))

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(16), nn.RMSNorm(16)
        self.query, self.key, self.value, self.out = (nn.Linear(16, 16) for _ in range(4))
        self.gate, self.up, self.down = nn.Linear(16, 24), nn.Linear(16, 24), nn.Linear(24, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(x)
        q, k, v = (part(y).view(2, 5, 4, 4).transpose(1, 2) for part in (self.query, self.key, self.value))
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 5, 16))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


NETS = [(Block, (1, 3, 12, 12)), (Attention, (2, 5, 16))]


def spread(net: nn.Module) -> nn.Module:
    """Makes channels between layers large or small, and the weights behind them small or large."""
    for first, *behind in net.pairs:  # type: ignore[union-attr]
        source = getattr(net, first)
        factors = torch.exp(torch.randn(source.weight.shape[isinstance(source, nn.ConvTranspose2d)]) * 1.5)
        with torch.no_grad():
            _multiply(source, factors, of_inputs=False)
            for name in behind:
                _multiply(getattr(net, name), 1 / factors, of_inputs=True)
    return net.eval()


def _multiply(layer: nn.Module, factors: torch.Tensor, of_inputs: bool) -> None:
    is_transposed, groups = isinstance(layer, nn.ConvTranspose2d), getattr(layer, "groups", 1)
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    if of_inputs and not is_transposed:
        factors = factors.reshape(groups, 1, -1).expand(-1, weight.shape[0] // groups, -1).reshape(weight.shape[0], -1)
        factors = factors.repeat_interleave(weight.shape[1] // factors.shape[1], 1)
        weight.mul_(factors.reshape(*factors.shape, *[1] * (weight.dim() - 2)))
        return
    weight.mul_(factors.reshape([-1 if i == (is_transposed and not of_inputs) else 1 for i in range(weight.dim())]))
    if not of_inputs and isinstance(bias := getattr(layer, "bias", None), torch.Tensor):
        bias.mul_(factors)


def made(kind: type[nn.Module], shape: tuple[int, ...]) -> tuple[nn.Module, Module, list[tuple[torch.Tensor]]]:
    torch.manual_seed(0)
    net = spread(kind())
    data = [(torch.randn(shape),) for _ in range(8)]
    return net, named(mtc.optimize(mtc.export(net, data[0]))), data


def module_of(node: Node) -> str:
    return next(loc.module for loc in reversed(node.loc) if loc.module)


def found(module: Module) -> set[tuple[str, ...]]:
    return {
        tuple(module_of(node) for node in (seam.source, *(sink.node for sink in seam.sinks)))
        for seam in seams(module.functions["forward"])
    }


@pytest.mark.parametrize(("kind", "shape"), NETS)
def test_seams_go_through_what_scales(kind: Any, shape: tuple[int, ...]) -> None:
    assert found(made(kind, shape)[1]) == set(kind.pairs)


class Square(nn.Module):
    """No seam: the value goes into a product twice, is added to another, or is squashed."""

    pairs = ()

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(4, 4) for _ in range(3))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.a(x)
        z = self.b(y * torch.relu(y))
        return self.c(torch.tanh(z)), self.c(z + 1)


def test_what_does_not_scale_is_no_seam() -> None:
    assert not found(made(Square, (3, 4))[1])


@pytest.mark.parametrize("options", [{"equalize": True}, {"smooth": 0.5}, {"equalize": True, "smooth": 0.8}], ids=str)
@pytest.mark.parametrize(("kind", "shape"), NETS)
def test_the_float_model_stays_the_same_function(
    kind: type[nn.Module], shape: tuple[int, ...], options: dict[str, Any], tmp_path: Path
) -> None:
    from mtc.quant.settings import QuantSettings
    from mtc.stages.quantize import prepared

    net, module, data = made(kind, shape)
    scaled = prepared(module, data, QuantSettings(**options)).module
    weights = [[n.inputs[1].constant for n in m.nodes() if n.op.name in ("conv2d", "linear")] for m in (module, scaled)]
    assert any(not np.array_equal(a.array(), b.array()) for a, b in zip(*weights, strict=True))
    mtc.package(scaled, tmp_path / "m.mtp")
    with mtc.Session(tmp_path / "m.mtp") as session, torch.no_grad():
        for batch in data:
            want = net(*batch).numpy()
            (got,) = session.run(batch[0].numpy())
            assert np.abs(got - want).max() < 3e-6 * np.abs(want).max()


def inputs(shape: tuple[int, ...]) -> list[tuple[torch.Tensor]]:
    """Other data than the calibration's."""
    torch.manual_seed(7)
    return [(torch.randn(shape),) for _ in range(8)]


@pytest.mark.parametrize(
    ("kind", "shape", "scheme", "options", "gain"),
    [
        (*NETS[0], "int8", {"equalize": True, "per_tensor": True}, 25),
        (*NETS[0], "uint8", {"equalize": True}, 25),
        (*NETS[0], "int8", {"smooth": 0.5}, 15),
        (*NETS[1], "int8", {"smooth": 0.5}, 15),
        (*NETS[1], "int8-dynamic", {"smooth": 0.5}, 15),
    ],
    ids=str,
)
def test_integers_lose_less_where_channels_differ(
    kind: type[nn.Module], shape: tuple[int, ...], scheme: str, options: dict[str, Any], gain: float, tmp_path: Path
) -> None:
    net, module, data = made(kind, shape)
    plain: dict[str, Any] = {"correct_bias": False, "per_tensor": "per_tensor" in options}
    before = sqnr(net, mtc.quantize(module, scheme, data, **plain), inputs(shape), tmp_path)
    quantized = mtc.quantize(module, scheme, data, **plain | options)
    after = sqnr(net, quantized, inputs(shape), tmp_path)
    assert after > before + gain
    facts = quantized.meta["quantization"]
    assert all(facts[name] == value for name, value in options.items() if name != "per_tensor")


@pytest.mark.parametrize(
    ("scheme", "options", "message"),
    [
        ("fp16", {"equalize": True}, "no integers"),
        ("weight-int8", {"smooth": 0.5}, "keeps activations in floats"),
        ("int8", {"smooth": 1.5}, "`smooth` is 1.5"),
    ],
)
def test_what_a_scheme_has_no_use_for_is_refused_before_data_is_read(
    scheme: str, options: dict[str, Any], message: str
) -> None:
    _, module, _ = made(*NETS[1])

    def data() -> Any:
        raise AssertionError("read")

    with pytest.raises(MtcError, match=message):
        mtc.quantize(module, scheme, data, **options)


def test_smoothing_needs_data_where_the_scheme_does_not() -> None:
    _, module, _ = made(*NETS[1])
    with pytest.raises(MtcError, match="needs calibration data"):
        mtc.quantize(module, "int8-dynamic", None, smooth=0.5)


def test_a_config_holds_them_too(tmp_path: Path) -> None:
    _, module, data = made(*NETS[0])
    config = tmp_path / "q.yaml"
    config.write_text("version: 1\nequalize: true\nsmooth: 0.5\n")
    facts = mtc.quantize(module, None, data, config=config).meta["quantization"]
    assert facts["equalize"] is True and facts["smooth"] == 0.5
    config.write_text("version: 1\nequalize: 1\nsmooth: much\n")
    with pytest.raises(MtcError, match="`equalize` is 1, not true or false"):
        mtc.quantize(module, None, data, config=config)
