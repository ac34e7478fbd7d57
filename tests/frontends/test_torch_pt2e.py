"""Models that PT2E has quantized, calibrated or trained: operators on integers between the first rounding and the
last."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import mtc
from mtc import interp
from mtc.ir.module import Module

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pt2e = pytest.importorskip("torchao.quantization.pt2e.quantize_pt2e")
    from torchao.quantization.pt2e import move_exported_model_to_eval
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86
    from torchao.testing.pt2e._xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config

ROUNDINGS = ("quantize", "dequantize", "requantize")


def xnnpack(**options: Any) -> Any:
    return XNNPACKQuantizer().set_global(get_symmetric_quantization_config(**options))


def x86_cpu(**options: Any) -> Any:
    return x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config(**options))


def quantized(
    model: nn.Module, inputs: tuple[torch.Tensor, ...], quantizer: Any, is_qat: bool = False
) -> torch.export.ExportedProgram:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(model.train(is_qat), inputs, strict=True).module()
        prepared = (pt2e.prepare_qat_pt2e if is_qat else pt2e.prepare_pt2e)(program, quantizer)
        for _ in range(4):
            prepared(*(torch.randn_like(x) for x in inputs))
        if is_qat:
            move_exported_model_to_eval(prepared)
        return torch.export.export(pt2e.convert_pt2e(prepared), inputs)


class Images(nn.Module):
    """What the XNNPACK quantizer annotates of networks for images."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.second, self.last = nn.Conv2d(8, 8, 1), nn.Linear(16, 5)
        self.norm.running_mean.normal_(0, 0.1)
        self.norm.running_var.uniform_(0.5, 1.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm(self.first(x)))
        y = torch.relu(y + F.hardtanh(self.depthwise(y), 0.0, 6.0))
        y = F.max_pool2d(y, 2)
        y = torch.cat([y, y * 0.5], 1)[:, 4:12]
        y = torch.relu(self.second(y.permute(0, 1, 3, 2)))
        return self.last(torch.cat([F.adaptive_avg_pool2d(y, 1).flatten(1), y.mean((2, 3))], 1))


class Sound(nn.Module):
    """Along time."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv1d(2, 8, 5, padding=2), nn.BatchNorm1d(8)
        self.second = nn.Conv1d(8, 4, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.second(torch.relu(self.norm(self.first(x)))))


class Rows(nn.Module):
    """Fully connected, with a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(16, 32), nn.Linear(32, 16), nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x + self.second(F.hardswish(self.first(x)))
        return self.last(torch.relu(y) * torch.sigmoid(y))


NETS: dict[str, Callable[[], tuple[nn.Module, torch.Tensor]]] = {
    "images": lambda: (Images(), torch.randn(2, 3, 12, 12)),
    "sound": lambda: (Sound(), torch.randn(2, 2, 40)),
    "rows": lambda: (Rows(), torch.randn(3, 7, 16)),
}


def floats(module: Module) -> list[str]:
    """The operators that compute floats."""
    return sorted(
        {
            node.op.name
            for node in module.nodes()
            if node.op.name not in (*ROUNDINGS, "constant") and any(v.type.dtype.is_float for v in node.outputs)
        }
    )


def roundings(module: Module) -> list[str]:
    return [node.op.name for node in module.nodes() if node.op.name in ROUNDINGS]


def run(optimized: Module, inputs: list[np.ndarray], tmp_path: Path) -> np.ndarray:
    mtc.package(optimized, tmp_path / "model.mtp")
    with mtc.Session(tmp_path / "model.mtp") as session:
        return session.run(*inputs)[0]


