"""YAML of files that people write: a key that stands twice is an error, not the last one's win."""

from __future__ import annotations

from typing import Any

import yaml


class NotYaml(Exception):
    """Why a text is not YAML, in one line. `line` and `column` count from 1; both are 0 if the whole text is meant."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column

    def place(self, path: object) -> str:
        """`path:line:column`, or `path` alone."""
        return f"{path}:{self.line}:{self.column}" if self.line else str(path)


class _Loader(yaml.SafeLoader):
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue  # PyYAML refuses what cannot be a key
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key `{key.value}` stands twice", key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(text: str) -> Any:
    """What the text says. NotYaml if it says nothing that YAML has."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.problem, error.context))) or "it cannot be parsed"
        raise NotYaml(reason, mark.line + 1, mark.column + 1) if mark else NotYaml(reason) from error
    except yaml.reader.ReaderError as error:  # a character that YAML does not allow
        before = text[: error.position]
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        raise NotYaml(f"the character U+{error.character:04X} is not allowed", line, column) from error
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError) as error:  # a date that is none, …
        raise NotYaml(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise NotYaml("it is nested too deeply") from error
