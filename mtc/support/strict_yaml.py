"""YAML of files that people write: a key that stands twice is an error, not the last one's win."""

from __future__ import annotations

from typing import Any

import yaml


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
    """What the text says. yaml.YAMLError, and what PyYAML raises besides, if it is not YAML."""
    return yaml.load(text, _Loader)
