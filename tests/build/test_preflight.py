"""What is known before a build starts, and said then."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mtc.analysis import doctor
from mtc.build import preflight
from mtc.build.build_kind import BuildKind
from mtc.build.preflight import check_build, check_cache
from mtc.build.sources_lock import source
from mtc.build.targets import Target
from mtc.build.third_party import third_party_keys
from mtc.build.toolchain import Toolchain
from mtc.diagnostics import CANNOT_WRITE, FETCH_FAILED, MtcError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("MTC_OFFLINE", raising=False)
    return tmp_path / "cache"


HOST = Target("linux-x86_64", "Linux", "x86_64", "x86_64-linux-gnu")
GCC = Toolchain("gcc", "12", "an identity", ())
XNNPACK = BuildKind(HOST, GCC, "size", "", frozenset(["xnnpack"]))
BARE = BuildKind(HOST, GCC, "size", "", frozenset())


def test_every_missing_source_is_named_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_build(XNNPACK)  # they can be fetched
    with pytest.raises(MtcError, match="`fxdiv`, `pthreadpool`, `cpuinfo`, `xnnpack`, `flatbuffers`") as caught:
        check_build(XNNPACK, offline=True)
    assert caught.value.code is FETCH_FAILED and "mtc fetch" in str(caught.value)
    (cache / "sources" / source("fxdiv").key).mkdir(parents=True)
    place = source("cpuinfo").places[0]
    (cache / "archives").mkdir()
    (cache / "archives" / f"{source('cpuinfo').key}-{place.filename}").touch()
    monkeypatch.setenv("MTC_OFFLINE", "1")
    with pytest.raises(MtcError, match="the sources of `pthreadpool`, `flatbuffers` "):
        check_build(BARE)
    assert not (cache / "libraries").exists()


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_cache()
    assert not (tmp_path / "cache").exists()  # it is made when something goes into it
    (tmp_path / "file").touch()
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "file" / "x"))
    for check in (check_cache, lambda: check_build(BARE)):
        with pytest.raises(MtcError, match="file` is not a folder") as caught:
            check()
        assert caught.value.code is CANNOT_WRITE and "MTC_CACHE_DIR" in str(caught.value)
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda folder, mode: False)
    with pytest.raises(MtcError, match="is read-only"):
        check_cache()
    (found,) = (check for check in doctor.checks() if check.name == "cache")
    assert not found.is_ok and "read-only" in found.found and "MTC_CACHE_DIR" in found.fix


def test_a_disk_without_room_for_a_build(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outputs may go to another disk than the cache."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1 << 40, 0, 200 << 20))
    with pytest.raises(
        MtcError, match=r"cache `.*` is full: about 402,653,184 bytes are needed, 209,715,200"
    ) as caught:
        check_build(XNNPACK)
    assert caught.value.code is CANNOT_WRITE and "mtc cache clear" in str(caught.value)
    (key,) = third_party_keys(HOST, GCC, ["xnnpack"])
    (cache / "libraries" / key).mkdir(parents=True)
    check_build(XNNPACK)
    (found,) = (check for check in doctor.checks() if check.name == "cache")
    assert not found.is_ok and "mtc cache clear" in found.fix


def test_a_runtime_that_was_built_may_be_the_one(cache: Path) -> None:
    assert not preflight.has_runtimes()
    (cache / "runtimes" / "key").mkdir(parents=True)
    assert preflight.has_runtimes()
