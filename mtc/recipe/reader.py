"""Recipes: a source, the stages' settings, inputs with their preparation, and the answer to expect, in one strict file.

`docs/recipes.md` lists every key. Unknown keys are errors, with a suggestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from mtc.analysis.limits import Limits
from mtc.diagnostics import BAD_RECIPE, CANNOT_READ, UNKNOWN_NAME, Report, collected
from mtc.frontends.source import file_of, parts_of
from mtc.recipe.values import (
    CHANNELS,
    LABELS,
    NAMES,
    PART,
    SCALES,
    SIZE,
    SWITCH,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    ValueKind,
    number,
    one_of,
)
from mtc.stages.compile_steps import FLAGS, Settings
from mtc.stages.kinds import RECIPE_MARK
from mtc.support import strict_yaml
from mtc.support.atomic import write_text
from mtc.support.suggest import did_you_mean

VERSION = 1
HEADER = f"{RECIPE_MARK}; docs/recipes.md lists every key.\n"
_FLAG_KINDS = {
    "input-names": TEXTS,
    "output-names": TEXTS,
    "metadata": LABELS,
    "backend": NAMES,
    "disable-pass": TEXTS,
    "verify-each": TRUTH,
    "no-fallback": TRUTH,
    "scheme": TEXT,
    "calibration": TEXT,
    "recipe": TEXT,
    "observer": TEXT,
    "equalize": TRUTH,
    "smooth": PART,
    "correct-bias": SWITCH,
    "round": TEXT,
    "block": WHOLE,
    "per-tensor": TRUTH,
    "skip": TEXTS,
    "only": TEXTS,
    "config": TEXT,
    "target": TEXT,
}
_FILES = {"calibration", "config"}  # flags that name a file, which is looked for beside the recipe first
# Stage -> the flags of that command which a recipe may set, by the name they have there.
STAGES = {stage: {flag: _FLAG_KINDS[flag] for flag in flags} for stage, flags in FLAGS.items()}
VERIFY = {"max-rel": number(0), "min-cosine": number(-1, 1)}
IMAGE = {
    "image": TEXT,
    "size": SIZE,
    "mean": CHANNELS,
    "std": SCALES,
    "layout": one_of("nchw", "nhwc"),
    "batch": TRUTH,
}
ARRAY = {"array": TEXT}
_EXAMPLE = "`mtc recipe show quickstart` is an example, `mtc compile SRC --save-recipe` writes one"
_TOP = {"version", "title", "source", "stages", "inputs", "verify", "answer", "expected", "tolerance"}


@dataclass(frozen=True)
class Recipe:
    """What a recipe file says; paths are absolute. `expected` is compared with what the answer's function returns."""

    path: Path
    settings: Settings
    title: str = ""
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    answer: Path | None = None
    expected: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 0.0


def folder() -> Path:
    """The recipes that come with mtc: beside the package in a checkout, or inside an installed one."""
    package = Path(__file__).resolve().parent.parent
    return next((p for p in (package.parent / "recipes", package / "_recipes") if p.is_dir()), package / "_recipes")


