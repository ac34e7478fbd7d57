"""ops.yaml: the kernels that a runtime is to hold, each with the models and source lines that need it.

The file is strict, so that a typing mistake cannot leave an operator out of a runtime.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mtc.delegates.registry import unknown_kernels, variants_by_key
from mtc.diagnostics import BAD_OPS_LIST, CANNOT_READ, Report, collected, writing
from mtc.support import strict_yaml
from mtc.support.atomic import write_text
from mtc.support.suggest import did_you_mean

VERSION = 1
MARK = "# Written by mtc select-ops"  # how a list begins
_HEADER = f"{MARK}; read by mtc build-runtime.\n"
_KEYS = {"version", "count", "kernels"}
_OF_A_PROGRAM = "`mtc select-ops` makes a list of what a program needs"

# model -> source lines
Users = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class OpsList:
    """Kernel keys, each with who needs it."""

    kernels: Mapping[str, Users] = field(default_factory=dict)

    @property
    def models(self) -> dict[str, int]:
        """How many kernels each model needs, by its name."""
        return dict(sorted(Counter(model for users in self.kernels.values() for model in users).items()))

    def merged(self, other: OpsList) -> OpsList:
        """Both lists as one."""
        kernels: dict[str, dict[str, tuple[str, ...]]] = {key: dict(users) for key, users in self.kernels.items()}
        for key, users in other.kernels.items():
            entry = kernels.setdefault(key, {})
            for model, lines in users.items():
                entry[model] = tuple(sorted({*entry.get(model, ()), *lines}))
        return OpsList(dict(sorted(kernels.items())))

    @property
    def text(self) -> str:
        """The list as its file says it."""
        kernels = {
            key: {model: list(lines) for model, lines in sorted(users.items())}
            for key, users in sorted(self.kernels.items())
        }
        content = {"version": VERSION, "count": len(kernels), "kernels": kernels}
        return _HEADER + yaml.safe_dump(content, sort_keys=False, width=1000)

    def save(self, path: Path) -> None:
        """Writes the list, atomically. CANNOT_WRITE if it cannot."""
        with writing(path):
            write_text(path, self.text)


def load(path: Path) -> OpsList:
    """Reads a list. MtcError that names everything in it that is not right."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BAD_OPS_LIST.error(f"`{path}` is not text", help=_OF_A_PROGRAM) from error
    try:
        content = strict_yaml.load(text)
    except strict_yaml.NotYaml as error:
        raise BAD_OPS_LIST.error(f"`{path}` is not YAML: {error}", at=error.place(path)) from error
    if not text.strip():
        raise BAD_OPS_LIST.error(f"`{path}` is empty", help="`mtc select-ops` writes a list")
    return parse(content, str(path))


def parse(content: Any, where: str) -> OpsList:
    """Checks what YAML gave. MtcError that names everything in it that is not right."""
    with collected() as report:
        if not isinstance(content, dict):
            raise BAD_OPS_LIST.error(f"`{where}` is not a list of kernels", help="mtc select-ops writes one")
        for key in content:
            if key not in _KEYS:
                report(BAD_OPS_LIST(f"unknown key `{key}`", at=where, help=did_you_mean(str(key), _KEYS)))
        if content.get("version") != VERSION:
            report(BAD_OPS_LIST(f"version is {content.get('version')}; this mtc reads {VERSION}", at=where))
        kernels = content.get("kernels")
        if not isinstance(kernels, dict):
            report(BAD_OPS_LIST("`kernels` is missing or not a mapping", at=where))
            kernels = {}
        if content.get("count", len(kernels)) != len(kernels):
            said = f"`count` says {content['count']} kernels, and {len(kernels)} are listed"
            report(BAD_OPS_LIST(said, at=where, help="if the list was not cut off, correct `count` or leave it out"))
        found = {str(key): _users(key, users, where, report) for key, users in kernels.items()}
        variants = variants_by_key()
        whole = {kernel: users for key, users in found.items() for kernel in variants.get(key, ())}
        listed = OpsList({key: users for key, users in found.items() if key not in variants}).merged(OpsList(whole))
        for diagnostic in unknown_kernels(listed.kernels, where):
            report(diagnostic)
    return listed


def _users(key: Any, users: Any, where: str, report: Report) -> Users:
    if users is None:
        return {}
    if not isinstance(users, dict) or not all(_is_lines(lines) for lines in users.values()):
        report(BAD_OPS_LIST(f"`{key}` is not a mapping from models to lists of source lines", at=where))
        return {}
    return {str(model): tuple(lines or ()) for model, lines in users.items()}


def _is_lines(lines: Any) -> bool:
    return lines is None or (isinstance(lines, list) and all(isinstance(line, str) for line in lines))
