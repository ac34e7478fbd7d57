"""State in a runtime of its own: what a session keeps from run to run, through Python, mtc_run and the C++ API."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import mtc
from mtc import stages
from mtc.analysis.bench import bench
from mtc.analysis.operator_times import own_times
from mtc.build import cmake
from mtc.build.runtime_folder import RuntimeBuild
from mtc.ir.parser import parse
from mtc.ir.verifier import verify
from mtc.ops import OPS
from mtc.session import Event

# A sum, a position in a table of three, a branch that changes the sum, and a loop that does.
MODULE = """
state @sum : f32[2] {initial=[1.0, 2.0]}
state @position : i64[1]

func @forward(%x: f32[2]) {
  %s = state @sum : f32[2]
  %p = state @position : i64[1]
  %one = constant [1] : i64[1]
  %table = constant [10.0, 20.0, 30.0] : f32[3]
  %0 = add(%s, %x) : f32[2]
  %1 = index_select(%table, %p) {axis=0} : f32[1]
  %2 = add(%p, %one) : i64[1]
  state_update @sum, %0
  state_update @position, %2
  return %0 as sum, %1 as entry
}

func @read() {
  %s = state @sum : f32[2]
  %0 = copy(%s) : f32[2]
  return %0
}

func @set(%x: f32[2], %p: bool) {
  %0 = cond(%p, %x) with func @then(%x: f32[2]) {
    %s = state @sum : f32[2]
    %0 = copy(%s) : f32[2]
    state_update @sum, %x
    return %0
  }, func @otherwise(%x: f32[2]) {
    return %x
  } : f32[2]
  return %0
}

func @double(%n: i64) {
  %i = constant 0 : i64
  %0 = while_loop(%i, %n) {carried=1} with func @condition(%i: i64, %n: i64) {
    %0 = lt(%i, %n) : bool
    return %0
  }, func @body(%i: i64, %n: i64) {
    %one = constant 1 : i64
    %s = state @sum : f32[2]
    %0 = add(%s, %s) : f32[2]
    %1 = add(%i, %one) : i64
    state_update @sum, %0
    return %1
  } : i64
  return %0
}
"""
X = np.array([1, 1], np.float32)
APP = """\
cmake_minimum_required(VERSION 3.18)
project(app LANGUAGES CXX)
find_package(mtc REQUIRED)
add_executable(example {source})
target_link_libraries(example PRIVATE mtc::mtc_static)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = parse(MODULE, OPS)
    verify(module)
    path = tmp_path_factory.mktemp("state") / "state.mtp"
    mtc.package(mtc.optimize(module), path)
    return path


@pytest.fixture(scope="module")
def runtime(program: Path) -> RuntimeBuild:
    listed = stages.select_ops(mtc.optimize(parse(MODULE, OPS)))
    return stages.build_runtime(listed, program.parent / "runtime")


def test_functions_share_state_with_branches_and_loops(program: Path) -> None:
    with mtc.Session(program) as session:
        assert session.functions == ["forward", "read", "set", "double"]
        assert session.run(X)[0].tolist() == [2, 3]
        assert session.run(function="read")[0].tolist() == [2, 3]
        assert session.run(X * 5, np.array(False), function="set")[0].tolist() == [5, 5]
        assert session.run(X * 7, np.array(True), function="set")[0].tolist() == [2, 3]
        assert session.run(np.array(3), function="double")[0] == 3
        assert session.run(function="read")[0].tolist() == [56, 56]
        saved = session.save_state()
        session.reset_state()
        assert session.run(function="read")[0].tolist() == [1, 2]
        session.restore_state(saved)
        assert [array.tolist() for array in session.run(X)] == [[57, 57], [20]]


def test_programs_of_select_ops_need_what_package_writes(program: Path, runtime: RuntimeBuild) -> None:
    with mtc.Session(program, runtime=runtime.library) as session:
        assert session.run(np.array(2), function="double")[0] == 2
        assert session.run(function="read")[0].tolist() == [4, 8]


