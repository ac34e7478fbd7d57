"""Diagnostics and the exception that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

CODES: dict[str, Code] = {}


@dataclass(frozen=True)
class Diagnostic:
    """One finding: what is wrong, where, why, and what to do next; and with which operator, if it is one's."""

    code: Code
    message: str
    at: str | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    op: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.message} [{self.code.id}]"]
        if self.at:
            lines.append(f"  at: {self.at}")
        lines += [f"  note: {note}" for note in self.notes]
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """The diagnostic as plain data, for `--json`: every key is there, and there always is a next step."""
        return {
            "code": self.code.id,
            "title": self.code.title,
            "message": self.message,
            "operator": self.op,
            "at": self.at,
            "notes": list(self.notes),
            "help": self.help or f"`mtc explain {self.code.id}` says more",
        }


class MtcError(Exception):
    """One or more diagnostics. The first line of `str(error)` names the cause; `summary` replaces it for many."""

    def __init__(self, *diagnostics: Diagnostic, summary: str | None = None) -> None:
        if not diagnostics:
            raise ValueError("an MtcError holds at least one diagnostic")
        self.diagnostics = diagnostics
        self.summary = summary
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [str(d) for d in self.diagnostics]
        return "\n".join([self.summary, *parts] if self.summary else parts)

    @property
    def code(self) -> Code:
        return self.diagnostics[0].code


@dataclass(frozen=True)
class Code:
    """A kind of fault. `id` is stable; `explanation` is what `mtc explain ID` prints."""

    id: str
    title: str
    explanation: str

    def __post_init__(self) -> None:
        if CODES.setdefault(self.id, self) is not self:
            raise ValueError(f"two diagnostics have the code {self.id}")

    def __call__(
        self,
        message: str,
        *,
        at: str | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
        op: str | None = None,
    ) -> Diagnostic:
        return Diagnostic(self, message, at, tuple(notes), help, op)

    def error(
        self,
        message: str,
        *,
        at: str | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
        op: str | None = None,
    ) -> MtcError:
        """An exception that holds this one diagnostic."""
        return MtcError(self(message, at=at, notes=notes, help=help, op=op))


class Report:
    """Collects diagnostics; call it with each."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def __call__(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)

    def raise_if_any(self, summary: str | None = None) -> None:
        if self.diagnostics:
            raise MtcError(*self.diagnostics, summary=summary)


@contextmanager
def collected() -> Iterator[Report]:
    """Leaves with one MtcError that holds all that was reported, if anything was."""
    report = Report()
    yield report
    report.raise_if_any()
