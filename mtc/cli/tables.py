"""Tables that more than one command prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtc.cli import console

if TYPE_CHECKING:
    from mtc.analysis.placement import PlacedOps
    from mtc.build.size_report import SizeReport


def placement(rows: Sequence[PlacedOps]) -> str:
    """How many nodes of each op run where, and why not on the first choice."""
    total = sum(row.flops for row in rows) or 1
    lines = [
        (row.op, row.backend, row.count, f"{100 * row.flops / total:.1f}%", row.reason or "")
        for row in sorted(rows, key=lambda row: (not row.reason, -row.flops, -row.count))
    ]
    if not lines:
        return "no operator needs a kernel"
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.backend] = counts.get(row.backend, 0) + row.count
    summary = ", ".join(f"{count} on {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
    body = console.table(("operator", "backend", "nodes", "FLOPs", "why not on the first choice"), lines, right=(2, 3))
    return f"{body}\nplacement: {summary}"


def sizes(reports: Sequence[SizeReport]) -> str:
    """The bytes of a runtime's products by component."""
    parts = []
    for report in reports:
        rows = [(name, f"{count:,}") for name, count in report.by_component().items()]
        parts.append(console.table((report.file, "bytes"), [*rows, ("total", f"{report.total:,}")], right=(1,)))
    return "\n\n".join(parts)
