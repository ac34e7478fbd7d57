"""What a list of kernels does to the bytes of a real runtime, and what the size report says of that beforehand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import mtc
from mtc.analysis import runtime_diff
from mtc.build import runtime
from mtc.build.runtime_folder import RuntimeBuild, read_bill
from mtc.build.size_report import UNATTRIBUTED, SizeReport
from mtc.build.targets import host_target, target
from mtc.build.toolchain import SEARCH, toolchain_for
from mtc.cli import run_command
from mtc.diagnostics import MtcError
from mtc.ir.parser import parse
from mtc.ops import OPS
from mtc.selection.ops_list import OpsList

MODULE = """
func @forward(%x: f32[3,17]) {
  %0 = sigmoid(%x) : f32[3,17]
  %1 = softmax(%0) {axis=1} : f32[3,17]
  return %1
}
"""
F32 = ("sigmoid@portable:f32/1", "softmax@portable:f32/1")
F16 = ("sigmoid@portable:f16/1", "softmax@portable:f16/1")
OTHERS = ("add@portable:f32/1", "matmul@portable:f32/1")
USERS = {"model.mtc": ("model.py:7",)}
PAGE = 4096  # a file grows by the pages that its segments fill


def built(folder: Path, *keys: str) -> RuntimeBuild:
    return runtime.build(keys, host_target(), folder, needed_by=dict.fromkeys(keys, USERS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sizes")


@pytest.fixture(scope="module")
def plain(folder: Path) -> RuntimeBuild:
    return built(folder / "plain", *F32)


@pytest.fixture(scope="module")
def with_halves(folder: Path) -> RuntimeBuild:
    return built(folder / "halves", *F32, *F16)


@pytest.fixture(scope="module")
def with_others(folder: Path) -> RuntimeBuild:
    return built(folder / "others", *F32, *OTHERS)


def dtypes(report: SizeReport) -> set[str]:
    return {row.dtype for row in report.rows}


def test_a_list_without_a_dtype_makes_no_larger_file(plain: RuntimeBuild, with_halves: RuntimeBuild) -> None:
    for small, large in zip(plain.bill.files, with_halves.bill.files, strict=True):
        assert small.total <= large.total
        assert dtypes(small) == {"", "f32"} and dtypes(large) == {"", "f32", "f16"}
        for report in (small, large):
            assert sum(row.bytes for row in report.rows) == report.total
            assert UNATTRIBUTED not in report.by_component()


@pytest.mark.parametrize("larger", ["with_halves", "with_others"])
def test_what_is_said_to_be_saved_is_saved(plain: RuntimeBuild, larger: str, request: pytest.FixtureRequest) -> None:
    more = request.getfixturevalue(larger)
    dropped = frozenset(more.kernels) - set(plain.kernels)
    for small, large in zip(plain.bill.files, more.bill.files, strict=True):
        said, measured = large.saved_without(dropped), large.total - small.total
        assert said > 1000 and abs(said - measured) < 2 * PAGE


def test_a_larger_list_gives_the_same_results(
    folder: Path, plain: RuntimeBuild, with_halves: RuntimeBuild, with_others: RuntimeBuild
) -> None:
    program = folder / "model.mtp"
    mtc.package(mtc.optimize(parse(MODULE, OPS), backend="portable"), program)
    x = np.random.default_rng(0).standard_normal((3, 17)).astype(np.float32)
    results = []
    for made in (plain, with_halves, with_others):
        with mtc.Session(program, runtime=made.library) as session:
            results.append(session.run(x)[0])
    raised = np.exp(1 / (1 + np.exp(-x.astype(np.float64))))
    np.testing.assert_allclose(results[0], raised / raised.sum(axis=1, keepdims=True), rtol=1e-5)
    assert all(result.tobytes() == results[0].tobytes() for result in results)


def test_the_bill_says_who_needs_what(plain: RuntimeBuild) -> None:
    share = plain.folder / "share/mtc"
    assert "model.mtc: model.py:7" in (share / "size.txt").read_text()
    assert "model.mtc: model.py:7" in (share / "size.html").read_text()
    assert read_bill(plain.folder).needed_by == {key: {"model.mtc": ["model.py:7"]} for key in F32}


def test_growth_is_attributed_and_adds_up(plain: RuntimeBuild, with_halves: RuntimeBuild) -> None:
    found = runtime_diff.compare(plain.folder, with_halves.folder)
    assert (found.added, found.dropped, found.facts) == (F16, (), {})
    for file in ("lib/libmtc.so", "bin/mtc_run"):
        tables = {by: sum(g.after - g.before for g in found.growth if (g.file, g.by) == (file, by)) for by in
                  ("total", "component", "operator", "dtype")}  # fmt: skip
        assert len({*tables.values()}) == 1 and tables["total"] > 0
    halves = [growth for growth in found.growth if growth.name == "f16"]
    assert len(halves) == 2 and all(growth.before == 0 < growth.after for growth in halves)
    assert run_command(["inspect", str(plain.folder), "--json"]) == 0


def test_two_runtimes_are_compared_once(plain: RuntimeBuild, with_halves: RuntimeBuild, capfd, monkeypatch) -> None:
    """Each binary is read to the end for that."""
    read: list[Path] = []
    monkeypatch.setattr(runtime_diff, "read_bill", lambda folder: read.append(folder) or read_bill(folder))
    assert run_command(["diff", str(plain.folder), str(with_halves.folder), "--json"]) == 0
    assert read == [plain.folder, with_halves.folder]
    said = json.loads(capfd.readouterr().out)
    assert said["kernels"] == {"added": [*F16], "dropped": []} and not said["are_equal"]
    assert said["differences"][: len(F16)] == [f"+ kernel {key}" for key in F16]
    assert run_command(["diff", str(plain.folder), str(plain.folder), "--exit-code"]) == 0


def test_a_binary_that_was_changed_later_is_noticed(plain: RuntimeBuild, tmp_path: Path, capfd) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(plain.folder, changed)
    data = bytearray((changed / "lib/libmtc.so").read_bytes())
    data[-1] ^= 1  # the same size, as its bill says it
    (changed / "lib/libmtc.so").write_bytes(data)
    assert run_command(["inspect", str(plain.folder)]) == 0 and "is not the file" not in capfd.readouterr().err
    assert run_command(["inspect", str(changed)]) == 0 and "lib/libmtc.so` is not the file" in capfd.readouterr().err
    assert run_command(["diff", str(plain.folder), str(changed), "--exit-code"]) == 1
    assert capfd.readouterr().out.startswith("~ file lib/libmtc.so: sha256 ")


def test_a_runtime_that_is_too_large_replaces_nothing(with_halves: RuntimeBuild, plain: RuntimeBuild, tmp_path) -> None:
    library = plain.library.read_bytes()
    for output in (plain.folder, tmp_path / "new"):
        with pytest.raises(MtcError) as caught:
            runtime.build([*F32, *F16], host_target(), output, max_bytes=len(library))
        assert caught.value.code.id == "MTC705" and "dtype f16" in str(caught.value.diagnostics[0].notes)
    assert plain.library.read_bytes() == library and not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("keys", "options", "code"),
    [
        ((*F32, *F16), (), 1),
        ((*F32, *F16), ("--max-growth", "100%"), 0),
        (F32, ("--max-growth", "0"), 0),
    ],
)
def test_growth_over_a_baseline(plain: RuntimeBuild, tmp_path, monkeypatch, capfd, keys, options, code) -> None:
    monkeypatch.chdir(tmp_path)
    OpsList(dict.fromkeys(keys, USERS)).save(tmp_path / "ops.yaml")
    baseline = plain.folder / "share/mtc/size.json"
    assert run_command(["build-runtime", "-o", "made", "--baseline", str(baseline), *options, "--json"]) == code
    found = json.loads(capfd.readouterr().out)
    if code:
        (error,) = found["errors"]
        assert error["code"] == "MTC705" and any("dtype f16: 0 became" in note for note in error["notes"])
    else:
        parts = [row["after"] - row["before"] for row in found["growth"] if row["by"] == "operator"]
        total = found["sizes"]["lib/libmtc.so"] - plain.bill.files[0].total
        assert sum(parts) == total and bool(total) == (keys != F32)
    assert (tmp_path / "made").exists() == (code == 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        ("{}", "no size report"),
        ("text", "no size report"),
        ("elsewhere", "another system"),
        ("another target", "is of linux-riscv, not of"),
        ("no target", "is of no target, not of"),
        ("total of text", "no size report"),
        ("larger total", "no size report"),
        ("huge total", "no size report"),
        ("negative part", "no size report"),
        ("list", "no size report"),
    ],
)
def test_a_baseline_that_says_nothing(plain: RuntimeBuild, tmp_path, monkeypatch, capfd, content, said) -> None:
    monkeypatch.chdir(tmp_path)
    OpsList(dict.fromkeys(F32, USERS)).save(tmp_path / "ops.yaml")
    text = (plain.folder / "share/mtc/size.json").read_text()
    if content == "elsewhere":
        content = text.replace("lib/libmtc.so", "lib/libmtc.dylib")
    if content == "another target":
        content = text.replace(str(host_target()), "linux-riscv")
    report = json.loads(text)
    first = report["files"][0]
    damaged = {
        "no target": report | {"target": ""},
        "total of text": report | {"files": [first | {"total": str(first["total"])}]},
        "larger total": report | {"files": [first | {"total": first["total"] + 1}]},
        "huge total": report | {"files": [first | {"total": 10**400}]},
        "negative part": report
        | {"files": [{"file": first["file"], "total": -5, "rows": [first["rows"][0] | {"bytes": -5}]}]},
        "list": [],
    }
    if content is not None:
        (tmp_path / "base.json").write_text(json.dumps(damaged[content]) if content in damaged else content)
    assert run_command(["build-runtime", "-o", "made", "--baseline", "base.json"]) == 1
    assert said in capfd.readouterr().err and not (tmp_path / "made").exists()
    assert run_command(["build-runtime", "--max-growth", "3%"]) == 2


def test_what_is_linked_by_apps_has_no_size_yet(tmp_path, monkeypatch, capfd) -> None:
    monkeypatch.chdir(tmp_path)
    OpsList(dict.fromkeys(F32, USERS)).save(tmp_path / "ops.yaml")
    assert run_command(["build-runtime", "--target", "ios-arm64", "--max-size", "1MB"]) == 2
    assert "macos-arm64" in capfd.readouterr().err


def test_max_size_of_the_command(plain: RuntimeBuild, tmp_path, monkeypatch, capfd) -> None:
    monkeypatch.chdir(tmp_path)
    OpsList(dict.fromkeys(F32, USERS)).save(tmp_path / "ops.yaml")
    size = plain.bill.files[0].total
    assert run_command(["build-runtime", "--max-size", str(size - 1)]) == 1
    assert "MTC705" in capfd.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["ops.yaml"]
    assert run_command(["build-runtime", "--max-size", f"{size / 1000}KB"]) == 0


@pytest.mark.parametrize("kind", SEARCH)
def test_what_every_runtime_holds_is_small(kind: str, tmp_path: Path) -> None:
    """What peers say of their cores, which are static libraries: 50 KB (ExecuTorch). This is all of a library."""
    arm64 = target("linux-arm64")
    try:
        toolchain_for(arm64, kind)
    except MtcError:
        pytest.skip(f"no toolchain of kind {kind} for {arm64.name} is here")
    (library, *_) = runtime.build([], arm64, tmp_path / "runtime", toolchain=kind).bill.files
    assert library.file == "lib/libmtc.so"
    assert 30_000 < library.total < 50_000
    assert not [row for row in library.rows if row.component == "pthreadpool" or "NestedFrame" in row.part]
