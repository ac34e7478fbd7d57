"""The pinned third-party sources: `runtime/third_party/sources.lock.yaml` as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from mtc.build.runtime_sources import runtime_sources
from mtc.diagnostics import UNKNOWN_NAME
from mtc.support.suggest import did_you_mean


@dataclass(frozen=True)
class Place:
    """One place an archive can be had from. Each has its own bytes, so each may have its own SHA-256."""

    at: str  # `debian:<path below a mirror's root>` or a URL
    strip: int  # leading folders of member names to drop, as in `tar --strip-components`
    sha256: str | None  # None where the archive's bytes are not promised to stay; `Source.tree` still holds

    @property
    def filename(self) -> str:
        return PurePosixPath(self.at).name


@dataclass(frozen=True)
class Source:
    """One library: what is unpacked is the same whichever place it came from, and `tree` pins it."""

    name: str
    version: str
    unpack: tuple[str, ...]  # files and folders (ending in /) that are kept
    tree: str  # SHA-256 over the names and contents of what is kept, see `tree_hash`
    places: tuple[Place, ...]
    root: str = ""  # the folder of a larger source that it is; the names above are relative to it

    @property
    def key(self) -> str:
        """Its folder's name in the cache."""
        return f"{self.name}-{self.tree[:16]}"

    def kept_as(self, path: str) -> str | None:
        """What a file of the archive is called where it is unpacked; None if it is not kept."""
        if self.root and not path.startswith(f"{self.root}/"):
            return None
        inner = path[len(self.root) + 1 :] if self.root else path
        is_kept = any(inner == kept or (kept.endswith("/") and inner.startswith(kept)) for kept in self.unpack)
        return inner if is_kept else None


def source(name: str) -> Source:
    """The pinned source called `name`. Raises MtcError (MTC301) if there is none."""
    known = sources()
    if name not in known:
        raise UNKNOWN_NAME.error(f"no third-party source is called `{name}`", help=did_you_mean(name, known))
    return known[name]


def sources() -> dict[str, Source]:
    """Every pinned source by name, in the order of the lock file."""
    return read_lock(runtime_sources() / "third_party" / "sources.lock.yaml")


@cache
def read_lock(path: Path) -> dict[str, Source]:
    """Parses a lock file. It is part of mtc, not a user's: a mistake in it is a plain KeyError."""
    import yaml  # only a build reads the lock file; a session that finds its runtime does not wait for YAML

    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Source(
            name,
            row["version"],
            tuple(row["unpack"]),
            row["tree"],
            tuple(Place(place["at"], place["strip"], place.get("sha256")) for place in row["places"]),
            row.get("root", ""),
        )
        for name, row in rows.items()
    }
