"""Fetching: places in order, what is refused, what offline means. Nothing here uses the network."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import lzma
import os
import random
import shutil
import tarfile
from pathlib import Path

import pytest

from mtc.build import sources
from mtc.build.archive import BadArchive, inner_path, tree_hash, unpack
from mtc.build.sources_lock import Place, Source, read_lock
from mtc.build.sources_lock import sources as pinned_sources
from mtc.diagnostics import MtcError

FILES = {"lib-1/a.c": b"int a;", "lib-1/include/a.h": b"extern int a;", "lib-1/docs/no.txt": b"not kept"}
KEPT = ("a.c", "include/")


def make_tar(path: Path, files: dict[str, bytes], special: tuple[tarfile.TarInfo, ...] = ()) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in special:
            tar.addfile(member)
    return path


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.fixture
def tree(tmp_path: Path) -> str:
    root = tmp_path / "expected"
    for name in ("a.c", "include/a.h"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(FILES[f"lib-1/{name}"])
    return tree_hash(root)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("MTC_OFFLINE", raising=False)
    return tmp_path / "cache"


def pin(monkeypatch: pytest.MonkeyPatch, tree: str, *places: Place) -> Source:
    pinned = Source("lib", "1", KEPT, tree, places)
    monkeypatch.setattr(sources, "source", lambda name: pinned)
    return pinned


def place(archive: Path, sha256: str | None = None) -> Place:
    return Place(archive.as_uri(), 1, sha256)


def test_the_first_place_that_answers_is_used(tmp_path, cache, tree, monkeypatch):
    good = make_tar(tmp_path / "lib-1.tar.gz", FILES)
    pin(
        monkeypatch,
        tree,
        place(tmp_path / "missing.tar.gz"),
        place(good, hashlib.sha256(good.read_bytes()).hexdigest()),
    )
    folder = sources.source_folder("lib")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == ["a.c", "include/a.h"]


def test_a_source_in_the_cache_needs_no_place(tmp_path, cache, tree, monkeypatch):
    good = make_tar(tmp_path / "lib-1.tar.gz", FILES)
    pin(monkeypatch, tree, place(good))
    first = sources.source_folder("lib")
    good.unlink()
    assert sources.source_folder("lib", offline=True) == first


def test_every_place_and_its_failure_is_named(tmp_path, cache, tree, monkeypatch):
    wrong = make_tar(tmp_path / "wrong.tar.gz", FILES | {"lib-1/a.c": b"int evil;"})
    pin(monkeypatch, tree, place(tmp_path / "missing.tar.gz"), place(wrong, "0" * 64), place(wrong))
    with pytest.raises(MtcError) as caught:
        sources.source_folder("lib")
    missing, wrong_sum, wrong_tree = caught.value.diagnostics[0].notes
    assert "missing.tar.gz" in missing and "No such file" in missing
    assert "expected " + "0" * 64 in wrong_sum
    assert f"expected {tree}" in wrong_tree
    assert not list((cache / "sources").iterdir()), "a refused source must not look like a finished one"
    assert not list((cache / "archives").iterdir()), "a refused archive must not fail the next try"


def test_offline_names_the_command_that_fetches(tmp_path, cache, tree, monkeypatch):
    pin(monkeypatch, tree, place(make_tar(tmp_path / "lib-1.tar.gz", FILES)))
    monkeypatch.setenv("MTC_OFFLINE", "1")
    with pytest.raises(MtcError, match="mtc fetch lib") as caught:
        sources.source_folder("lib")
    assert caught.value.code.id == "MTC701"


def test_without_a_debian_mirror_the_other_places_are_tried(tmp_path, cache, tree, monkeypatch):
    monkeypatch.setattr(sources, "mirror", lambda: None)
    good = make_tar(tmp_path / "lib-1.tar.gz", FILES)
    pin(monkeypatch, tree, Place("debian:pool/main/l/lib/lib_1.orig.tar.gz", 1, None), place(good))
    assert (sources.source_folder("lib") / "a.c").is_file()


@pytest.mark.parametrize("name", ["/etc/passwd", "lib-1/../../x", "..", "C:/x", "lib-1\\..\\x"])
def test_a_name_that_leads_outside_is_refused(name):
    with pytest.raises(BadArchive):
        inner_path(name, 1)


@pytest.mark.parametrize(
    "special",
    [link("lib-1/include/b.h", "/etc/passwd"), link("lib-1/a.c", "../../../x"), tarfile.TarInfo("lib-1/../../x")],
    ids=["link", "link over a file", "dots"],
)
def test_a_hostile_archive_writes_nothing_outside(tmp_path, tree, special):
    files = {name: content for name, content in FILES.items() if name != special.name}
    archive = make_tar(tmp_path / "bad.tar.gz", files, (special,))
    pinned = Source("lib", "1", KEPT, tree, ())
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    with pytest.raises(BadArchive):
        unpack(archive, place(archive), pinned, into)
    assert {p.name for p in tmp_path.iterdir()} == {"bad.tar.gz", "deep", "expected"}


def test_a_folder_of_a_larger_source_is_unpacked_by_itself(tmp_path, tree):
    files = {name.replace("lib-1/", "big-2/deep/lib/"): content for name, content in FILES.items()}
    archive = make_tar(
        tmp_path / "big.tar.gz", files | {"big-2/a.c": b"another", "big-2/deep/library/a.c": b"one more"}
    )
    into = tmp_path / "into"
    into.mkdir()
    unpack(archive, place(archive), Source("lib", "1", KEPT, tree, (), "deep/lib"), into)
    assert (into / "a.c").read_bytes() == FILES["lib-1/a.c"]


def test_damage_is_a_reason_not_a_traceback(tmp_path, tree):
    archive = make_tar(tmp_path / "lib.tar.gz", FILES)
    archive.write_bytes(archive.read_bytes()[:60])
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BadArchive, match="cannot be read"):
        unpack(archive, place(archive), Source("lib", "1", KEPT, tree, ()), into)


def test_damage_in_the_middle_is_a_reason_too(tmp_path, tree):
    large = random.Random(0).randbytes(1 << 20)
    archive = make_tar(tmp_path / "lib.tar", FILES | {"lib-1/include/large.h": large})
    packed = bytearray(lzma.compress(gzip.decompress(archive.read_bytes()), preset=0))
    packed[len(packed) // 2 : -100] = bytes(len(packed) - 100 - len(packed) // 2)
    archive.write_bytes(packed)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BadArchive, match="cannot be read"):
        unpack(archive, place(archive), Source("lib", "1", KEPT, tree, ()), into)


def test_a_full_disk_costs_no_archive(tmp_path, cache, tree, monkeypatch):
    good = make_tar(tmp_path / "lib-1.tar.gz", FILES)
    pin(monkeypatch, tree, place(good))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", full)
        with pytest.raises(MtcError, match="No space left") as caught:
            sources.source_folder("lib")
    assert caught.value.code.id == "MTC106"
    good.unlink()  # no place has it any more
    assert (sources.source_folder("lib", offline=True) / "a.c").is_file()


def test_the_lock_file_pins_every_source():
    for name, pinned in pinned_sources().items():
        assert len(pinned.tree) == 64, name
        assert pinned.unpack and "LICENSE" in pinned.unpack, name
        assert any(p.at.startswith("debian:pool/") and p.sha256 for p in pinned.places), name
        assert any(p.at.startswith("https://") for p in pinned.places), name


def test_the_lock_file_is_read_once(tmp_path):
    path = tmp_path / "lock.yaml"
    path.write_text("{}")
    assert read_lock(path) is read_lock(path)
