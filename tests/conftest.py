"""What tests of several rooms use."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtc.build import runtime, runtime_sources, sources_lock, third_party
from mtc.support.cache import cache_root


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-targets",
        action="store_true",
        help="build for every target with every toolchain that is here: up to an hour where nothing is in the cache",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all-targets"):
        return
    skip = pytest.mark.skip(reason="takes long: `scripts/test --all-targets` runs it")
    for item in items:
        if "all_targets" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def own_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that builds take for the runtime's sources, and a cache of its own that shares what was fetched
    and built for all."""
    tree = tmp_path / "own" / "runtime"
    tree.mkdir(parents=True)
    cache = tmp_path / "own" / "cache"
    cache.mkdir()
    for folder in ("archives", "libraries", "sources"):
        shared = cache_root() / folder
        shared.mkdir(parents=True, exist_ok=True)
        (cache / folder).symlink_to(shared)
    monkeypatch.setenv("MTC_CACHE_DIR", str(cache))
    for module in (runtime, runtime_sources, third_party, sources_lock):
        monkeypatch.setattr(module, "runtime_sources", lambda: tree)
    return tree
