"""`build-runtime --baseline`: a runtime's bytes beside those of an earlier one."""

from __future__ import annotations

from pathlib import Path

from mtc.analysis.runtime_diff import Growth, grown
from mtc.build import size_text
from mtc.build.size_report import Bill
from mtc.diagnostics import CANNOT_READ, TOO_LARGE

_REMEDY = "it is what `mtc build-runtime` writes: cp runtime-TARGET/share/mtc/size.json size-baseline.json"
_MOST_SHOWN = 12


def read(path: Path, target: str) -> Bill:
    """The bill to compare a runtime for `target` with. CANNOT_READ if the file is no size.json of this version, or one
    of another target: what a processor's code is larger by is no growth."""
    try:
        bill = size_text.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}", help=_REMEDY) from error
    except ValueError as error:
        raise CANNOT_READ.error(f"`{path}` is no size report that this mtc reads", help=_REMEDY) from error
    if bill.target != target:
        named = bill.target or "no target"
        raise CANNOT_READ.error(f"the baseline `{path}` is of {named}, not of {target}", help=_REMEDY)
    return bill


def growth(bill: Bill, base: Bill) -> list[Growth]:
    """What changed in the shared library, which an app ships (else in mtc_run): the total first; nothing if it is the
    same. CANNOT_READ if the baseline has no such file."""
    if not bill.files:
        return []
    now = bill.files[0]
    before = next((report for report in base.files if report.file == now.file), None)
    if before is None:
        raise CANNOT_READ.error(f"the baseline has no `{now.file}`: it is for another system", help=_REMEDY)
    return list(grown(now.file, before, now))


def refuse_growth(bill: Bill, base: Bill, most: float) -> None:
    """TOO_LARGE that names what grew, if the file has more than 1 + `most` of the baseline's bytes."""
    changes = growth(bill, base)
    if not changes or changes[0].after <= changes[0].before * (1 + most):
        return
    total, *parts = changes
    more = 100 * (total.after - total.before) / total.before if total.before else float("inf")
    raise TOO_LARGE.error(
        f"`{total.file}` has {total.after:,} bytes, {more:.4g}% more than the baseline; {100 * most:.4g}% are allowed",
        notes=[part.line for part in parts if part.after > part.before][:_MOST_SHOWN],
        help="if it is worth that, make the new runtime's share/mtc/size.json the baseline",
    )
