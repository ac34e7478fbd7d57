"""YAML in which each key stands once."""

from __future__ import annotations

import pytest
import yaml

from mtc.support import strict_yaml


def test_what_is_written_once_is_read() -> None:
    assert strict_yaml.load("a: {b: [1, x]}\nc: yes\n") == {"a": {"b": [1, "x"]}, "c": True}


@pytest.mark.parametrize("text", ["a: 1\na: 2", "x:\n  b: 1\n  b: 1\n"])
def test_a_key_stands_once(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="stands twice"):
        strict_yaml.load(text)
