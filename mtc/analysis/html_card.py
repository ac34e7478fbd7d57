"""The model card as one HTML page that needs nothing else: no script or style is loaded from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from mtc.ir.literals import type_text
from mtc.ir.module import Value
from mtc.ir.opspec import Trait
from mtc.lower import Lowered
from mtc.program import reader
from mtc.program.reader import Instruction, Program
from mtc.stages.kinds import CARD_MARK
from mtc.support.atomic import write_text

_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}
.n{text-align:right}svg text{font:12px system-ui,sans-serif}details{margin:1rem 0}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}svg{background:#eee}}
path{fill:none;stroke:#aaa}path.next{stroke:#888}text.type{fill:#555}
rect{fill:#eee;stroke:#999}rect.border{fill:#dde6f7}rect.xnnpack{fill:#cfe8cf}rect.portable{fill:#f6dfc0}
"""
_ROW, _WIDTH, _COLUMN = 46, 300, 340
_MOST_PLACES = 3


def write(path: Path, card: dict[str, Any], placed: Lowered | Program) -> None:
    """Writes the page of a model or program that has this card."""
    graph = _program_graph(placed) if isinstance(placed, Program) else _module_graph(placed)
    write_text(path, _page(card, graph))


def _page(card: dict[str, Any], graph: str) -> str:
    title = escape(card["file"])
    facts = [
        ("kind", card["kind"]),
        *((("source", card["source"]),) if card["source"] else ()),
        ("parameters", f"{card['parameters']:,}"),
        ("constants", f"{card['constant_bytes']:,} bytes"),
        ("work", f"{card['flops']:,} FLOP a run"),
        *((f"arena of @{name}", f"{memory['arena']:,} bytes") for name, memory in card["memory"].items()),
        *((f"state {name}", type_) for name, type_ in card["state"].items()),
        *card["metadata"].items(),
        *((f"quantization {key}", str(value)) for key, value in card["quantization"].items()),
    ]
    interface = [
        (f"@{name}", kind[:-1], key, value)
        for name, function in card["functions"].items()
        for kind in ("inputs", "outputs")
        for key, value in function[kind].items()
    ]
    placement = [
        (r["op"], r["backend"], r["count"], f"{r['flops']:,}", r["reason"], "; ".join(r["at"][:_MOST_PLACES]))
        for r in card["placement"]
    ]
    parts = [
        f'{CARD_MARK}<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
        f"<h1>{title}</h1>",
        _table(("", ""), facts),
        "<h2>Interface</h2>",
        _table(("function", "", "name", "type"), interface),
        "<h2>Placement</h2>",
        _table(("operator", "backend", "nodes", "FLOPs", "why not on the first choice", "where"), placement, (2, 3)),
        "<h2>Graph</h2>",
        graph,
        "</html>\n",
    ]
    return "\n".join(parts)


def _table(header: tuple[str, ...], rows: Any, numbers: tuple[int, ...] = ()) -> str:
    def line(tag: str, cells: Any) -> str:
        kinds = [' class="n"' if index in numbers else "" for index in range(len(header))]
        return "".join(f"<{tag}{kind}>{escape(str(cell))}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    head = line("th", header) if any(header) else ""
    body = "".join("<tr>" + line("td", row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


@dataclass(frozen=True)
class Box:
    """A node as it is drawn."""

    title: str
    second: str  # the line below the title
    kind: str  # its class in the style
    reads: list[int]  # the boxes whose results it takes
    at: str = ""  # shown when the pointer rests on it


def _module_graph(lowered: Lowered) -> str:
    """The nodes as they will run, each in the colour of its backend."""
    drawings = []
    for function in lowered.module.functions.values():
        boxes = [Box(f"input {v.name}", type_text(v.type), "border", []) for v in function.inputs]
        place: dict[Value, int] = {value: index for index, value in enumerate(function.inputs)}
        for node in function:
            if node.op.has(Trait.STRUCTURAL):
                continue
            reads = [place[value] for value in node.inputs if value in place]
            for value in node.outputs:
                place[value] = len(boxes)
            placement = lowered.placements.get(node)
            backend = "" if placement is None or node.op.has(Trait.VIEW) else placement.library.name
            type_ = type_text(node.outputs[0].type) if node.outputs else ""
            boxes.append(Box(_named(node.op.name, backend), type_, backend, reads, "; ".join(map(str, node.loc))))
        outputs = [place[value] for value in function.outputs if value in place]
        boxes.append(Box("output", "", "border", outputs))
        drawings.append(_drawing(function.name, boxes))
    return "\n".join(drawings)


def _named(op: str, backend: str) -> str:
    return f"{op} ({backend})" if backend else op


def _program_graph(program: Program) -> str:
    drawings = []
    rows_of: dict[str, list[Instruction]] = {}
    for instruction in program.instructions:
        rows_of.setdefault(instruction.function, []).append(instruction)
    for function in program.tables.functions or []:
        boxes = [Box(f"input {n}", t, "border", []) for n, t in program.interface(function, "input")]
        place = {value: index for index, value in enumerate(reader.numbers(function.inputs))}
        rows = rows_of.get(reader.text(function.name), [])
        for row, raw in zip(rows, function.instructions or [], strict=True):
            reads = [place[v] for v in reader.numbers(raw.inputs) if v in place]
            for value in reader.numbers(raw.outputs):
                place[value] = len(boxes)
            title = _named(row.op, row.library)
            boxes.append(Box(title, (row.outputs or ("",))[0], row.library, reads, row.location))
        drawings.append(_drawing(reader.text(function.name), boxes))
    return "\n".join(drawings)


def _drawing(name: str, boxes: list[Box]) -> str:
    """Boxes from top to bottom in program order; what does not follow its predecessor gets a curve at the side."""
    height = len(boxes) * _ROW + 20
    parts = [f'<svg width="{_WIDTH + _COLUMN}" height="{height}" xmlns="http://www.w3.org/2000/svg">']
    for index, box in enumerate(boxes):
        top = index * _ROW + 10
        for source in box.reads:
            bottom = source * _ROW + 10 + 32
            if source == index - 1:
                parts.append(f'<path class="next" d="M150 {bottom}V{top}"/>')
            else:
                bend = _WIDTH + min(20 + 6 * (index - source), _COLUMN - 20)
                start = bottom - 16
                curve = f"M{_WIDTH} {start}C{bend} {start} {bend} {top + 16} {_WIDTH} {top + 16}"
                parts.append(f'<path d="{curve}"/>')
        parts.append(f"<g><title>{escape(box.at)}</title>" if box.at else "<g>")
        parts.append(f'<rect class="{escape(box.kind)}" x="0" y="{top}" width="{_WIDTH}" height="32" rx="4"/>')
        parts.append(f'<text x="8" y="{top + 13}">{escape(box.title[:44])}</text>')
        parts.append(f'<text class="type" x="8" y="{top + 27}">{escape(box.second[:44])}</text></g>')
    parts.append("</svg>")
    return f"<details open><summary>@{escape(name)}</summary>{''.join(parts)}</details>"
