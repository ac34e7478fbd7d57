"""The .mtc file: round trips, laziness, determinism, and what damaged files are met with."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import toy_ops
from hypothesis import HealthCheck, given, settings
from random_modules import modules
from safetensors import safe_open

from mtc.diagnostics import CANNOT_READ, CANNOT_WRITE, DAMAGED_ARTIFACT, INVALID_IR, NOT_AN_ARTIFACT, MtcError
from mtc.ir.artifact import is_artifact, load, save
from mtc.ir.constant import Constant, FileRange
from mtc.ir.equality import equal, equal_constants
from mtc.ir.module import Module, Sample
from mtc.ir.parser import parse
from mtc.ir.types import QI4, QI8, QParams, TensorType

ARRAYS = {
    "layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.arange(3, dtype=np.float16),
    "brain": np.arange(5).astype(ml_dtypes.bfloat16),
    "double": np.float64(0.1),
    "long": np.arange(40, dtype=np.int64),
    "none": np.zeros((0, 3), np.float32),
    "yes": np.array([True, False]),
    "__metadata__": np.ones(2, np.uint8),
    "__pad.1__": np.ones(2, np.int8),
    "odd näme/\\\n": np.ones(2, np.int16),
}


@pytest.fixture
def module() -> Module:
    constants = {name: Constant.of(array, name) for name, array in ARRAYS.items()}
    quantized = TensorType(QI8, (2,), QParams((0.1, 0.2), (0, 3), 0))
    constants["q8"] = Constant("q8", quantized, np.array([-3, 4], np.int8))
    packed = TensorType(QI4, (3, 3), QParams((0.5,), (0,)))
    constants["q4"] = Constant("q4", packed, (np.arange(9) - 4).astype(np.int8).reshape(3, 3))
    module = parse(
        "module {form=canonical} state @c : f32[2,3] {initial=@layer.weight, trainable}\n"
        "func @forward(%x: f32[2,3]) {\n"
        "  %w = constant @layer.weight : f32[2,3]\n"
        "  %q = constant @q4 : qi4(scale=[0.5], zero_point=[0])[3,3]\n"
        '  %0 = add(%x, %w) : f32[2,3] loc("layer" "model.py:3")\n'
        "  return %0 as y, %q as q\n"
        "}",
        toy_ops.OPS,
        constants,
    )
    module.meta = {"source": "model.py", "stages": ["export", "optimize"], "labels": {"ü": [1, 2.5, None]}}
    x, y = Constant.of(np.ones((2, 3), np.float32)), Constant.of(np.zeros((2, 3), np.float32))
    q = constants["q4"].renamed(None)
    module.samples = {"forward": [Sample((x,), (y, q)), Sample((y,), (x, q))], "other": []}
    return module


def test_round_trip(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    loaded = load(tmp_path / "m.mtc", toy_ops.OPS)
    assert equal(module, loaded)
    assert loaded.meta == module.meta
    assert list(loaded.constants) == list(module.constants)
    assert loaded.samples.keys() == module.samples.keys()
    for old, new in zip(module.samples["forward"], loaded.samples["forward"], strict=True):
        assert all(map(equal_constants, old.inputs + old.outputs, new.inputs + new.outputs))
    for name, constant in loaded.constants.items():
        assert np.array_equal(constant.array(), module.constants[name].array())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(modules())
def test_random_modules_round_trip(tmp_path: Path, module: Module) -> None:
    save(module, tmp_path / "m.mtc")
    assert equal(module, load(tmp_path / "m.mtc", toy_ops.OPS))


def test_other_tools_read_the_file(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    with zipfile.ZipFile(tmp_path / "m.mtc") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["graph.mtir", "meta.yaml", "weights.safetensors", "samples.safetensors"]
        archive.extractall(tmp_path)
    with safe_open(tmp_path / "weights.safetensors", "np") as file:
        assert np.array_equal(file.get_tensor("layer.weight"), ARRAYS["layer.weight"])
        assert np.array_equal(file.get_tensor("q8"), np.array([-3, 4], np.int8))
        assert file.get_tensor("q4").dtype == np.uint8


def test_tensors_are_aligned_and_not_read(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    loaded = load(tmp_path / "m.mtc", toy_ops.OPS)
    tensors = [*loaded.constants.values(), *loaded.samples["forward"][0].outputs]
    for constant in tensors:
        assert isinstance(constant.data, FileRange)
        assert constant.data.offset % 64 == 0
        assert constant.data.path == tmp_path / "m.mtc"
        assert not constant.array().flags.writeable or constant.data.size == 0 or constant.type.dtype is QI4


def test_same_module_is_the_same_bytes_anywhere(module: Module, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    save(module, tmp_path / "a.mtc")
    save(load(tmp_path / "a.mtc", toy_ops.OPS), tmp_path / "sub" / "b.mtc")
    content = (tmp_path / "a.mtc").read_bytes()
    assert content == (tmp_path / "sub" / "b.mtc").read_bytes()
    assert str(tmp_path).encode() not in content


def test_a_module_may_replace_the_file_it_came_from(module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    save(module, path)
    loaded = load(path, toy_ops.OPS)
    del loaded.constants["half"]  # so that what follows stands elsewhere
    del module.constants["half"]
    save(loaded, path)
    assert equal(module, load(path, toy_ops.OPS))
    assert equal(module, loaded)  # its ranges are still those of the file it came from
    assert equal_constants(module.constants["long"], copy.deepcopy(loaded.constants["long"]))
    path.unlink()
    assert equal(module, loaded)
    assert list(tmp_path.iterdir()) == []


def test_relative_paths_are_kept_as_absolute_ones(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(module, "m.mtc")
    loaded = load("m.mtc", toy_ops.OPS)
    monkeypatch.chdir("/")
    assert equal(module, loaded)


def test_an_archive_made_by_other_tools_is_read(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    with zipfile.ZipFile(tmp_path / "m.mtc") as source, zipfile.ZipFile(tmp_path / "n.mtc", "w") as target:
        for name in reversed(source.namelist()):
            target.writestr(name, source.read(name))
    assert is_artifact(tmp_path / "n.mtc")
    assert equal(module, load(tmp_path / "n.mtc", toy_ops.OPS))


def test_truncation_is_refused_everywhere(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    content = (tmp_path / "m.mtc").read_bytes()
    for end in [*range(200), *range(200, len(content), 37), *range(len(content) - 130, len(content))]:
        (tmp_path / "t.mtc").write_bytes(content[:end])
        with pytest.raises(MtcError) as caught:
            load(tmp_path / "t.mtc", toy_ops.OPS)
        assert caught.value.code in (NOT_AN_ARTIFACT, DAMAGED_ARTIFACT)
        assert caught.value.code is DAMAGED_ARTIFACT or end < 40


def test_flipped_bits_are_refused_or_leave_a_valid_module(module: Module, tmp_path: Path) -> None:
    save(module, tmp_path / "m.mtc")
    content = (tmp_path / "m.mtc").read_bytes()
    refused = 0
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << (position // 2 % 8)
        (tmp_path / "t.mtc").write_bytes(changed)
        try:
            loaded = load(tmp_path / "t.mtc", toy_ops.OPS)
        except MtcError as error:
            assert error.code in (NOT_AN_ARTIFACT, DAMAGED_ARTIFACT), error
            refused += 1
        else:
            for constant in loaded.constants.values():
                constant.array()
    assert refused > len(content) // 6


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4" + bytes(26), bytes(1000), b"PK\5\6" + bytes(18)])
def test_other_files_are_no_artifacts(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.mtc").write_bytes(content)
    assert not is_artifact(tmp_path / "m.mtc")
    with pytest.raises(MtcError) as caught:
        load(tmp_path / "m.mtc", toy_ops.OPS)
    assert caught.value.code is NOT_AN_ARTIFACT


def test_files_that_cannot_be_opened(module: Module, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mtc", tmp_path):
        with pytest.raises(MtcError) as caught:
            load(path, toy_ops.OPS)
        assert caught.value.code is CANNOT_READ
    with pytest.raises(MtcError) as caught:
        save(module, tmp_path / "no" / "folder" / "m.mtc")
    assert caught.value.code is CANNOT_WRITE


def test_an_invalid_module_is_not_written(module: Module, tmp_path: Path) -> None:
    module.form = "odd"
    with pytest.raises(MtcError) as caught:
        save(module, tmp_path / "m.mtc")
    assert caught.value.code is INVALID_IR
    assert list(tmp_path.iterdir()) == []


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _refusal(path: Path) -> str:
    with pytest.raises(MtcError) as caught:
        load(path, toy_ops.OPS)
    assert caught.value.code is DAMAGED_ARTIFACT
    return caught.value.diagnostics[0].message


def test_archives_of_another_make_are_refused(module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    save(module, path)
    members = _members(path)
    _write(path, members, zipfile.ZIP_DEFLATED)
    assert "is compressed" in _refusal(path)
    for name in ("meta.yaml", "weights.safetensors", "samples.safetensors"):
        _write(path, {key: content for key, content in members.items() if key != name})
        assert f"{name} is missing" in _refusal(path)
    _write(path, members | {"graph.mtir": b"\xff"})
    assert "is not text" in _refusal(path)
    _write(path, members | {"graph.mtir": b"func @f() { %0 = nothing() : f32 }"})
    assert "there is no operator `nothing`" in _refusal(path)
    _write(path, members | {"graph.mtir": b"module {form=canonical} func @f() { }"})
    assert "does not end with return" in _refusal(path)
    _write(path, members | {"graph.mtir": b"func @f() { return }"})
    assert "different forms" in _refusal(path)
    for content in (b"[" * 100_000, b"\x00", b"a: [1", b"a: 1", b"2001-99-99", b"? {}\n: 1", b"!!python/none x"):
        _write(path, members | {"meta.yaml": content})
        assert "meta.yaml" in _refusal(path)
    samples = members["meta.yaml"].replace(b"inputs: 1", b"inputs: 2")
    _write(path, members | {"meta.yaml": samples})
    assert "lacks a tensor" in _refusal(path)


def test_samples_are_those_of_the_functions(module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    ((x,), (y, q)) = module.samples["forward"][0].inputs, module.samples["forward"][0].outputs
    wide, double = Constant.of(np.zeros((3, 3), np.float32)), Constant.of(np.zeros((2, 3)))
    for name, sample, why in (
        ("forward", Sample((), (y, q)), "sample 0 of `@forward` has 0 inputs; the function has 1"),
        ("forward", Sample((x,), (y,)), "sample 0 of `@forward` has 1 outputs; the function has 2"),
        ("forward", Sample((wide,), (y, q)), "input 0 of sample 0 of `@forward` is f32[3,3], the function's f32[2,3]"),
        ("forward", Sample((x,), (double, q)), "output 0 of sample 0 of `@forward` is f64[2,3], the function's f32"),
        ("other", Sample((x,), (y, q)), "samples.safetensors is of `other`, which graph.mtir does not define"),
    ):
        module.samples = {name: [sample]}
        save(module, path)
        assert why in _refusal(path)


def test_a_newer_format_is_named(module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    save(module, path)
    members = _members(path)
    _write(path, members | {"meta.yaml": members["meta.yaml"].replace(b"format: 1", b"format: 2")})
    with pytest.raises(MtcError, match="written by a newer mtc"):
        load(path, toy_ops.OPS)


def _weights(header: object, data: int = 8) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data)


def _tensor(dtype: str, shape: object, *offsets: object) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    "weights",
    [
        b"",
        bytes(8),
        b"\xff" * 8,
        _weights(b"[" * 100_000),
        _weights([]),
        _weights({"a": 1}),
        _weights({"__metadata__": 1}),
        _weights({"a": _tensor("F32", [2], 0)}),
        _weights({"a": _tensor("F32", [2], 0, 7)}),
        _weights({"a": _tensor("F32", [2], 4, 12)}),
        _weights({"a": _tensor("F32", [2], 0, 1 << 70)}),
        _weights({"a": _tensor("F32", [1 << 62, 4], 0, 8)}),
        _weights({"a": _tensor("F32", [-2], 0, 8)}),
        _weights({"a": _tensor("F32", [True, 2], 0, 8)}),
        _weights({"a": _tensor("F31", [2], 0, 8)}),
        _weights({"a": _tensor("F32", 2, 0, 8)}),
        _weights({"a": _tensor("F32", [2], "0", 8)}),
        _weights({"a": _tensor("F32", [2], 0, 8), "b": _tensor("F32", [1], 4, 8)}),
        _weights({"a": _tensor("F32", [2], 0, 8)}, data=9),
        _weights({"__metadata__": {"a": "f32[2]"}, "a": _tensor("F32", [2], 0, 8)}),
        _weights({"__metadata__": {"a": "qi8[n]"}, "a": _tensor("I8", [8], 0, 8)}),
        _weights({"__metadata__": {"a": "qi4[99]"}, "a": _tensor("U8", [8], 0, 8)}),
        _weights({"__metadata__": {"a": "qi8[(("}, "a": _tensor("I8", [8], 0, 8)}),
        _weights({"__metadata__": {"a": 7}, "a": _tensor("I8", [8], 0, 8)}),
    ],
)
def test_weights_of_another_make_are_refused(weights: bytes, module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    save(module, path)
    graph = b"module {form=canonical} func @f() { return }"
    _write(path, _members(path) | {"graph.mtir": graph, "weights.safetensors": weights})
    assert _refusal(path)


def test_overlapping_members_are_refused(module: Module, tmp_path: Path) -> None:
    path = tmp_path / "m.mtc"
    save(module, path)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("weights.safetensors")
    wider = (entry.file_size + 200).to_bytes(8, "little") * 2
    path.write_bytes(content.replace(entry.file_size.to_bytes(8, "little") * 2, wider))
    assert _refusal(path)


LARGE = """
    import resource, sys
    from pathlib import Path
    import numpy as np
    from mtc.ir.artifact import load, save
    from mtc.ir.constant import Constant, FileRange
    from mtc.ir.module import Module
    from mtc.ir.parser import parse
    from mtc.ir.types import F32, TensorType

    folder, size = Path(sys.argv[1]), 1 << 29
    with (folder / "sparse").open("wb") as file:
        file.truncate(size)
    big = Constant("big", TensorType(F32, (size // 4,)), FileRange(folder / "sparse", 0, size))
    module = parse("func @f() { %w = constant @big : f32[" + str(size // 4) + "] return %w }", {}, {"big": big})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    save(module, folder / "m.mtc")
    loaded = load(folder / "m.mtc", {})
    assert loaded.constants["big"].array()[-1] == 0
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_a_large_model_is_saved_in_little_memory(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LARGE), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    (tmp_path / "m.mtc").unlink(missing_ok=True)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 40_000
