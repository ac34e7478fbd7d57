"""A session by itself: what it takes, sizes that vary, and how a run is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtc
from mtc.diagnostics import BAD_INPUT, RUN_FAILED, MtcError
from mtc.ir.parser import parse
from mtc.ir.types import F32, I64
from mtc.ops import OPS

MODULE = """
func @forward<n: 2..8>(%x: f32[n,4], %y: f32[n,4]) {
  %0 = sub(%x, %y) : f32[n,4]
  %1 = abs(%0) : f32[n,4]
  %2 = sum(%1) {axes=[0]} : f32[4]
  return %1 as distance, %2 as total
}

func @turns(%turns: i64) {
  %i = constant 0 : i64
  %0 = while_loop(%i, %turns) {carried=1} with func @condition(%i: i64, %turns: i64) {
    %0 = lt(%i, %turns) : bool
    return %0
  }, func @body(%i: i64, %turns: i64) {
    %one = constant 1 : i64
    %0 = add(%i, %one) : i64
    return %0
  } : i64
  return %0
}
"""
ENDLESS = np.array(1 << 60)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("session") / "m.mtp"
    mtc.package(parse(MODULE, OPS), path, backend="portable")
    return path


@pytest.fixture
def session(program: Path) -> Iterator[mtc.Session]:
    with mtc.Session(program) as opened:
        yield opened


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_signatures(session: mtc.Session) -> None:
    assert session.functions == ["forward", "turns"]
    assert [(s.name, s.dtype, s.shape) for s in session.inputs()] == [("x", F32, (None, 4)), ("y", F32, (None, 4))]
    assert session.inputs()[0].bounds[0] == (2, 8)
    assert [(s.name, s.shape) for s in session.outputs()] == [("distance", (None, 4)), ("total", (4,))]
    assert [(s.name, s.dtype, s.shape) for s in session.inputs("turns")] == [("turns", I64, ())]


def test_sizes_vary_from_run_to_run(session: mtc.Session) -> None:
    arena = []
    for size in (3, 8, 2, 8):
        x, y = random(size, 4), random(size, 4)[::-1]
        distance, total = session.run(x, y)
        np.testing.assert_array_equal(distance, np.abs(x - y))
        np.testing.assert_allclose(total, distance.sum(0), rtol=1e-6)
        arena.append(session.memory().arena)
    assert arena[2] < arena[1] == arena[3]


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ((random(9, 4), random(9, 4)), "9"),
        ((random(1, 4), random(1, 4)), "1"),
        ((random(3, 4), random(4, 4)), "3"),
        ((random(3, 5), random(3, 5)), "5"),
        ((random(3), random(3)), "input"),
        ((random(3, 4),), "takes 2 inputs, not 1"),
        ((random(3, 4).astype(np.float64), random(3, 4)), "input `x` is f32 (NumPy's float32), not float64"),
        (({"x": random(3, 4), "z": random(3, 4)},), "inputs are named x, y, not x, z"),
        ((np.array(["a"]), random(3, 4)), "input `x` is f32 (NumPy's float32), not <U1"),
        ((np.zeros((1,) * 9, np.float32), random(3, 4)), "9 axes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_inputs_that_do_not_fit(session: mtc.Session, inputs: Any, why: str) -> None:
    with pytest.raises(MtcError) as caught:
        session.run(*inputs)
    assert caught.value.code is BAD_INPUT
    assert why in str(caught.value)
    session.run(random(2, 4), random(2, 4))  # and it can be used on


def test_inputs_by_name_and_of_any_layout(session: mtc.Session) -> None:
    x, y = random(4, 3).T, random(3, 8)[:, ::2]
    np.testing.assert_array_equal(session.run({"y": y, "x": x})[0], np.abs(x - y))


def test_outputs_are_the_callers(session: mtc.Session) -> None:
    x, y = random(3, 4), random(2, 4)
    first = session.run(x, x + 1)[0]
    kept = first.copy()
    first += 1
    session.run(y, y)
    np.testing.assert_array_equal(first, kept + 1)


def test_a_closed_session_is_an_error(program: Path) -> None:
    session = mtc.Session(program)
    session.close()
    session.close()
    for use in (session.reset_state, session.save_state, session.memory, session.kernels, session.events):
        with pytest.raises(MtcError, match="the session is closed"):
            use()
    with pytest.raises(MtcError, match="the session is closed"):
        session.run(*[np.zeros([size or 1 for size in x.shape], np.float32) for x in session.inputs()])


def test_unknown_function(session: mtc.Session) -> None:
    with pytest.raises(MtcError, match="no function `backward`") as caught:
        session.run(function="backward")
    assert "forward, turns" in str(caught.value)


def test_more_threads_than_any_machine_has_are_refused(program: Path) -> None:
    """Each would have a stack: the system would end the process before it had them all."""
    with pytest.raises(MtcError, match=r"100000 threads .* at most 1024"):
        mtc.Session(program, threads=100_000)


@pytest.mark.parametrize("option", ["threads", "max_memory"])
def test_a_negative_number_is_refused(program: Path, option: str) -> None:
    with pytest.raises(MtcError, match=f"`{option}` is -3"):
        mtc.Session(program, **{option: -3})


@pytest.mark.parametrize(("budget", "is_enough"), [(2, False), (3, True), (0, True)])
def test_budget_counts_instructions(session: mtc.Session, budget: int, is_enough: bool) -> None:
    session.set_step_budget(budget)
    for _ in range(2):  # it holds for each run
        if is_enough:
            session.run(random(2, 4), random(2, 4))
            continue
        with pytest.raises(MtcError, match="budget of 2 steps") as caught:
            session.run(random(2, 4), random(2, 4))
        assert caught.value.code is RUN_FAILED


def test_cancel_ends_a_run_in_another_thread(session: mtc.Session) -> None:
    failures: list[MtcError] = []

    def run() -> None:
        try:
            session.run(ENDLESS, function="turns")
        except MtcError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    give_up = time.monotonic() + 30
    while thread.is_alive() and time.monotonic() < give_up:
        session.cancel()  # again: a flag raised before the run begins is lowered by it
        thread.join(0.05)
    assert not thread.is_alive()
    assert [error.code for error in failures] == [RUN_FAILED] and "cancel" in str(failures[0])
    assert session.run(np.array(5), function="turns")[0] == 5


def test_signatures_are_read_once(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mtc.Session(program) as opened:
        asked: list[str] = []
        monkeypatch.setattr(type(opened), "_signatures", lambda *_: asked.append("signatures"))
        opened.run(random(2, 4), random(2, 4))
        assert opened.inputs() and opened.outputs() and not asked


SEVERAL = """
func @forward(%x: f32[3]) {
  %0, %1 = cummax(%x) {axis=0} : f32[3], i64[3]
  %2, %3 = cummin(%x) {axis=0} : f32[3], i64[3]
  return %0 as largest, %3 as places
}
"""


def test_results_that_nobody_reads_are_not_computed(tmp_path: Path) -> None:
    mtc.package(parse(SEVERAL, OPS), tmp_path / "m.mtp")
    with mtc.Session(tmp_path / "m.mtp") as session:
        largest, places = session.run(np.array([2, 1, 3], np.float32))
    assert largest.tolist() == [2, 2, 3] and places.tolist() == [0, 1, 1]
