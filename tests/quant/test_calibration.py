"""Calibration: what is seen of a model's values on data, against torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import mtc
from mtc.diagnostics import MtcError
from mtc.ir.dims import evaluate
from mtc.ir.module import Module
from mtc.ir.types import QI8
from mtc.quant.calibration import Runs, calibrate, groups_of
from mtc.quant.data import open_data
from mtc.quant.observers import Grid, Range, maker
from mtc.quant.weights import affine
from mtc.stages.tapped_runs import tapped_runs
from mtc.stages.taps import named, tappable


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 4, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.second(torch.sigmoid(self.first(x)))).mean((2, 3))


def canonical(net: nn.Module, *example: Any, **more: Any) -> Module:
    return named(mtc.optimize(mtc.export(net.eval(), example, **more)))


def runs_of(module: Module, batches: Any, **more: Any) -> Runs:
    return tapped_runs(module, open_data(batches, module.functions["forward"]), **more)


def seen(module: Module, batches: Any, name: str = "min-max", **more: Any) -> dict[str, Range]:
    values = tappable(module.functions["forward"])
    return {
        v.name: r for v, r in calibrate(runs_of(module, batches, **more), values, maker(name, Grid())).ranges.items()
    }


def images(count: int, size: int = 16) -> list[tuple[torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [(torch.randn(1, 3, size, size, generator=generator) * (1 + i),) for i in range(count)]


def test_ranges_are_those_of_torch() -> None:
    torch.manual_seed(0)
    net = Net()
    module, data = canonical(net, *images(1)[0]), images(5)
    found: dict[str, list[torch.Tensor]] = {}
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda _, __, out, name=name: found.setdefault(name, []).append(out))
    for batch in data:
        net(*batch)
    ranges = seen(module, data)
    convolutions = [node.output.name for node in module.functions["forward"] if node.op.name == "conv2d"]
    for name, value in zip(("first", "second"), convolutions, strict=True):
        want = torch.cat([out.reshape(-1) for out in found[name]])
        np.testing.assert_allclose(ranges[value], (want.min().item(), want.max().item()), rtol=1e-4)


@pytest.mark.parametrize("name", ["min-max", "mse"])
def test_neither_threads_nor_groups_change_what_is_seen(name: str) -> None:
    module, data = canonical(Net(), *images(1)[0]), images(4)
    want = seen(module, data, name)
    assert seen(module, data, name, threads=3) == want
    runs = runs_of(module, data)
    values = tappable(module.functions["forward"])
    opened: list[int] = []
    few = Runs(
        runs.function,
        lambda names: opened.append(len(names)) or runs.open(names),  # type: ignore[func-returns-value]
        runs.batches,
        most_bytes=8 * 16 * 16 * 4,
    )
    found = calibrate(few, values, maker(name, Grid()))
    assert {value.name: range for value, range in found.ranges.items()} == want
    assert len(opened) > 1 and sum(opened) == len(values) and found.batches == 4


def test_groups_hold_no_more_than_they_may() -> None:
    size = torch.export.Dim("size", min=8, max=64)
    module = canonical(Net(), *images(1)[0], dynamic_shapes=({2: size, 3: size},))
    function = module.functions["forward"]
    values = tappable(function)
    (name,) = function.symbols

    def sizes(side: int, most: int) -> list[int]:
        return [
            sum(evaluate(value.type.count, {name: side}) * 4 for value in group)
            for group in groups_of(values, {name: side}, most)
        ]

    assert len(sizes(16, 1 << 20)) == 1
    assert sum(sizes(16, 1 << 20)) == sum(sizes(16, 9000))
    assert all(size <= 9000 for size in sizes(16, 9000))
    assert len(sizes(64, 9000)) == len(values)


def test_batches_may_have_any_size_that_the_model_takes() -> None:
    size, batch = torch.export.Dim("size", min=8, max=64), torch.export.Dim("batch", min=1, max=8)
    net = Net()
    example = torch.randn(2, 3, 16, 16)
    module = canonical(net, example, dynamic_shapes=({0: batch, 2: size, 3: size},))
    data = [(torch.randn(n, 3, side, side),) for n, side in ((1, 16), (3, 9), (2, 40))]
    want = torch.cat([net.first(*x).reshape(-1) for x in data])
    first = next(node.output.name for node in module.functions["forward"] if node.op.name == "conv2d")
    np.testing.assert_allclose(seen(module, data)[first], (want.min().item(), want.max().item()), rtol=1e-4)


class Counting(nn.Module):
    """Adds up what it was given in all calls."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(1, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.total.add_(x)
        return torch.exp(self.total * 0.5)


def test_every_batch_begins_with_fresh_states() -> None:
    module = canonical(Counting(), torch.ones(1, 4))
    data = [(torch.full((1, 4), float(i)),) for i in range(5)]
    assert max(high for _, high in seen(module, data).values()) <= 4.0


