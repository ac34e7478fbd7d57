"""Observers against torch's and onnxruntime's on the same data."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from onnxruntime.quantization import calibrate as onnxruntime_calibration
from torchao.quantization.pt2e import HistogramObserver, MinMaxObserver, MovingAverageMinMaxObserver

from mtc.diagnostics import MtcError
from mtc.ir.quantized import dequantize, quantize
from mtc.ir.types import QI8, QU8, QParams
from mtc.quant.observers import OBSERVERS, Grid, NotFinite, Range, maker
from mtc.quant.observers.entropy import best_threshold, divergence
from mtc.quant.observers.histogram import Histogram
from mtc.quant.weights import affine

SHAPE = (2, 16, 40, 41)
DISTRIBUTIONS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "normal": lambda r: r.standard_normal(SHAPE),
    "relu": lambda r: np.maximum(r.standard_normal(SHAPE), 0),
    "negative": lambda r: -np.abs(r.standard_normal(SHAPE)),
    "laplace": lambda r: r.laplace(size=SHAPE),
    "shifted": lambda r: r.standard_normal(SHAPE) + 7,
    "outliers": lambda r: r.standard_normal(SHAPE) * (1 + 50 * (r.random(SHAPE) < 1e-4)),
    "silu": lambda r: (x := 3 * r.standard_normal(SHAPE)) / (1 + np.exp(-x)),
    "two peaks": lambda r: r.choice([-1.0, 8.0], SHAPE) + 0.1 * r.standard_normal(SHAPE),
}


def batches(name: str, count: int = 6) -> list[np.ndarray]:
    """Of one distribution, each wider than the one before."""
    r = np.random.default_rng(3)
    return [(DISTRIBUTIONS[name](r) * (1 + index / 4)).astype(np.float32) for index in range(count)]


def ranged(name: str, data: list[np.ndarray], grid: Grid = Grid(), **options: float) -> Range:
    watch = maker(name, grid, **options)()
    for batch in data:
        watch.update(batch)
    return watch.range()


def error(data: list[np.ndarray], found: Range, grid: Grid = Grid()) -> float:
    """Mean square of what quantization in that range changes."""
    low, high = found
    symmetric = QParams(max(-low, high, 1e-30) / 127, 0)
    qparams = symmetric if grid.is_symmetric else affine(low, high, grid.dtype)
    return float(np.mean([np.mean((dequantize(quantize(x, QI8, qparams), qparams) - x) ** 2) for x in data]))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_min_max_and_moving_average_are_torchs(name: str) -> None:
    data = batches(name)
    for ours, theirs in (("min-max", MinMaxObserver()), ("moving-average", MovingAverageMinMaxObserver())):
        for batch in data:
            theirs(torch.from_numpy(batch))
        np.testing.assert_allclose(ranged(ours, data), (theirs.min_val, theirs.max_val), rtol=1e-5)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentile_is_onnxruntimes_within_a_bin(name: str, symmetric: bool) -> None:
    data = batches(name)
    values = np.concatenate([batch.reshape(-1) for batch in data])
    for percent in (99.0, 99.99):
        theirs = onnxruntime_calibration.HistogramCollector("percentile", symmetric, 2048, 128, percent, "same")
        with contextlib.redirect_stdout(io.StringIO()):
            theirs.collect({"x": [values]})
            low, high, *_ = theirs.compute_collection_result()["x"]
        found = ranged("percentile", data, Grid(is_symmetric=symmetric), percent=percent)
        # Their bins divide twice the greatest magnitude, and they take the left edge of one.
        bin = 2 * np.abs(values).max() / 2048
        if symmetric:
            high = max(-low, high)  # theirs cuts it to what was seen
            low = -high
        np.testing.assert_allclose(found, (low, high), atol=2 * bin)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentile_is_numpys_within_a_bin(name: str) -> None:
    data = batches(name)
    values = np.concatenate([batch.reshape(-1) for batch in data])
    histogram = Histogram()
    for batch in data:
        histogram.add(batch)
    found = ranged("percentile", data, percent=99.0)
    np.testing.assert_allclose(found, np.percentile(values, (0.5, 99.5)), atol=histogram.width)
    assert histogram.width <= (max(values.max(), 0) - min(values.min(), 0)) / 2047


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_mse_has_no_more_error_than_torchs_histogram_observer(name: str, symmetric: bool) -> None:
    data = batches(name)
    scheme = torch.per_tensor_symmetric if symmetric else torch.per_tensor_affine
    theirs = HistogramObserver(dtype=torch.qint8, qscheme=scheme)
    for batch in data:
        theirs(torch.from_numpy(batch))
    low, high = map(float, theirs._non_linear_param_search())
    grid = Grid(is_symmetric=symmetric)
    found = ranged("mse", data, grid)
    assert error(data, found, grid) <= 1.005 * error(data, (low, high), grid)
    assert error(data, found, grid) <= 1.005 * error(data, ranged("min-max", data, grid), grid)


def test_mse_finds_the_least_of_all_ranges() -> None:
    """Against a search of ranges by what they really do to the values."""
    data = batches("outliers")
    ends = np.linspace(0.2, 1, 17)
    least, most = ranged("min-max", data)
    best = min(error(data, (least * a, most * b)) for a in ends for b in ends)
    assert error(data, ranged("mse", data)) <= 1.01 * best


@pytest.mark.parametrize("name", ["normal", "laplace"])
def test_divergences_are_onnxruntimes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its levels are alike, because their number divides that of the bins, and no bin is empty: onnxruntime gives
    empty ones a share of what their level holds, TensorRT does not."""
    values = np.concatenate([batch.reshape(-1) for batch in batches(name)])
    found: list[float] = []
    entropy = onnxruntime_calibration.entropy
    monkeypatch.setattr(
        onnxruntime_calibration, "entropy", lambda p, q: found.append(float(entropy(p, q))) or found[-1]
    )
    levels, bins = 127, 2048
    theirs = onnxruntime_calibration.HistogramCollector("entropy", False, bins, levels, 99.99, "same")
    with contextlib.redirect_stdout(io.StringIO()):
        theirs.collect({"x": [values]})
        counts, *more = theirs.histogram_dict["x"]
        counts = counts * 1000  # of each level theirs rounds the shares of bins down to integers
        theirs.histogram_dict["x"] = (counts, *more)
        theirs.compute_collection_result()
    zero = bins // 2
    compared = 0
    for reach in range(levels // 2, zero):
        if (2 * reach + 1) % levels == 0 and counts[zero - reach : zero + reach + 1].all():
            ours = divergence(counts, zero - reach, zero + reach + 1, levels)
            np.testing.assert_allclose(ours, found[reach - levels // 2], rtol=1e-3, atol=1e-6)
            compared += 1
    assert compared >= 2


def test_entropy_takes_the_threshold_of_least_divergence() -> None:
    data = batches("laplace")
    histogram = Histogram()
    for batch in data:
        histogram.add(batch)
    zero = int(np.searchsorted(histogram.edges, 0.0))
    best = best_threshold(histogram.counts, zero, 256)
    got = divergence(histogram.counts, zero - best, zero + best, 256)
    for reach in range(128, min(zero, histogram.counts.size - zero), 97):
        assert got <= divergence(histogram.counts, zero - reach, zero + reach, 256) * 1.05
    low, high = ranged("entropy", data)
    assert high < 0.9 * histogram.high and low > 0.9 * histogram.low


def test_entropy_does_not_count_the_zeros_of_a_relu() -> None:
    data = batches("relu")
    positive = [batch[batch > 0] for batch in data]
    assert ranged("entropy", data)[1] == pytest.approx(ranged("entropy", positive)[1], rel=0.02)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_histogram_counts_what_numpy_counts(name: str) -> None:
    data = batches(name)
    one, other = Histogram(512), Histogram(512)
    for batch in data:
        one.add(batch)
    for value in np.array_split(np.concatenate([batch.reshape(-1) for batch in data])[::-1], 7):
        other.add(value)
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.edges, other.edges)
    values = np.concatenate([batch.reshape(-1) for batch in data])
    counted = np.add.reduceat(
        np.bincount(np.searchsorted(one.edges, values, side="right") - 1, minlength=one.counts.size),
        np.arange(one.counts.size),
    )
    np.testing.assert_array_equal(one.counts, counted)
    assert 256 < one.counts.size <= 512 + 1


@pytest.mark.parametrize("name", OBSERVERS)
@pytest.mark.parametrize(
    ("values", "want"),
    [([], (0, 0)), ([0.0, -0.0], (0, 0)), ([0.5] * 9, (0.5, 0.5)), ([-3.0], (-3, -3)), ([0.0, 1e-30], (0, 1e-30))],
    ids=["empty", "zeros", "constant", "negative constant", "tiny"],
)
def test_values_that_leave_nothing_to_choose(name: str, values: list[float], want: Range) -> None:
    """The range holds the constant, so that it can be exact."""
    low, high = ranged(name, [np.array(values, np.float32)])
    assert min(low, 0) == pytest.approx(min(want[0], 0), rel=0.02, abs=0)
    assert max(high, 0) == pytest.approx(max(want[1], 0), rel=0.02, abs=0)


@pytest.mark.parametrize("name", OBSERVERS)
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_size_of_numbers_does_not_matter(name: str, scale: float) -> None:
    data = [batch * np.float32(scale) for batch in batches("laplace")]
    np.testing.assert_allclose(np.array(ranged(name, data)) / scale, ranged(name, batches("laplace")), rtol=0.12)


@pytest.mark.parametrize("name", OBSERVERS)
def test_symmetric_ranges_reach_as_far_below_zero_as_above(name: str) -> None:
    for dtype in (QI8, QU8):
        low, high = ranged(name, batches("silu"), Grid(dtype, is_symmetric=True))
        assert low == -high < 0


def test_an_unknown_observer_is_refused() -> None:
    with pytest.raises(MtcError, match="min-max"):
        maker("minmax", Grid())


@pytest.mark.parametrize("name", OBSERVERS)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(name: str, wrong: float) -> None:
    values = np.zeros(100_000, np.float32)
    values[77_777] = wrong
    with pytest.raises(NotFinite):
        maker(name, Grid())().update(values)