class Recorder(torch.fx.Interpreter):
    """Keeps the integers that torch computes, by the names of their nodes."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        super().__init__(program.module())
        self.integers: dict[str, np.ndarray] = {}

    def run_node(self, n: torch.fx.Node) -> Any:
        result = super().run_node(n)
        if str(n.target).startswith("quantized_decomposed.quantize_per_tensor"):
            self.integers[n.name] = result.detach().numpy()
        return result


def steps_off(optimized: Module, inputs: list[np.ndarray], torchs: dict[str, np.ndarray]) -> list[int]:
    """How far each operator on integers is from torch's, were it given what torch's was given."""
    function = optimized.functions["forward"]
    values = dict(zip(function.inputs, inputs, strict=True))
    found = []
    for node in function:
        if node.op.name == "constant":
            values[node.output] = node.attrs["value"].array()
        elif node.outputs and node.op.name != "state":
            arrays = [None if value is None else values.get(value) for value in node.inputs]
            if any(a is None and v is not None for a, v in zip(arrays, node.inputs, strict=True)):
                continue  # the count of batches that training leaves behind
            (values[node.output],) = interp.compute(node, arrays, {})
            wanted = torchs.get(node.output.name)
            if wanted is not None and node.output.type.dtype.is_quantized:
                found.append(int(np.abs(values[node.output].astype(int) - wanted.astype(int)).max()))
                values[node.output] = wanted
    return found


def assert_runs_as_torch(program: torch.export.ExportedProgram, tmp_path: Path) -> None:
    """Each operator is within a step of torch's, which sums in floats and rounds a bias nowhere; portable kernels give
    the reference's integers bit by bit."""
    module = mtc.export(program)
    optimized = mtc.optimize(module, backend="portable")
    (sample,) = module.samples["forward"]
    inputs = [constant.array() for constant in sample.inputs]
    recorder = Recorder(program)
    with torch.no_grad():
        recorder.run(*map(torch.from_numpy, inputs))
    off = steps_off(optimized, inputs, recorder.integers)
    assert len(off) > len(recorder.integers) / 2 and max(off) <= 1, off
    (reference,) = interp.run(optimized, inputs)
    last = optimized.functions["forward"].outputs[0].producer
    assert last is not None
    is_exact = last.op.name == "dequantize"
    np.testing.assert_allclose(
        run(optimized, inputs, tmp_path), reference, rtol=0 if is_exact else 1e-5, atol=0 if is_exact else 1e-6
    )


@pytest.mark.parametrize(
    ("name", "is_qat", "per_channel"),
    [
        *((name, False, per_channel) for name in NETS for per_channel in (True, False)),
        ("images", True, True),  # torch takes a minute to find convolutions with a batch norm
    ],
)
def test_all_that_is_rounded_is_computed_in_integers(
    name: str, is_qat: bool, per_channel: bool, tmp_path: Path
) -> None:
    model, x = NETS[name]()
    program = quantized(model, (x,), xnnpack(is_per_channel=per_channel, is_qat=is_qat), is_qat)
    optimized = mtc.optimize(mtc.export(program), backend="portable")
    assert floats(optimized) == []
    assert [name for name in roundings(optimized) if name != "requantize"] == ["quantize", "dequantize"]
    assert_runs_as_torch(program, tmp_path)


@pytest.mark.parametrize("per_channel", [True, False], ids=["per-channel", "per-tensor"])
def test_transposed_convolutions(per_channel: bool, tmp_path: Path) -> None:
    """The quantizer gives scales to the wrong axis, that of the inputs, by which no sum of integers can be had."""
    x = torch.randn(2, 4, 6, 6)
    model = nn.Sequential(nn.ConvTranspose2d(4, 6, 2, stride=2), nn.ReLU(), nn.Conv2d(6, 3, 3), nn.ReLU())
    program = quantized(model, (x,), xnnpack(is_per_channel=per_channel))
    assert floats(mtc.optimize(mtc.export(program), backend="portable")) == (
        ["conv_transpose2d"] if per_channel else []
    )
    assert_runs_as_torch(program, tmp_path)


def test_weights_are_stored_as_integers() -> None:
    model, x = NETS["images"]()
    module = mtc.export(quantized(model, (x,), xnnpack(is_per_channel=True)))
    count = sum(parameter.numel() for parameter in model.parameters())
    assert mtc.optimize(module).constant_bytes < 1.5 * count


