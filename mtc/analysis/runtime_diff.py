"""What makes one runtime larger than another: growth by component, operator and dtype, and what else differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtc.build.runtime_folder import changed_products, digest_of, products, read_bill, read_record
from mtc.build.size_report import SizeReport, SizeRow
from mtc.ir.kernel_key import KernelKey

EVERY_RUNTIME, SHARED = "every runtime", "shared by several"
_FACTS = ("target", "toolchain", "mode", "sanitize")


@dataclass(frozen=True)
class Growth:
    """Bytes of a file, or of one component, operator or dtype in it."""

    file: str
    by: str  # total, component, operator, dtype
    name: str
    before: int
    after: int

    @property
    def line(self) -> str:
        name = f"{self.by} {self.name}" if self.name else "in all"
        return f"~ {self.file} {name}: {self.before:,} became {self.after:,} bytes ({self.after - self.before:+,})"


@dataclass(frozen=True)
class RuntimeDiff:
    """How the second runtime differs from the first."""

    facts: Mapping[str, tuple[str, str]]  # toolchain, library versions, files no bill tells apart: before and after
    added: tuple[str, ...]  # kernels
    dropped: tuple[str, ...]
    growth: tuple[Growth, ...]  # in each file the total first, then what changed most

    @property
    def lines(self) -> list[str]:
        found = [f"~ {name}: {before} became {after}" for name, (before, after) in self.facts.items()]
        found += [f"+ kernel {key}" for key in self.added] + [f"- kernel {key}" for key in self.dropped]
        return found + [growth.line for growth in self.growth]

    def to_json(self) -> dict[str, Any]:
        facts = {name: {"before": before, "after": after} for name, (before, after) in self.facts.items()}
        kernels = {"added": list(self.added), "dropped": list(self.dropped)}
        return {"facts": facts, "kernels": kernels, "growth": [asdict(growth) for growth in self.growth]}


def compare(a: Path, b: Path) -> RuntimeDiff:
    """Two folders that `mtc build-runtime` wrote. CANNOT_READ if one has no size report that this mtc reads."""
    before, after = read_record(a), read_record(b)
    old, new = _facts(before), _facts(after)
    changed = {*changed_products(a), *changed_products(b)}
    files = {report.file: report for report in read_bill(a).files}
    others = {report.file: report for report in read_bill(b).files}
    growth: list[Growth] = []
    for file in dict.fromkeys([*files, *others]):
        growth += grown(file, files.get(file), others.get(file))
    for file in (path.relative_to(a).as_posix() for path in products(a)):
        if file in changed or files.get(file) == others.get(file):
            old[f"file {file}"], new[f"file {file}"] = (f"sha256 {digest_of(folder / file)[:12]}" for folder in (a, b))
    names = sorted({*old, *new})
    return RuntimeDiff(
        {name: pair for name in names if (pair := (old.get(name, "none"), new.get(name, "none")))[0] != pair[1]},
        tuple(sorted({*after["kernels"]} - {*before["kernels"]})),
        tuple(sorted({*before["kernels"]} - {*after["kernels"]})),
        tuple(growth),
    )


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    found = {name: str(record.get(name) or "none") for name in _FACTS}
    return found | {f"library {name}": str(version) for name, version in record.get("libraries", {}).items()}


def grown(file: str, a: SizeReport | None, b: SizeReport | None) -> Iterable[Growth]:
    """The changes of a file, its total first, each table of which adds up to that of the file."""
    if a == b:
        return
    yield Growth(file, "total", "", a.total if a else 0, b.total if b else 0)
    for by, name_of in _TABLES.items():
        old, new = _sums(a, name_of), _sums(b, name_of)
        changed = [name for name in {*old, *new} if old[name] != new[name]]
        for name in sorted(changed, key=lambda name: (-abs(new[name] - old[name]), name)):
            yield Growth(file, by, name, old[name], new[name])


def _sums(report: SizeReport | None, name_of: Callable[[SizeRow], str]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in report.rows if report else ():
        sums[name_of(row)] += row.bytes
    return sums


def _operator(row: SizeRow) -> str:
    return _one({KernelKey.parse(key).op for key in row.kernels})


def _dtype(row: SizeRow) -> str:
    return _one({", ".join(KernelKey.parse(key).dtypes) or "no dtype" for key in row.kernels})


def _one(names: set[str]) -> str:
    return EVERY_RUNTIME if not names else SHARED if len(names) > 1 else names.pop()


_TABLES: Mapping[str, Callable[[SizeRow], str]] = {
    "component": lambda row: row.component,
    "operator": _operator,
    "dtype": _dtype,
}