class Logarithm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.log(x))


def test_a_value_that_is_no_number_is_named_with_its_source() -> None:
    module = canonical(Logarithm(), torch.ones(1, 4))
    with pytest.raises(MtcError, match="NaN or an infinite") as raised:
        mtc.quantize(module, "int8", [(torch.ones(1, 4),), (-torch.ones(1, 4),)])
    (found,) = raised.value.diagnostics
    assert found.op == "log"
    assert "test_calibration.py" in str(found.at) and "torch.log" in source_line(str(found.at))


def source_line(place: str) -> str:
    number = int(place.split("test_calibration.py:")[1].split()[0].split(":")[0])
    return Path(__file__).read_text(encoding="utf-8").splitlines()[number - 1]


def test_progress_is_told_from_the_first_batch_to_the_last() -> None:
    module, data = canonical(Net(), *images(1)[0]), images(3)
    told: list[tuple[str, int, int]] = []
    seen(module, data, progress=lambda *step: told.append(step))
    assert told == [("calibrating", 0, 0), ("calibrating", 1, 0), ("calibrating", 2, 0), ("calibrating", 3, 3)]


def test_an_iterators_batches_are_kept() -> None:
    """They are read more than once."""
    module = canonical(Net(), *images(1)[0])

    def once() -> Iterator[tuple[torch.Tensor]]:
        yield from images(3)

    assert seen(module, once()) == seen(module, images(3))


class Dead(nn.Module):
    """A layer of which one channel is always zero, and one that has nothing but a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.next = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1)
        with torch.no_grad():
            assert self.layer.bias is not None
            self.layer.weight[:2] = 0
            self.layer.weight[2] *= 1e-9
            self.layer.bias[:3] = torch.tensor([0.0, 3.0, 2.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.next(self.layer(x)) + self.next(torch.relu(-self.layer(x).abs() - 1))


def test_values_and_weights_that_are_all_zero_have_a_scale(tmp_path: Path) -> None:
    torch.manual_seed(0)
    assert affine(0.0, 0.0, QI8).scale[0] == 1
    net = Dead()
    module = canonical(net, *images(1)[0])
    quantized = mtc.quantize(module, "int8", images(4))
    for backend in ("portable", "xnnpack"):
        mtc.package(quantized, tmp_path / "q.mtp", backend=backend)
        with mtc.Session(tmp_path / "q.mtp") as session, torch.no_grad():
            for batch in images(4):
                (got,) = session.run(*[x.numpy() for x in batch])
                want = net(*batch).numpy()
                assert np.abs(got - want).max() < 0.03 * np.abs(want).max()


class Two(nn.Module):
    def forward(self, image: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        return image * scale


@pytest.mark.parametrize(
    ("image", "scale", "message"),
    [
        ((4, 3, 5), (4,), None),
        ((4, 1, 3, 5), (4, 1), None),
        ((4, 3, 6), (4,), "input `image` is [4, 3, 6], the model's f32[1,3,5]"),
        ((4, 3, 5), (3,), "different numbers of batches: `image` 4, `scale` 3"),
        ((4, 3, 5), (1,), "different numbers of batches: `image` 4, `scale` 1"),
        ((4, 3), (4, 2), "input `image` is [4, 3], the model's f32[1,3,5]"),
    ],
)
def test_an_archive_is_cut_into_batches(
    image: tuple[int, ...], scale: tuple[int, ...], message: str | None, tmp_path: Path
) -> None:
    function = mtc.export(Two().eval(), (torch.randn(1, 3, 5), torch.randn(1))).functions["forward"]
    arrays = {"image": np.ones(image, np.float32), "scale": np.ones(scale, np.float32)}
    np.savez(tmp_path / "data.npz", **arrays)
    if message is None:
        got = [*open_data(tmp_path / "data.npz", function).batches()]
        assert [[array.shape for array in batch] for batch in got] == [[(1, 3, 5), (1,)]] * 4
        return
    with pytest.raises(MtcError) as caught:
        open_data(tmp_path / "data.npz", function)
    assert message in str(caught.value)
    assert ("input `scale`" in str(caught.value)) is (len(scale) > 1)  # what can be cut is not blamed


def test_random_data_has_sizes_that_belong_together() -> None:
    class Shifted(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (x[:, 2:] + y).relu()

    k = torch.export.Dim("k", min=3)
    module = canonical(Shifted(), torch.ones(2, 7), torch.ones(2, 5), dynamic_shapes=({1: k + 2}, {1: k}))
    batches = list(open_data("random", module.functions["forward"]).batches())
    assert {tuple(array.shape for array in batch) for batch in batches} == {((2, 5), (2, 3))}
