"""Files that a text names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mtc.support.mentioned_files import mentioned_files


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('load_file("w.safetensors")', ["w.safetensors"]),
        ('load_file(os.path.join(HERE, "w.safetensors"))', ["w.safetensors"]),
        ('load_file(HERE / "parts" / "b.bin")', ["parts/b.bin"]),
        ('AutoModel.from_pretrained("./parts")', ["parts/b.bin"]),
        ("weights: parts/b.bin  # of today", ["parts/b.bin"]),
        ('{"weights": "parts/b.bin"}', ["parts/b.bin"]),
        ('load_file("none.safetensors"), ".", "..", "/", ""', []),
        ("a" * 1000, []),
        ("caf\u00e9.pt", ["caf\u00e9.pt"]),
    ],
)
def test_names_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: list[str]) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "parts").mkdir(parents=True)
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for name in ("w.safetensors", "parts/b.bin", "parts/notes.txt", "caf\u00e9.pt"):
        (project / name).touch()
    (project / "model.py").write_text(text, encoding="utf-8")
    assert mentioned_files([project / "model.py"]) == {project / name for name in found}


def test_from_the_current_folder_and_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "here.pt").touch()
    (tmp_path / "there.pt").touch()
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "project" / "model.py"
    file.write_text(f"load('here.pt', '{tmp_path}/there.pt')")
    assert mentioned_files([file]) == {tmp_path / "here.pt", tmp_path / "there.pt"}


def test_what_is_no_small_text_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "w.pt").touch()
    for name, content in (("big.py", b"w.pt " * (1 << 18)), ("binary.bin", b"\xff w.pt ")):
        (tmp_path / name).write_bytes(content)
        assert mentioned_files([tmp_path / name]) == set()
    assert mentioned_files([tmp_path / "gone.py"]) == set()


def test_each_place_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many texts of a folder name it."""
    (tmp_path / "w.pt").touch()
    texts = [tmp_path / f"{index}.py" for index in range(9)]
    for text in texts:
        text.write_text("load('w.pt'), load('none.pt')")
    asked, look = [], os.stat

    def counted(path: object, *arguments: object, **named: object) -> os.stat_result:
        asked.append(os.fspath(path) if isinstance(path, (str, Path)) else path)
        return look(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "stat", counted)
    assert mentioned_files(texts) == {tmp_path / "w.pt"}
    places = [path for path in asked if str(path).endswith(".pt")]
    assert sorted(places) == [str(tmp_path / "none.pt"), str(tmp_path / "w.pt")]
