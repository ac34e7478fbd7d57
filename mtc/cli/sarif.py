"""`--sarif FILE`: what a command found, for tools that show findings beside the source lines (SARIF 2.1.0, OASIS).

The file is written however the command ends, with no results if nothing was found: a service that keeps findings
closes those that are gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from mtc import __version__
from mtc.diagnostics import Diagnostic
from mtc.diagnostics.diagnostic import CODES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Level = Literal["error", "warning", "note"]
_ROOT = "%SRCROOT%"  # by convention the top of the checkout
# `model.py:7 (layers.0)`, as the IR and the sources name a place.
_PLACE = re.compile(r"(?P<file>[^:;]+)(?::(?P<line>\d+))?(?: \((?P<module>.*)\))?")
# What has no code of its own.
_OTHER = {
    "usage": ("the command line is not valid", "An option or argument that the command does not know or take."),
    "warning": ("a warning", "The command goes on; what it says may be worth a change."),
}


@dataclass(frozen=True)
class Finding:
    """One thing that a command found. `rule` is a diagnostic's code, `usage` or `warning`."""

    rule: str
    level: Level
    message: str
    at: str | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    op: str | None = None

    @staticmethod
    def of(diagnostic: Diagnostic, level: Level) -> Finding:
        d = diagnostic
        return Finding(d.code.id, level, d.message, d.at, d.notes, d.help, d.op)


def document(findings: Sequence[Finding], command: str, files: Sequence[Path], code: int) -> dict[str, Any]:
    """The SARIF log of one call of `command`, which is about `files` and ended with the exit code `code`."""
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    root = _root()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "mtc", "version": __version__, "rules": [_rule(rule) for rule in rules]}},
                # A service keeps the findings of each command apart.
                "automationDetails": {"id": f"mtc {command}/"},
                "invocations": [{"executionSuccessful": code in (0, 1), "exitCode": code}],
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, rules, root, files) for finding in findings],
            }
        ],
    }


def _rule(id: str) -> dict[str, Any]:
    title, explanation = (CODES[id].title, CODES[id].explanation) if id in CODES else _OTHER[id]
    return {
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": explanation},
        "help": {"text": explanation},
        "defaultConfiguration": {"level": "warning" if id == "warning" else "error"},
    }


def _result(finding: Finding, rules: list[str], root: Path, files: Sequence[Path]) -> dict[str, Any]:
    lines = [finding.message, *(f"note: {note}" for note in finding.notes)]
    lines += [f"help: {finding.help}"] if finding.help else []
    first, *others = _locations(finding.at, root) or [_location(_subject(finding, files), None, "", root)]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": "\n".join(lines)},
        "locations": [first],
    }
    if others:
        result["relatedLocations"] = [{"id": index, **place} for index, place in enumerate(others, 1)]
    if finding.op:
        result["properties"] = {"operator": finding.op}
    return result


def _locations(at: str | None, root: Path) -> list[dict[str, Any]]:
    """The places of a diagnostic that are files of the user's: what is below an import folder is none of them."""
    matches = (_PLACE.fullmatch(place) for place in (at or "").split("; "))
    return [
        _location(match["file"], match["line"], match["module"] or "", root)
        for match in matches
        if match is not None and os.path.isfile(match["file"])
    ]


def _location(file: str, line: str | None, module: str, root: Path) -> dict[str, Any]:
    path = Path(os.path.abspath(file))
    below = path.relative_to(root).as_posix() if path.is_relative_to(root) else None
    artifact = {"uri": quote(below), "uriBaseId": _ROOT} if below is not None else {"uri": path.as_uri()}
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": int(line or 1)}}
    }
    if module:
        place["logicalLocations"] = [{"fullyQualifiedName": module, "kind": "module"}]
    return place


def _subject(finding: Finding, files: Sequence[Path]) -> str:
    """What has no place of its own stands at the file of the call that it speaks of, else at the first: services want a
    place for every result."""
    spoken_of = (file for file in files if f"`{file}`" in finding.message)
    return str(next(spoken_of, next(iter(files), ".")))


def files_among(arguments: Iterable[str]) -> list[Path]:
    """Those of a command line that is not valid, as far as they are there: what the other words are for, it leaves
    open."""
    words = [word for word in arguments if not word.startswith("-")]
    return [Path(word) for word in words[1:] if os.path.isfile(word)]


def _root() -> Path:
    """The top of the checkout that holds the current folder; this folder if it is in none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
