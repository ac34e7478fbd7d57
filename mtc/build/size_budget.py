"""Holds a runtime to a number of bytes, and says what to drop and what that would save."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mtc.build.size_report import Bill, SizeReport, Users
from mtc.diagnostics import TOO_LARGE
from mtc.ir.kernel_key import KernelKey
from mtc.support.plural import counted

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Saving:
    """What goes if something is dropped: at least what nothing else reaches, and more where code that others share is
    compiled with less in it."""

    what: str  # "model `segmenter.mtc`"
    kernels: frozenset[str]
    bytes: int


def check_size(bill: Bill, most: int) -> None:
    """TOO_LARGE if the shared library, which an app ships (else mtc_run), has more than `most` bytes."""
    if not bill.files or bill.files[0].total <= most:
        return
    report = bill.files[0]
    excess = report.total - most
    ranked = savings(report, bill.needed_by)
    notes = [f"{size:,} bytes are {component}" for component, size in report.by_component().items()]
    notes += [
        f"without {saving.what} it has at least {saving.bytes:,} bytes less"
        + (": enough" if saving.bytes >= excess else "")
        + f" ({counted(len(saving.kernels), 'kernel')})"
        for saving in ranked[:_MOST_SHOWN]
    ]
    least = report.total - report.saved_without(_kernels(report))
    enough = [saving for saving in ranked if saving.bytes >= excess]
    if least > most:
        notes.append(f"without any kernel it has at most {least:,} bytes")
        drop = "dropping kernels may not make it that small:"
    else:
        drop = f"drop {enough[-1].what if enough else 'more than one of these'} from the list, or"
    raise TOO_LARGE.error(
        f"`{report.file}` has {report.total:,} bytes, {excess:,} more than --max-size allows",
        notes=notes,
        help=f"{drop} raise --max-size to {report.total}",
    )


def savings(report: SizeReport, needed_by: Mapping[str, Users]) -> list[Saving]:
    """What there is to drop, by what it saves, largest first: models, dtypes, operators, single kernels.

    Whatever drops the same kernels as something before it in that order is left out, and so is what drops all.
    """
    found: dict[frozenset[str], Saving] = {}
    everything = _kernels(report)
    for what, kernels in _candidates(everything, needed_by):
        if kernels and kernels != everything and kernels not in found and (size := report.saved_without(kernels)):
            found[kernels] = Saving(what, kernels, size)
    return sorted(found.values(), key=lambda saving: (-saving.bytes, saving.what))


def _candidates(kernels: frozenset[str], needed_by: Mapping[str, Users]) -> Iterator[tuple[str, frozenset[str]]]:
    parsed = {key: KernelKey.parse(key) for key in kernels}
    for model in sorted({model for users in needed_by.values() for model in users}):
        yield f"model `{model}`", frozenset(key for key in kernels if {*needed_by.get(key, ())} == {model})
    for dtype in sorted({dtype for key in parsed.values() for dtype in key.dtypes}):
        yield f"dtype {dtype}", frozenset(key for key, parts in parsed.items() if dtype in parts.dtypes)
    for op in sorted({key.op for key in parsed.values()}):
        yield f"operator {op}", frozenset(key for key, parts in parsed.items() if parts.op == op)
    for key in sorted(kernels):
        yield f"kernel `{key}`", frozenset({key})


def _kernels(report: SizeReport) -> frozenset[str]:
    return frozenset(key for row in report.rows for key in row.kernels)
