"""The opset as a page of documentation, from the definitions: docs/ops.md."""

from __future__ import annotations

from itertools import groupby

from mtc.analysis.opset import described
from mtc.ops import OPS

_HEAD = """\
<!-- Generated from mtc/ops by scripts/generate; do not edit. -->

# The operators

Operands come first, `?` after one that may be absent and `*` before one that may be several; then attributes with their
defaults. `T` and other letters stand for the dtypes that are listed; what is `quantized on` a backend also takes `qi8`
or `qu8` there in place of floats. `mtc ops NAME` shows the same for one operator.
"""


def ops_page() -> str:
    """The text of docs/ops.md: a section for each family, an entry for each op."""
    lines = [_HEAD]
    for family, members in groupby(sorted(OPS.values(), key=lambda op: (op.family, op.name)), key=lambda op: op.family):
        lines.append(f"## {family.replace('_', ' ').capitalize()}\n")
        for op in members:
            row = described(op)
            facts = [f"`{op.name}{row['signature']}`", *(f"`{text}`" for text in (*row["dtypes"], *row["attributes"]))]
            lines.append(f"**{op.name}** {row['doc']}  ")
            where = f"on {', '.join(row['backends'])}"
            quantized = f"; quantized on {', '.join(row['quantized'])}" if row["quantized"] else ""
            lines.append(f"{', '.join(facts)}; accuracy {row['accuracy']}; {where}{quantized}\n")
    return "\n".join(lines)