def test_timed_runs_begin_with_the_first_state(program: Path, runtime: RuntimeBuild) -> None:
    (program.parent / "out").mkdir(exist_ok=True)
    np.save(program.parent / "x.npy", X)
    command = [runtime.program, program, "--runs", "20", "--inputs", "x.npy", "--outputs", "out"]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.load(program.parent / "out/output_0.npy").tolist() == [2, 3]
    assert bench(program, runs=20)["runs"] == 20


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("--help", 0, "usage: mtc_run MODEL.mtp"),
        ("state.mtp -h", 0, "usage: mtc_run MODEL.mtp"),
        ("--version", 0, "0.1.0\n"),
        ("", 2, "which program?"),
        ("state.mtp --no", 2, "unknown option --no"),
        ("state.mtp -t 3", 2, "unknown option -t"),
        ("state.mtp --threads", 2, "a value is missing after --threads"),
        ("state.mtp --inputs", 2, "a value is missing after --inputs"),
        ("state.mtp --inputs --runs 2", 2, "a value is missing after --inputs"),
        ("state.mtp --runs -1", 2, "not a fitting number: -1"),
        ("state.mtp --function none", 1, "no function `none`"),
        ("none.mtp", 1, "cannot open `none.mtp`"),
        ("state.mtp --inputs none.npy", 1, "`none.npy`: No such file"),
        ("state.mtp --inputs text.npy", 1, "`text.npy`: it is not a .npy file"),
        ("state.mtp --inputs fortran.npy", 1, "in Fortran order"),
        ("state.mtp --inputs swapped.npy", 1, "a type or byte order that tensors have not"),
        ("state.mtp --inputs cut.npy", 1, "shorter than its header says"),
        ("state.mtp --inputs header.npy", 1, "its header is cut off"),
        ("state.mtp --inputs double.npy", 1, "expected f32[2], got f64[2]"),
        ("state.mtp >/dev/full", 1, "cannot write what it says"),
        ("state.mtp --profile state.mtp", 1, "`state.mtp`: it is `state.mtp`, which this run reads"),
        ("state.mtp --profile ./link.json", 1, "`./link.json`: it is `state.mtp`, which this run reads"),
        ("state.mtp --profile text.npy", 1, "`text.npy`: there is a file that mtc_run did not write"),
        ("state.mtp --profile none/trace.json", 1, "`none/trace.json`: its folder: No such file"),
        ("state.mtp --profile /dev/null", 1, "`/dev/null`: it is not a regular file"),
        ("state.mtp --outputs none/out", 1, "`none/out`: No such file"),
        ("state.mtp --outputs text.npy", 1, "`text.npy/output_0.npy`: Not a directory"),
        ("state.mtp --outputs others", 1, "`others/output_1.npy`: there is a file that mtc_run did not write"),
        ("state.mtp --inputs mine/output_0.npy --outputs mine", 1, "it is `mine/output_0.npy`, which this run reads"),
        ("state.mtp --outputs new --profile new/output_0.npy", 1, "`new/output_0.npy`: there is a file"),
    ],
)
def test_mtc_run_says_what_is_wrong(program: Path, runtime: RuntimeBuild, arguments: str, code: int, said: str) -> None:
    folder = program.parent
    for name, array in (
        ("fortran", np.ones((2, 2), order="F")),
        ("swapped", X.astype(">f4")),
        ("double", X.astype("f8")),
    ):
        np.save(folder / f"{name}.npy", array)
    plain = (folder / "double.npy").read_bytes()
    for name, content in (("text", b"text"), ("cut", plain[:-1]), ("header", plain[:60])):
        (folder / f"{name}.npy").write_bytes(content)
    for name in ("others", "mine"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "others/output_1.npy").write_bytes(b"thesis")
    np.save(folder / "mine/output_0.npy", X)
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "link.json").unlink(missing_ok=True)
    (folder / "link.json").symlink_to("state.mtp")
    kept = {path: path.read_bytes() for path in (program, folder / "text.npy", folder / "others/output_1.npy")}
    command = f"{runtime.program} {arguments}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code and said in (done.stderr if code else done.stdout)
    assert all(path.read_bytes() == content for path, content in kept.items())
    assert not (folder / "others/output_0.npy").exists()


def test_mtc_run_writes_and_replaces_its_own_files(program: Path, runtime: RuntimeBuild, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    command = [runtime.program, program, "--inputs", "x.npy", "--outputs", "made", "--profile", "trace.json"]
    for _ in range(2):
        subprocess.run(command, cwd=tmp_path, check=True)
        assert np.load(tmp_path / "made/output_0.npy").tolist() == [2, 3]
        assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        *("made", "output_0.npy", "output_1.npy", "trace.json", "x.npy"),
    ]


@pytest.mark.parametrize("option", ["--outputs", "--profile"])
def test_a_full_disk_leaves_no_half_of_a_file(
    program: Path, runtime: RuntimeBuild, tmp_path: Path, option: str
) -> None:
    def allow_64_bytes() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    target = {"--outputs": ".", "--profile": "trace.json"}[option]
    done = subprocess.run(
        [runtime.program, program, option, target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=allow_64_bytes,
        restore_signals=False,  # SIGXFSZ stays ignored: the write fails
    )
    assert done.returncode == 1 and "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_cpp_api_saves_and_restores(program: Path, runtime: RuntimeBuild) -> None:
    app = program.parent / "app"
    app.mkdir()
    (app / "CMakeLists.txt").write_text(APP.format(source=runtime.folder / "share/mtc/example.cpp"))
    cmake.configure(app, app / "build", [f"-DCMAKE_PREFIX_PATH={runtime.folder}"], what="app")
    cmake.build(app / "build", what="app")
    done = subprocess.run([app / "build/example", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        *("2 elements, the first is 2", "1 elements, the first is 10"),
        *("16 bytes of state", "then it is 3", "then it is 20"),
    ]


def test_events_inside_others_are_counted_once() -> None:
    spans = [(0, 5), (6, 2), (12, 3), (16, 1), (10, 20), (5, 30), (40, 4)]
    events = [Event("k", "", "", start, duration, 0, 0) for start, duration in spans]
    assert own_times(events) == [5, 2, 3, 1, 16, 8, 4]
