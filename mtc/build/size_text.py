"""A runtime's bill as JSON, which is read back, and as text to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from mtc.build.size_report import Bill, SizeReport, SizeRow, who_needs_it
from mtc.support import strict_json
from mtc.support.plural import counted

VERSION = 4
_MOST_KERNELS = 2  # that a line of the text names


def to_json(bill: Bill) -> str:
    """The bill as JSON text; `from_json` reads it back. Rows name kernels by their place in `kernels`."""
    kernels = sorted({key for report in bill.files for row in report.rows for key in row.kernels} | {*bill.needed_by})
    place = {key: index for index, key in enumerate(kernels)}
    files = [
        {"file": report.file, "total": report.total, "rows": [_row(row, place) for row in report.rows]}
        for report in bill.files
    ]
    needed_by = {
        key: {model: list(lines) for model, lines in users.items()} for key, users in sorted(bill.needed_by.items())
    }
    target = {"target": bill.target} if bill.target else {}
    parts = {"version": VERSION, **target, "kernels": kernels, "needed_by": needed_by, "files": files}
    return json.dumps(parts, indent=1) + "\n"


def _row(row: SizeRow, place: dict[str, int]) -> dict[str, object]:
    kernels = [place[key] for key in row.kernels]
    return {"component": row.component, "part": row.part, "dtype": row.dtype, "bytes": row.bytes, "kernels": kernels}


def from_json(text: str) -> Bill:
    """The bill that `to_json` wrote. ValueError if it is none, or another version's."""
    parts = strict_json.load(text)
    if not isinstance(parts, dict) or parts.get("version") != VERSION:
        raise ValueError("another version of mtc wrote this size report")
    try:
        return _bill(parts)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("what it says is no size report") from error


def _bill(parts: dict[str, Any]) -> Bill:
    kernels = parts["kernels"]

    def row(given: dict[str, Any]) -> SizeRow:
        users = tuple(kernels[_count(index)] for index in given["kernels"])
        return SizeRow(str(given["component"]), str(given["part"]), _count(given["bytes"]), users)

    files = []
    for file in parts["files"]:
        report = SizeReport(str(file["file"]), _count(file["total"]), tuple(map(row, file["rows"])))
        if sum(row.bytes for row in report.rows) != report.total:
            raise ValueError(f"the parts of `{report.file}` do not add up to it")
        files.append(report)
    return Bill(tuple(files), dict(parts["needed_by"]), str(parts.get("target", "")))


def _count(given: object) -> int:
    if not isinstance(given, int) or given < 0:
        raise ValueError(f"{given!r} is no count")
    return given


def to_text(bill: Bill) -> str:
    """The bill as tables: each component and its parts, with the kernels that alone need them; then the kernels, with
    what each brings along and who asks for it."""
    if not bill.files:
        return f"{bill.caption}\n"
    lines: list[str] = []
    for report in bill.files:
        lines += [f"{report.file}: {report.total:,} bytes", ""]
        for component, total in report.by_component().items():
            lines.append(f"  {total:>12,}  {component}")
            rows = sorted((row for row in report.rows if row.component == component), key=lambda row: row.part)
            parts = [list(group) for _, group in groupby(rows, key=lambda row: row.part)]
            for part in sorted(parts, key=lambda part: -sum(row.bytes for row in part)):
                lines += _part(part)
        lines += ["", *_kernels(report, bill), ""]
    return "\n".join(lines)


def _part(rows: Sequence[SizeRow]) -> list[str]:
    if not rows[0].part:
        return []
    if len(rows) == 1:
        return [f"  {rows[0].bytes:>12,}    {rows[0].part}{_for(rows[0])}"]
    total = sum(row.bytes for row in rows)
    ranked = sorted(rows, key=lambda row: -row.bytes)
    users = [f"  {row.bytes:>12,}      {_for(row).strip() or 'for every runtime'}" for row in ranked]
    return [f"  {total:>12,}    {rows[0].part}", *users]


def _for(row: SizeRow) -> str:
    if not row.kernels:
        return ""
    if len(row.kernels) <= _MOST_KERNELS:
        return "  for " + ", ".join(row.kernels)
    dtype = f" of {row.dtype}" if row.dtype else ""
    return f"  for {counted(len(row.kernels), 'kernel')}{dtype}"


def _kernels(report: SizeReport, bill: Bill) -> list[str]:
    """What each kernel alone costs, and why it is there."""
    keys = sorted({key for row in report.rows for key in row.kernels})
    if not keys:
        return []
    alone = {key: report.saved_without(frozenset({key})) for key in keys}
    lines = ["  bytes that only one kernel needs, and who needs it", ""]
    for key in sorted(keys, key=lambda key: (-alone[key], key)):
        lines.append(f"  {alone[key]:>12,}  {key}")
        lines += [f"{'':16}{user}" for user in who_needs_it(bill.needed_by.get(key, {}))]
    return lines
