"""Files that are cut off, have wrong bits, or say what nobody would: refused in words, or read; never a bug in mtc."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import mtc as api
from mtc.diagnostics import MtcError
from mtc.ir import storedzip
from mtc.ir.constant import OpenFile
from mtc.ir.parser import parse
from mtc.ops import OPS
from mtc.program import header
from mtc.selection import ops_list

GRAPH = """
state @count : i64[] {initial=3}

func @forward<n: 1..8>(%x: f32[n, 3, 8, 8], %mask: bool[n]) {
  %w = constant @w : f32[4, 3, 3, 3]
  %y = conv2d(%x, %w, none) {padding=(1, 1, 1, 1), clamp=(0.0, inf)} : f32[n, 4, 8, 8]
  %flat = reshape(%y) {shape=[n, 256]} : f32[n, 256]
  %c = state @count : i64[]
  %d = add(%c, %c) : i64[]
  state_update @count, %d
  %both = concat(%flat, %flat) {axis=1} : f32[n, 512]
  %t = softmax(%both) {axis=1} : f32[n, 512]
  return %t, %mask
}
"""
WORDS = [
    "0", "-1", "1", "2", "9", "9223372036854775807", "-9223372036854775808", "1e400", "nan", "9" * 30,
    "x", "none", "null", "[]", "{}", "()", ",", ":", '"', "%x", "@w", "f32", "bool", "qi8", "n", "n // 0", "\0",
    "- ", "*", "&a", "!!python", "2024-99-99", "(((((((((", "[" * 3000, "é", "true", "1:99",
]  # fmt: skip


def damaged_text(text: str, rng: random.Random) -> str:
    """A word or two put in, taken out or replaced."""
    for _ in range(rng.randint(1, 2)):
        words = list(re.finditer(r"[\w.]+|[^\w\s]", text))
        word = rng.choice(words)
        start, end = rng.choice([(word.start(), word.end()), (word.start(), word.start()), (word.end(), word.end())])
        text = text[:start] + rng.choice([*WORDS, "", rng.choice(words).group()]) + text[end:]
    return text


def damaged_bytes(content: bytes, rng: random.Random) -> bytes:
    """Some bits turned over, or the end cut off."""
    if rng.random() < 0.2:
        return content[: rng.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def damaged_archive(path: Path, rng: random.Random) -> bytes:
    """The file with one member damaged in a way that the checksums do not tell."""
    source = OpenFile(path)
    members = {name: source.read(at.offset, at.size) for name, at in storedzip.read_directory(source).items()}
    name = rng.choice(list(members))
    content = members[name]
    if name.endswith(".safetensors"):
        length = int.from_bytes(content[:8], "little")
        header = damaged_text(content[8 : 8 + length].decode(), rng).encode("utf-8", "surrogatepass")
        members[name] = len(header).to_bytes(8, "little") + header + content[8 + length :]
    elif rng.random() < 0.9:
        members[name] = damaged_text(content.decode(), rng).encode("utf-8", "surrogatepass")
    else:
        members[name] = damaged_bytes(content, rng)
    damaged = path.with_name("damaged.zip")
    with damaged.open("wb") as file:
        storedzip.write_archive(
            file,
            [storedzip.Member(n, len(c), lambda c=c: (c,)) for n, c in members.items()],  # type: ignore[misc]
        )
    return damaged.read_bytes()


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from mtc.ir.constant import Constant

    monkeypatch.chdir(tmp_path)
    weights = Constant.of(np.ones((4, 3, 3, 3), np.float32), "w")
    module = parse(GRAPH, OPS, {"w": weights})
    module.meta |= {"stages": ["export"], "backends": ["xnnpack"], "metadata": {"author": "nobody"}}
    api.save(module, "model.mtc")
    return tmp_path / "model.mtc"


def each(count: int, content: bytes, archive: Path | None = None) -> Iterator[tuple[int, bytes]]:
    """Seeds, and what they make of the file; the first is empty."""
    yield -1, b""
    for seed in range(count):
        rng = random.Random(seed)
        if archive is not None and seed % 4 != 0:
            yield seed, damaged_archive(archive, rng)
        else:
            yield seed, damaged_bytes(content, rng)


def codes(
    mtc: Callable[..., object], path: Path, command: tuple[str, ...], mutants: Iterator[tuple[int, bytes]]
) -> set[int]:
    found = set()
    for seed, content in mutants:
        path.write_bytes(content)
        result = mtc(*command)
        # 2: a name in the file is no backend's, which --backend can mend.
        assert result.code in (0, 1) or (result.code == 2 and "MTC301" in result.err), f"seed {seed}: {result.err}"
        assert "Traceback" not in result.err
        found.add(result.code)
    return found


def test_a_damaged_model_is_refused_or_packaged(mtc, artifact):
    content = artifact.read_bytes()
    assert mtc("package", "model.mtc").code == 0
    whole = artifact.with_name("whole.zip")
    whole.write_bytes(content)
    command = ("package", "model.mtc", "-o", "out.mtp", "--overwrite")
    assert codes(mtc, artifact, command, each(400, content, whole)) >= {0, 1}


def test_a_damaged_program_is_refused_or_inspected(mtc, artifact):
    assert mtc("package", "model.mtc").code == 0
    program = artifact.with_suffix(".mtp")
    mutants = list(each(200, program.read_bytes()))
    assert codes(mtc, program, ("inspect", "model.mtp"), iter(mutants)) == {1}
    assert codes(mtc, program, ("inspect", "model.mtp"), ((seed, sealed(content)) for seed, content in mutants)) == {
        0,
        1,
    }


def sealed(content: bytes) -> bytes:
    """A damaged program with the checksum that fits."""
    try:
        offset, size, total, _ = header.unpack(content)
    except ValueError:
        return content
    return header.pack(offset, size, total, zlib.crc32(content[header.SIZE :])) + content[header.SIZE :]


@pytest.mark.parametrize("command", [("run", "model.mtp"), ("inspect", "model.mtp"), ("bench", "model.mtp")])
def test_a_bit_of_a_weight_is_not_another_model(mtc, artifact, command):
    assert mtc("package", "model.mtc").code == 0
    for path, words in ((artifact.with_suffix(".mtp"), command), (artifact, ("optimize", "model.mtc"))):
        content = bytearray(path.read_bytes())
        content[content.index(np.ones(8, np.float32).tobytes()) + 3] ^= 1
        path.write_bytes(content)
        refused = mtc(*words)
        assert refused.code == 1 and "damaged: " in refused.err and "checksum" in refused.err


def test_a_damaged_list_of_kernels_is_refused_or_read(mtc, artifact):
    assert mtc("select-ops", "model.mtc").code == 0
    path = artifact.with_name("ops.yaml")
    text = path.read_text()
    refused = 0
    for seed in range(300):
        rng = random.Random(seed)
        path.write_bytes(
            damaged_text(text, rng).encode("utf-8", "surrogatepass") if seed % 2 else damaged_bytes(text.encode(), rng)
        )
        try:
            ops_list.load(path)
        except MtcError:
            refused += 1
    assert 50 < refused < 300


def test_a_list_of_kernels_that_was_cut_off_is_refused_though_it_is_yaml(mtc, artifact):
    assert mtc("select-ops", "model.mtc").code == 0
    path = artifact.with_name("ops.yaml")
    lines = path.read_text().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if line.startswith("  ") and line[2] != " ")
    path.write_text("".join(lines[:last]))
    refused = mtc("build-runtime", "--ops", "ops.yaml")
    assert refused.code == 1 and "`count` says" in refused.err and "cut off" in refused.err
    path.write_text("".join(line for line in lines[:last] if not line.startswith("count:")))
    ops_list.load(path)  # a list of one's own needs no count
