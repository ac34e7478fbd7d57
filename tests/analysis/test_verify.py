"""How far one array is from another, and what is made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from mtc.analysis.limits import Limits
from mtc.analysis.verify import compared, distance, drift, refuse, samples_of, verify
from mtc.diagnostics import BAD_INPUT, BAD_JUDGE, CANNOT_READ, MISMATCH, MtcError

INF, NAN = math.inf, math.nan
UNLIKE = (INF, -1.0)


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (f32(1, 2), f32(1, 2), (0, 1)),
        (f32(), f32(), (0, 1)),
        (f32(3, 0), f32(4, 0), (0.25, 1)),
        (f32(0, 1), f32(0, -4), (1.25, -1)),
        (f32(4, 3), f32(4, 0), (0.75, 0.8)),  # of the largest value: that one is 0 says nothing
        (f32(0, 0), f32(2, 0), (1, 0)),
        (f32(1, 0), f32(0, 0), (INF, 0)),
        (f32(NAN, INF, 1), f32(NAN, INF, 1), (0, 1)),
        (f32(NAN, -INF, 3), f32(NAN, -INF, 4), (0.25, 1)),
        (f32(NAN, 1), f32(1, 1), UNLIKE),
        (f32(INF, 1), f32(1, 1), UNLIKE),
        (f32(1, 1), f32(INF, 1), UNLIKE),
        (f32(INF), f32(-INF), UNLIKE),
        (f32(1), f32(1, 1), UNLIKE),
        (f32(1), np.array([1.0]), UNLIKE),
        (np.array(7), np.array(7), (0, 1)),
        (np.array([7, 8]), np.array([7, 9]), UNLIKE),
        (np.array([True]), np.array([False]), UNLIKE),
        (f32(3, 0).astype(np.float16), f32(4, 0).astype(np.float16), (0.25, 1)),
        (f32(3, 0).astype(ml_dtypes.bfloat16), f32(4, 0).astype(ml_dtypes.bfloat16), (0.25, 1)),
    ],
)
def test_distance(got: np.ndarray, want: np.ndarray, expected: tuple[float, float]) -> None:
    assert distance(got, want) == pytest.approx(expected)


def test_outputs_of_other_types_are_named() -> None:
    got, want = [f32(1, 2), f32(1)], [f32(1, 2, 3), np.array([1])]
    with pytest.raises(MtcError) as caught:
        compared("a.npz", ["wide", "whole"], got, want, Limits(0.1, 0.9))
    assert [diagnostic.message for diagnostic in caught.value.diagnostics] == [
        "output `wide` is float32[2], the source model's float32[3]",
        "output `whole` is float32[1], the source model's int64[1]",
    ]


def test_both_thresholds_count() -> None:
    names = ["far", "askew", "near"]
    got, want = [f32(3, 0), f32(1, 1e-2), f32(1)], [f32(4, 0), f32(1, 0), f32(1)]
    rows = compared("a.npz", names, got, want, Limits(0.1, 0.99999))
    assert [(row.output, row.is_ok) for row in rows] == [("far", False), ("askew", False), ("near", True)]
    with pytest.raises(MtcError) as caught:
        refuse(rows)
    assert [finding.code for finding in caught.value.diagnostics] == [MISMATCH, MISMATCH]
    assert "`far`" in str(caught.value) and "`near`" not in str(caught.value)


def test_another_number_of_outputs_is_a_mismatch() -> None:
    with pytest.raises(MtcError, match="has 1 output, the source model 2"):
        compared("a.npz", ["y"], [f32(1)], [f32(1), f32(1)], Limits())


def samples(names: Sequence[str], data: Path) -> list[tuple[str, list[np.ndarray]]]:
    session: Any = SimpleNamespace(inputs=lambda: [SimpleNamespace(name=name) for name in names])
    reference: Any = None
    return list(samples_of(session, reference, data))


def test_samples_of_a_folder_come_by_name_and_in_the_programs_order(tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", y=f32(2), x=f32(1))
    np.savez(tmp_path / "a.npz", f32(3), f32(4))
    (tmp_path / "notes.txt").write_text("not a sample")
    assert samples(["x", "y"], tmp_path) == [("a.npz", [f32(3), f32(4)]), ("b.npz", [f32(1), f32(2)])]
    assert [name for name, _ in samples(["x", "y"], tmp_path / "b.npz")] == ["b.npz"]
    (tmp_path / "empty").mkdir()
    for missing in ("empty", "none.npz"):
        with pytest.raises(MtcError) as caught:
            samples(["x"], tmp_path / missing)
        assert caught.value.code is CANNOT_READ


def of(run: Any, sample: Any = None) -> Any:
    """A session, or a reference, that takes `x` and gives `y`."""
    names = {"inputs": lambda: [SimpleNamespace(name="x")], "outputs": lambda: [SimpleNamespace(name="y")]}
    return SimpleNamespace(run=run, example=lambda: [f32(1)], reset_state=lambda: None, samples=lambda: sample, **names)


PROGRAM = of(lambda x: [x])
SOURCE = of(lambda arrays: [arrays[0] * 2])


@pytest.mark.parametrize("answer", [True, False, np.bool_(True), np.array(False)], ids=repr)
def test_a_metric_judges_instead_of_the_thresholds(answer: object) -> None:
    rows = verify(PROGRAM, SOURCE, metric=lambda got, want: answer)
    assert [row.is_ok for row in rows] == [bool(answer)]
    if not answer:
        with pytest.raises(MtcError, match="the metric does not accept the outputs"):
            refuse(rows)


@pytest.mark.parametrize("answer", [None, 0.5, {"top1": 0.5}, np.array([True])], ids=repr)
def test_a_metric_says_true_or_false(answer: object) -> None:
    with pytest.raises(MtcError, match="neither True nor False") as caught:
        verify(PROGRAM, SOURCE, metric=lambda got, want: answer)
    assert caught.value.code is BAD_JUDGE


def test_a_sample_that_does_not_fit_is_named(tmp_path: Path) -> None:
    def refuses(x: np.ndarray) -> list[np.ndarray]:
        raise BAD_INPUT.error("another shape")

    np.savez(tmp_path / "good.npz", x=f32(1))
    with pytest.raises(MtcError, match=r"another shape(.|\n)*sample good\.npz"):
        verify(of(refuses), SOURCE, tmp_path)
    np.savez(tmp_path / "bad.npz", x=f32(1), z=f32(1))
    with pytest.raises(MtcError, match=r"no input called `z`(.|\n)*sample bad\.npz"):
        verify(PROGRAM, SOURCE, tmp_path)


def test_integers_that_differ_are_counted() -> None:
    rows = compared("a", ["y"], [np.array([[1, 2], [3, 4]])], [np.array([[1, 0], [3, 5]])], Limits())
    with pytest.raises(MtcError, match="output `y` differs: 2 of 4 elements"):
        refuse(rows)
    with pytest.raises(MtcError, match="help: integers have to be equal, or --metric says"):
        refuse(rows, quantized="int8")


def test_a_source_that_has_changed_is_the_reason() -> None:
    """The program is right for the source that it was made from, which its sample remembers."""
    now = of(lambda arrays: [arrays[0] * 3])
    sample = ([f32(1)], [f32(2)])
    assert drift(of(None), now) == ""
    assert drift(of(None, sample), SOURCE) == ""
    changed = drift(of(None, sample), now)
    assert "other weights" in changed and "`y` (max_rel 0.333, cosine 1.000000)" in changed
    with pytest.raises(MtcError, match="other weights") as caught:
        refuse(compared("a", ["y"], [f32(2)], [f32(3)], Limits()), changed=changed)
    assert "export the source again" in str(caught.value)