def known() -> dict[str, Path]:
    """mtc's own recipes by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def path_of(name: str) -> Path | None:
    """The file that the path of a recipe names, there or not. None for the name of one that comes with mtc."""
    path = Path(name)
    return path if path.suffix in (".yaml", ".yml") or path.is_file() else None


def find(name: str) -> Path:
    """A recipe by path or by name. UNKNOWN_NAME if there is neither."""
    path = path_of(name)
    if path is not None:
        if not path.is_file():
            raise CANNOT_READ.error(f"`{name}` does not exist")
        return path
    if name not in known():
        raise UNKNOWN_NAME.error(f"no recipe is called `{name}`", help=did_you_mean(name, known()))
    return known()[name]


def read(path: Path) -> dict[Any, Any]:
    """What a recipe's file says, as it stands there. CANNOT_READ or BAD_RECIPE if it is no mapping in YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        content = strict_yaml.load(text)
    except OSError as error:
        raise CANNOT_READ.error(f"cannot read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BAD_RECIPE.error(f"`{path}` is not text", help=_EXAMPLE) from error
    except strict_yaml.NotYaml as error:
        raise BAD_RECIPE.error(f"`{path}` is not YAML: {error}", at=error.place(path)) from error
    if not text.strip():
        raise BAD_RECIPE.error(f"`{path}` is empty", help=_EXAMPLE)
    if not isinstance(content, dict):
        raise BAD_RECIPE.error(f"`{path}` is not a mapping", help=_EXAMPLE)
    return content


def load(path: Path) -> Recipe:
    """Reads a recipe. MtcError that names everything in it that is not right."""
    content = read(path)
    with collected() as report:
        return _Reader(path, report).recipe(content)


def save(settings: Settings, path: Path) -> None:
    """Writes every setting, resolved, as a recipe."""
    write_text(path, text_of(settings, path))


def text_of(settings: Settings, path: Path) -> str:
    """The recipe that would stand at `path`."""
    stages = {stage: {flag: _plain(value) for flag, value in settings.flags(stage).items()} for stage in FLAGS}
    for flag in _FILES & {*stages["quantize"]}:
        stages["quantize"][flag] = _named_from(path, stages["quantize"][flag])
    content = {"version": VERSION, "source": _named_from(path, settings.source), "stages": stages}
    return HEADER + yaml.safe_dump(content, sort_keys=False, width=120)


def _named_from(path: Path, given: str) -> str:
    """A file or folder, or an attribute of one, as the recipe at `path` names it: what is beside it may move too."""
    file = file_of(given) if given else None
    if file is None or not file.exists():
        return given
    is_beside = file.absolute().parent == path.absolute().parent
    _, attribute = parts_of(given)
    return (file.name if is_beside else str(file.absolute())) + (f":{attribute}" if attribute else "")


def overridden(recipe: Recipe, flags: Mapping[str, Any]) -> Recipe:
    """The recipe with other settings: `{"optimize.backend": "portable"}` or, by the flag alone, `{"backend": …}`."""
    changes: dict[str, Any] = {}
    names = {f"{stage}.{flag}": (flag, kind) for stage, known in STAGES.items() for flag, kind in known.items()}
    names |= {flag: (flag, kind) for flag, kind in names.values()}
    with collected() as report:
        for key, value in flags.items():
            if key not in names:
                report(UNKNOWN_NAME(f"no stage has the flag `{key}`", help=did_you_mean(key, names)))
                continue
            flag, kind = names[key]
            try:
                changes[flag.replace("-", "_")] = kind.from_text(value) if isinstance(value, str) else value
            except ValueError:
                report(BAD_RECIPE(f"`{key}` is {value!r}, which is not a {kind.name}"))
    return replace(recipe, settings=replace(recipe.settings, **changes))


class _Reader:
    """Checks one file and reports all that is wrong with it."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path = path
        self.report = report

    def recipe(self, content: dict[Any, Any]) -> Recipe:
        self.keys(content, _TOP, "the recipe")
        if content.get("version") != VERSION:
            self.wrong(f"version is {content.get('version')}; this mtc reads {VERSION}")
        source = content.get("source")
        if not isinstance(source, str):
            self.wrong("`source` is missing or not a text")
            source = ""
        settings: dict[str, Any] = {"source": self.beside(source)}
        stages = self.mapping(content.get("stages"), "stages")
        self.keys(stages, set(STAGES), "stages")
        for stage, flags in STAGES.items():
            given = self.mapping(stages.get(stage), stage)
            self.keys(given, set(flags), stage)
            for flag, kind in flags.items():
                if flag in given:
                    value = self.value(given[flag], kind, f"{stage}.{flag}")
                    settings[flag.replace("-", "_")] = self.beside(value) if flag in _FILES else value
        verify = self.mapping(content.get("verify"), "verify")
        self.keys(verify, set(VERIFY), "verify")
        inputs = {str(k): self.input(v, str(k)) for k, v in self.mapping(content.get("inputs"), "inputs").items()}
        answer = self.value(content["answer"], TEXT, "answer") if "answer" in content else None
        expected = self.mapping(content.get("expected"), "expected")
        if expected and answer is None:
            self.wrong("`expected` says what the answer has to be, and no `answer` gives one")
        return Recipe(
            path=self.path,
            settings=Settings(**{f.name: settings[f.name] for f in fields(Settings) if f.name in settings}),
            title=self.value(content.get("title", ""), TEXT, "title"),
            inputs=inputs,
            limits=Limits(
                **{
                    flag.replace("-", "_"): self.value(verify[flag], kind, f"verify.{flag}")
                    for flag, kind in VERIFY.items()
                    if flag in verify
                }
            ),
            answer=None if answer is None else self.path.parent / answer,
            expected=expected,
            tolerance=self.value(content.get("tolerance", 0.0), number(0), "tolerance"),
        )

    def beside(self, text: str) -> str:
        """A file or folder that is found from the recipe's own."""
        file = file_of(text)
        return str(self.path.parent / text) if text and file and (self.path.parent / file).exists() else text

    def input(self, content: Any, name: str) -> dict[str, Any]:
        given = self.mapping(content, f"inputs.{name}")
        allowed: Mapping[str, ValueKind] = ARRAY if "array" in given else IMAGE
        self.keys(given, set(allowed), f"inputs.{name}")
        if (content is None or isinstance(content, dict)) and not ("array" in given or "image" in given):
            self.wrong(f"`inputs.{name}` says neither `image` nor `array`")
        return {key: self.value(v, allowed[key], f"inputs.{name}.{key}") for key, v in given.items() if key in allowed}

    def keys(self, given: Mapping[Any, Any], allowed: set[str], where: str) -> None:
        for key in given:
            if key not in allowed:
                self.wrong(f"unknown key `{key}` in {where}", did_you_mean(str(key), allowed))

    def mapping(self, value: Any, where: str) -> dict[Any, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(f"`{where}` is not a mapping")
            return {}
        return value

    def value(self, value: Any, kind: ValueKind, where: str) -> Any:
        try:
            return kind.read(value)
        except ValueError:
            self.wrong(f"`{where}` is {value!r:.100}, which is not a {kind.name}")
            return kind.default

    def wrong(self, message: str, help: str | None = None) -> None:
        self.report(BAD_RECIPE(message, at=str(self.path), help=help))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
