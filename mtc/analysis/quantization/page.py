"""The report on a quantized model as one HTML page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from mtc.analysis.quantization.layers import LayerLoss
from mtc.quant.sqnr import Loss
from mtc.stages.kinds import REPORT_MARK

_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}
.n{text-align:right}svg text{font:11px system-ui,sans-serif}rect.good{fill:#7db87d}rect.poor{fill:#d9785f}
line.seen{stroke:#7a9cc6;stroke-width:7}line.kept{stroke:#333;stroke-width:2}rect.cut{fill:#d9785f}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}svg{background:#eee}}
"""
_ROW, _NAME, _PLOT = 16, 260, 520
_POOR = 20.0  # dB: noise of a tenth of the signal


def page(name: str, facts: Mapping[str, Any], outputs: Mapping[str, Loss], layers: Sequence[LayerLoss]) -> str:
    """The text of the page."""
    title = f"{escape(name)}: what quantization costs"
    rows = [
        (r.value, r.op, _db(r.loss.sqnr), f"{r.loss.cosine:.6f}", f"{100 * r.saturated:.3f}%", r.at) for r in layers
    ]
    return "\n".join(
        [
            f'{REPORT_MARK}<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
            f"<h1>{title}</h1>",
            _table(("", ""), [(key, value) for key, value in facts.items()]),
            "<h2>Outputs</h2>",
            _table(
                ("output", "SQNR", "cosine"),
                [(key, _db(loss.sqnr), f"{loss.cosine:.6f}") for key, loss in outputs.items()],
            ),
            "<h2>Error of each layer</h2><p>SQNR in dB against the float model, with all layers quantized.",
            _errors(layers),
            "<h2>Ranges</h2><p>Blue: what the float model's values span. Black: what the integers reach to.",
            _ranges(layers),
            "<h2>Saturation</h2><p>The share of values beyond what the integers reach to.",
            _saturation(layers),
            "<h2>Layers</h2>",
            _table(("value", "operator", "SQNR", "cosine", "saturated", "where"), rows),
            "</html>\n",
        ]
    )


def _db(sqnr: float) -> str:
    return f"{sqnr:.1f} dB" if math.isfinite(sqnr) else "exact" if sqnr > 0 else "none"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def line(tag: str, cells: Sequence[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line('th', header) if any(header) else ''}{''.join(line('td', row) for row in rows)}</table>"


def _errors(layers: Sequence[LayerLoss]) -> str:
    most = max((r.loss.sqnr for r in layers if math.isfinite(r.loss.sqnr)), default=1.0)

    def bar(row: LayerLoss, top: int) -> str:
        sqnr = min(max(row.loss.sqnr, 0.0), most)
        kind = "poor" if sqnr < _POOR else "good"
        return f'<rect class="{kind}" x="{_NAME}" y="{top}" width="{_PLOT * sqnr / max(most, 1e-9):.1f}" height="11"/>'

    return _plot(layers, bar, lambda row: _db(row.loss.sqnr))


def _ranges(layers: Sequence[LayerLoss]) -> str:
    def lines(row: LayerLoss, top: int) -> str:
        kept = (row.least, row.most) if math.isfinite(row.most - row.least) else (0.0, 0.0)  # floats hold all
        low, high = min(row.low, kept[0], 0.0), max(row.high, kept[1], 0.0)
        scale = _PLOT / max(high - low, 1e-30)

        def line(kind: str, a: float, b: float) -> str:
            x = (_NAME + scale * (end - low) for end in (a, b))
            first, last = (f"{place:.1f}" for place in x)
            return f'<line class="{kind}" x1="{first}" x2="{last}" y1="{top + 6}" y2="{top + 6}"/>'

        return line("seen", row.low, row.high) + line("kept", *kept)

    return _plot(layers, lines, lambda row: f"{row.low:.3g} to {row.high:.3g}")


def _saturation(layers: Sequence[LayerLoss]) -> str:
    most = max((r.saturated for r in layers), default=0.0) or 1.0

    def bar(row: LayerLoss, top: int) -> str:
        return f'<rect class="cut" x="{_NAME}" y="{top}" width="{_PLOT * row.saturated / most:.1f}" height="11"/>'

    return _plot(layers, bar, lambda row: f"{100 * row.saturated:.3f}%")


def _plot(
    layers: Sequence[LayerLoss], drawing: Callable[[LayerLoss, int], str], label: Callable[[LayerLoss], str]
) -> str:
    """A row for each layer: its name, what `drawing(row, top)` draws, and a label behind it."""
    parts = [
        f'<svg width="{_NAME + _PLOT + 140}" height="{len(layers) * _ROW + 8}" xmlns="http://www.w3.org/2000/svg">'
    ]
    for index, row in enumerate(layers):
        top = index * _ROW + 4
        parts.append(f"<g><title>{escape(row.at)}</title>")
        parts.append(f'<text x="0" y="{top + 10}">{escape(f"{row.value} ({row.op})"[:42])}</text>')
        parts.append(drawing(row, top))
        parts.append(f'<text x="{_NAME + _PLOT + 8}" y="{top + 10}">{escape(label(row))}</text></g>')
    parts.append("</svg>")
    return "".join(parts)
