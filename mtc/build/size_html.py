"""A runtime's bill as one HTML page that needs nothing else: no script, style or font is loaded from anywhere.

The map is drawn here, as SVG; the page has no script. What a rectangle is stands in its title, which a browser shows
where the pointer rests and a screen reader reads; the tables below it say the same in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from mtc.build.size_report import Bill, SizeReport, SizeRow, Users, who_needs_it
from mtc.build.treemap import Rect, squarified
from mtc.support.plural import counted

_WIDTH, _HEIGHT, _HEADING = 1200.0, 620.0, 18.0
_LETTER, _LINE = 6.8, 14.0  # of 11 pixels, with some room
_MOST_KERNELS = 6  # that a cell names
# Hues in the order of the bytes that a component has; text on them has a contrast of more than 4.5 in both schemes.
_HUES = (212, 152, 32, 275, 345, 185, 95, 55)
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#4a525c;--paper:#fff;--line:#d8dee4;--l:84%;--lh:72%;--s:52%}
@media(prefers-color-scheme:dark){
:root{--ink:#e6edf3;--soft:#aab4bf;--paper:#0f1318;--line:#2d343c;--l:27%;--lh:36%;--s:38%}}
body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1.25rem;color:var(--ink);
background:var(--paper)}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.5rem 0 .25rem}h3{font-size:1rem;margin:1.5rem 0 0}
p{margin:.25rem 0 1rem;color:var(--soft)}
svg{width:100%;height:auto;display:block;border-radius:6px}
svg text{font:11px system-ui,sans-serif;fill:var(--ink);pointer-events:none}svg .head{font-weight:600}
svg .soft{fill:var(--soft)}
rect{stroke:var(--paper);stroke-width:1}g.part:hover rect{stroke:var(--ink)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.75rem 0}
td,th{padding:.2rem .75rem .2rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.k{color:var(--soft)}details{margin:.5rem 0}summary{cursor:pointer}
"""


def to_html(bill: Bill, title: str) -> str:
    """The page of a bill."""
    hues = [
        f".c{i} rect{{fill:hsl({hue} var(--s) var(--l))}}.c{i}>rect{{fill:hsl({hue} var(--s) var(--lh))}}"
        for i, hue in enumerate(_HUES)
    ]
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}{"".join(hues)}</style>',
        f"<h1>{escape(title)}</h1><p>{escape(bill.caption)}</p>",
    ]
    for report in bill.files:
        parts.append(f"<h2>{escape(report.file)}: {report.total:,} bytes</h2>")
        parts += [_drawing(report), _components(report), _kernels(report, bill.needed_by)]
    return "\n".join([*parts, "</html>\n"])


def _parts(rows: Iterable[SizeRow]) -> list[tuple[str, int, list[SizeRow]]]:
    """Parts of a component with their bytes and rows, largest first."""
    grouped = groupby(sorted(rows, key=lambda row: row.part), key=lambda row: row.part)
    found = [(part, list(own)) for part, own in grouped]
    with_bytes = [(part, sum(row.bytes for row in own), own) for part, own in found]
    return sorted(with_bytes, key=lambda part: (-part[1], part[0]))


def _drawing(report: SizeReport) -> str:
    components = report.by_component()
    said = f"Treemap of {report.file}: " + ", ".join(f"{name} {size:,} bytes" for name, size in components.items())
    lines = [f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(said)}">']
    places = squarified([*components.values()], Rect(0, 0, _WIDTH, _HEIGHT))
    for index, ((name, size), place) in enumerate(zip(components.items(), places, strict=True)):
        heading = f"{name}  {size:,}"
        has_heading = place.height > 2 * _HEADING
        about = escape(_share(heading, size, report))
        lines.append(f'<g class="c{index % len(_HUES)}"><title>{about}</title>{_rect(place)}')
        if has_heading:
            lines.append(_text(heading, place, "head"))
        parts = _parts(row for row in report.rows if row.component == name)
        inner = place.inset(2, _HEADING if has_heading else 2)
        for (part, count, rows), cell in zip(parts, squarified([c for _, c, _ in parts], inner), strict=True):
            shown = part or name
            about = escape(_share(f"{name}: {shown}  {count:,} bytes", count, report) + "\n" + _who(rows))
            lines.append(f'<g class="part"><title>{about}</title>{_rect(cell)}{_label(shown, count, cell)}</g>')
        lines.append("</g>")
    return "".join(lines) + "</svg>"


def _share(text: str, size: int, report: SizeReport) -> str:
    return f"{text} ({100 * size / report.total:.1f}%)"


def _who(rows: Sequence[SizeRow]) -> str:
    kernels = sorted({key for row in rows for key in row.kernels})
    if not kernels or any(not row.kernels for row in rows):
        return "for every runtime"
    more = len(kernels) - _MOST_KERNELS
    return "for " + ", ".join(kernels[:_MOST_KERNELS]) + (f" and {more} more" if more > 0 else "")


def _rect(place: Rect) -> str:
    return f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}"/>'


def _label(part: str, size: int, place: Rect) -> str:
    """The part's own name, without its family, and its bytes where there is room."""
    name = _text(re.sub(r"^(microkernels? |[a-z]+/)", "", part), place)
    below = place.inset(0, _LINE)
    return name + (_text(f"{size:,}", below, "soft") if name else "")


def _text(text: str, place: Rect, kind: str = "") -> str:
    """As much of it as the place has room for; nothing rather than a stump."""
    room = int((place.width - 8) / _LETTER)
    if place.height < _LINE or room < min(len(text), 4):
        return ""
    shown = text if len(text) <= room else text[: room - 1] + "…"
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{place.x + 4:.1f}" y="{place.y + 13:.1f}">{escape(shown)}</text>'


def _components(report: SizeReport) -> str:
    found = ["<h3>Parts</h3>"]
    for name, size in report.by_component().items():
        rows = [row for row in report.rows if row.component == name]
        lines = [
            (part, row.dtype, f"{row.bytes:,}", _who([row]))
            for part, _, own in _parts(rows)
            for row in sorted(own, key=lambda row: -row.bytes)
        ]
        summary = escape(_share(f"{name}: {size:,} bytes", size, report))
        body = _table(("part", "dtype", "bytes", "needed"), lines)
        found.append(f"<details><summary>{summary}</summary>{body}</details>")
    return "\n".join(found)


def _kernels(report: SizeReport, needed_by: Mapping[str, Users]) -> str:
    keys = sorted({key for row in report.rows for key in row.kernels})
    if not keys:
        return ""
    alone = {key: report.saved_without(frozenset({key})) for key in keys}
    lines = [
        (key, "", f"{alone[key]:,}", "; ".join(who_needs_it(needed_by.get(key, {}))))
        for key in sorted(keys, key=lambda key: (-alone[key], key))
    ]
    body = _table(("kernel", "", "bytes it alone needs", "who needs it"), lines)
    return f"<h3>{counted(len(keys), 'kernel')}</h3>{body}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    kinds = ("", "", ' class="n"', ' class="k"')
    head = "".join(f"<th{kind}>{escape(cell)}</th>" for kind, cell in zip(kinds, header, strict=True))
    lines = [
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    ]
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'
