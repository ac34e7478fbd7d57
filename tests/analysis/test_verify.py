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

from mtc.analysis.verify import compared, distance, refuse, samples_of
from mtc.diagnostics import CANNOT_READ, MISMATCH, MtcError

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


def test_both_thresholds_count() -> None:
    names = ["far", "askew", "near"]
    got, want = [f32(3, 0), f32(1, 1e-2), f32(1)], [f32(4, 0), f32(1, 0), f32(1)]
    rows = compared("a.npz", names, got, want, max_rel=0.1, min_cosine=0.99999)
    assert [(row.output, row.is_ok) for row in rows] == [("far", False), ("askew", False), ("near", True)]
    with pytest.raises(MtcError) as caught:
        refuse(rows)
    assert [finding.code for finding in caught.value.diagnostics] == [MISMATCH, MISMATCH]
    assert "`far`" in str(caught.value) and "`near`" not in str(caught.value)


def test_another_number_of_outputs_is_a_mismatch() -> None:
    with pytest.raises(MtcError, match="has 1 outputs, the source model 2"):
        compared("a.npz", ["y"], [f32(1)], [f32(1), f32(1)], 1, 0)


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
