"""Which operators a user wants in which scheme: patterns of the command line, and the rules of a q.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Any

import yaml

from mtc.diagnostics import BAD_QUANT_CONFIG, CANNOT_READ, collected
from mtc.ir.module import Module, Node
from mtc.ir.opspec import Trait
from mtc.quant.improvements import ROUNDINGS
from mtc.quant.observers import OBSERVERS
from mtc.quant.schemes import BLOCKS, SCHEMES
from mtc.support import strict_yaml
from mtc.support.suggest import did_you_mean

VERSION = 1
FLOAT = "float"  # the scheme of what is not quantized
_VALUE = "%"  # as the IR's text has it


@dataclass(frozen=True)
class Rule:
    """Operators that match have the scheme, or stay in floats. A pattern names a module of the user's model with all
    that is in it (`layers.0`, `layers.*.attention`), an operator (`conv2d`) or a value of the IR; `*` and `?` stand for
    any text and any letter. One that begins with `%` names a value and nothing else: a value is often called as the
    operator that computes it."""

    match: str
    scheme: str

    def matches(self, node: Node) -> bool:
        values = [value.name for value in node.outputs]
        if self.match.startswith(_VALUE):
            return any(fnmatchcase(name, self.match.removeprefix(_VALUE)) for name in values)
        modules = [loc.module for loc in node.loc]
        return any(fnmatchcase(name, self.match) for name in (node.op.name, *values, *modules)) or any(
            fnmatchcase(module, f"{self.match}.*") for module in modules
        )


def pattern_of(value: str) -> str:
    """The pattern that the operator which computes a value matches, and no other."""
    return _VALUE + escape(value)


@dataclass(frozen=True)
class QuantConfig:
    """What a q.yaml says; None where it says nothing. The last rule that matches an operator holds."""

    scheme: str | None = None
    observer: str | None = None
    equalize: bool | None = None
    smooth: float | None = None
    correct_bias: bool | None = None
    round: str | None = None
    per_tensor: bool | None = None
    block: int | None = None
    rules: tuple[Rule, ...] = ()


def text_of(config: QuantConfig) -> str:
    """What `read` reads again."""
    said = {name.replace("_", "-"): value for name, value in asdict(config).items() if value is not None}
    return yaml.safe_dump(
        {"version": VERSION, **said, "rules": [asdict(rule) for rule in config.rules]}, sort_keys=False
    )


def read(path: Path) -> QuantConfig:
    """CANNOT_READ or BAD_QUANT_CONFIG, with all that is wrong in it."""
    try:
        content = strict_yaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BAD_QUANT_CONFIG.error(f"`{path}` is not text") from error
    except strict_yaml.NotYaml as error:
        raise BAD_QUANT_CONFIG.error(f"`{path}` is not YAML: {error}", at=error.place(path)) from error
    with collected() as report:
        return _parsed(content, lambda message, **more: report(BAD_QUANT_CONFIG(message, at=str(path), **more)))


def _parsed(content: Any, wrong: Callable[..., None]) -> QuantConfig:
    if not isinstance(content, dict):
        wrong("it is not a mapping")
        return QuantConfig()
    keys = ("version", *(field.name.replace("_", "-") for field in fields(QuantConfig)))
    for key in content:
        if key not in keys:
            wrong(f"unknown key `{key}`", help=did_you_mean(str(key), keys))
    if content.get("version") != VERSION:
        wrong(f"`version` is {content.get('version')!r}, not {VERSION}")
    rules = content.get("rules", [])
    if not isinstance(rules, list):
        wrong("`rules` is not a list")
        rules = []
    return QuantConfig(
        _word(content, "scheme", SCHEMES, wrong),
        _word(content, "observer", OBSERVERS, wrong),
        _typed(content, "equalize", bool, "true or false", wrong),
        _typed(content, "smooth", (int, float), "a number", wrong),
        _typed(content, "correct-bias", bool, "true or false", wrong),
        _word(content, "round", ROUNDINGS, wrong),
        _typed(content, "per-tensor", bool, "true or false", wrong),
        _word(content, "block", BLOCKS, wrong),
        tuple(rule for given in rules if (rule := _rule(given, wrong)) is not None),
    )


def _rule(given: Any, wrong: Callable[..., None]) -> Rule | None:
    if not isinstance(given, dict) or set(given) != {"match", "scheme"} or not isinstance(given["match"], str):
        wrong(f"`{given}` is no rule", help="a rule is {match: PATTERN, scheme: float or a scheme's name}")
        return None
    name = _word(given, "scheme", (FLOAT, *SCHEMES), wrong)
    return None if name is None else Rule(given["match"], name)


def _word(content: dict[Any, Any], key: str, allowed: Iterable[Any], wrong: Callable[..., None]) -> Any:
    value = content.get(key)
    if value is not None and value not in tuple(allowed):  # a list, say, is no key of a mapping
        wrong(f"`{key}` is {value!r}", help=did_you_mean(str(value), map(str, allowed)))
        return None
    return value


def _typed(
    content: dict[Any, Any], key: str, kinds: type | tuple[type, ...], described: str, wrong: Callable[..., None]
) -> Any:
    value = content.get(key)
    if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
        wrong(f"`{key}` is {value!r}, not {described}")
        return None
    return value


def check_rules(rules: Sequence[Rule], module: Module) -> None:
    """BAD_QUANT_CONFIG that names every pattern that matches nothing: a typing mistake would change nothing."""
    nodes = list(module.nodes())
    computed = [node for node in nodes if not node.op.has(Trait.STRUCTURAL)]
    names = {name for node in computed for name in (node.op.name, *(loc.module for loc in node.loc)) if name}
    values = [pattern_of(value.name) for node in computed for value in node.outputs]
    with collected() as report:
        for rule in rules:
            if not any(rule.matches(node) for node in nodes):
                known = values if rule.match.startswith(_VALUE) else names
                report(BAD_QUANT_CONFIG(f"`{rule.match}` matches no operator", help=did_you_mean(rule.match, known)))


def scheme_of(node: Node, rules: Sequence[Rule], default: str) -> str:
    """The scheme that holds for a node."""
    return next((rule.scheme for rule in reversed(rules) if rule.matches(node)), default)