@pytest.mark.parametrize("per_channel", [True, False], ids=["per-channel", "per-tensor"])
def test_dynamic_layers_round_rows_as_they_come(per_channel: bool, tmp_path: Path) -> None:
    """Each by a scale of its own, where torch has one for all: what is lost is no more than what torch loses."""
    model, x = NETS["rows"]()
    program = quantized(model, (x,), xnnpack(is_per_channel=per_channel, is_dynamic=True))
    optimized = mtc.optimize(mtc.export(program))
    layers = [node for node in optimized.nodes() if node.op.name == "linear"]
    assert all(layer.attrs["dynamic"] for layer in layers) and len(layers) == 3
    assert not {node.op.name for node in optimized.nodes()} & {"amin", "amax", "round"}
    with torch.no_grad():
        want, torchs = model(x).numpy(), program.module()(x).numpy()
    loss = np.square(run(optimized, [x.numpy()], tmp_path) - want).mean()
    assert 0 < loss <= 1.5 * np.square(torchs - want).mean()


class Convolutions(nn.Module):
    """What ExecuTorch's quantizer rounds as it comes: convolutions of images that no relu follows, not depthwise."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 12, 3, 2, groups=2, bias=False)
        self.last = nn.Conv2d(12, 5, 3, padding="same")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.tanh(self.second(F.hardswish(self.first(x)))))


def test_dynamic_convolutions_round_images_as_they_come(tmp_path: Path) -> None:
    """ExecuTorch's quantizer gives a batch one scale: what is lost with one for each image is no more than that."""
    quantizers = pytest.importorskip("executorch.backends.xnnpack.quantizer.xnnpack_quantizer")
    config = quantizers.get_symmetric_quantization_config(is_per_channel=True, is_dynamic=True)
    torch.manual_seed(0)
    model, x = Convolutions(), torch.randn(2, 3, 11, 9) * torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1)
    program = quantized(model, (x,), quantizers.XNNPACKQuantizer().set_global(config))
    optimized = mtc.optimize(mtc.export(program))
    layers = [node for node in optimized.nodes() if node.op.name == "conv2d"]
    assert [layer.attrs["dynamic"] for layer in layers] == [True] * 3
    assert not {node.op.name for node in optimized.nodes()} & {"amin", "amax", "round"}
    with torch.no_grad():
        want, torchs = model(x).numpy(), program.module()(x).numpy()
    loss = np.square(run(optimized, [x.numpy()], tmp_path) - want).mean()
    assert 0 < loss <= 1.5 * np.square(torchs - want).mean()


@pytest.mark.parametrize("reduce_range", [False, True], ids=["8-bit", "7-bit"])
def test_convolutions_in_a_row_as_x86_has_them(reduce_range: bool, tmp_path: Path) -> None:
    """Its last operators give floats: what they read is rounded, they are not."""
    model = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU6()),
        *(nn.MaxPool2d(2), nn.Conv2d(8, 8, 1), nn.Flatten(), nn.Linear(72, 4)),
    )
    x = torch.randn(2, 3, 10, 10)
    program = quantized(model, (x,), x86_cpu(reduce_range=reduce_range))
    optimized = mtc.optimize(mtc.export(program), backend="portable")
    assert floats(optimized) == [*(["clamp"] if reduce_range else []), "linear"]  # the clamp is the input's
    assert_runs_as_torch(program, tmp_path)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_image_classifiers(name: str, tmp_path: Path) -> None:
    """As near to the float model as torch's own integers are."""
    models = pytest.importorskip("torchvision.models")
    model = models.get_model(name, weights=None)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        want = model.eval()(x).numpy()
    module = mtc.export(quantized(model, (x,), xnnpack(is_per_channel=True)))
    optimized = mtc.optimize(module)
    assert floats(optimized) == []
    assert {*roundings(optimized)} <= {*ROUNDINGS} and roundings(optimized).count("dequantize") == 1
    (sample,) = module.samples["forward"]
    got = run(optimized, [x.numpy()], tmp_path)
    torchs = np.abs(sample.outputs[0].array() - want).mean()
    assert np.abs(got - want).mean() <= 1.2 * torchs
