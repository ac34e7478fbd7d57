"""What tests of several rooms use."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mtc.build import runtime, runtime_sources, sources_lock, third_party
from mtc.support.cache import cache_root


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-targets",
        action="store_true",
        help="build for every target with every toolchain that is here: an hour or two where nothing is in the cache",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell without job control starts its background jobs with Ctrl-C ignored, and their children inherit that: the
    # tests that interrupt a program would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
