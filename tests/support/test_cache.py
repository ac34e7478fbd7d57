"""Where the cache is."""

from __future__ import annotations

from pathlib import Path

from mtc.support.cache import cache_dir, cache_root


def test_the_first_of_the_places_that_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MTC_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache_root() == tmp_path / "home" / ".cache" / "mtc"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "mtc"
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "own"))
    assert cache_root() == tmp_path / "own"


def test_a_folder_in_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "own"))
    assert cache_dir("a", "b") == Path(tmp_path, "own", "a", "b")
    assert (tmp_path / "own" / "a" / "b").is_dir()
