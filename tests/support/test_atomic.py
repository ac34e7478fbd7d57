"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mtc.support.atomic import atomic_file, atomic_folder, write_if_changed, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["x.txt"]


def test_an_error_names_the_file_and_not_the_one_beside_it(tmp_path):
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / "no" / "x.txt", "")
    assert caught.value.filename == str(tmp_path / "no" / "x.txt")
    with pytest.raises(OSError) as caught, atomic_file(tmp_path / "x"):
        (tmp_path / "other").read_bytes()
    assert caught.value.filename == str(tmp_path / "other")


def test_a_new_file_has_the_permissions_that_open_gives(tmp_path):
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path):
    real = tmp_path / "real"
    real.write_text("old")
    real.chmod(0o640)
    (tmp_path / "link").symlink_to(real)
    write_text(tmp_path / "link", "new")
    assert real.read_text() == "new" and real.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()


def test_an_unchanged_file_keeps_its_time(tmp_path):
    path = tmp_path / "x"
    assert write_if_changed(path, "a")
    os.utime(path, ns=(1, 1))
    assert not write_if_changed(path, "a")
    assert path.stat().st_mtime_ns == 1
    assert write_if_changed(path, "b")


def fill(folder: Path, name: str) -> None:
    with atomic_folder(folder) as work:
        (work / name).write_text(name)


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    fill(tmp_path / "out", "first")
    fill(tmp_path / "out", "second")
    assert os.listdir(tmp_path / "out") == ["second"] and os.listdir(tmp_path) == ["out"]


def test_a_link_to_a_folder_stays(tmp_path):
    fill(tmp_path / "out", "first")
    (tmp_path / "link").symlink_to("out")
    fill(tmp_path / "link", "second")
    assert (tmp_path / "link").is_symlink() and os.listdir(tmp_path / "out") == ["second"]


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    fill(tmp_path / "out", "first")
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "out") as work:
        (work / "half").write_text("")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path / "out") == ["first"] and os.listdir(tmp_path) == ["out"]
