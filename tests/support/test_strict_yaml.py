"""YAML in which each key stands once; what is none is told in one line."""

from __future__ import annotations

import pytest

from mtc.support import strict_yaml
from mtc.support.strict_yaml import NotYaml


def test_what_is_written_once_is_read() -> None:
    assert strict_yaml.load("a: {b: [1, x]}\nc: yes\n") == {"a": {"b": [1, "x"]}, "c": True}


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("a: 1\na: 2", "the key `a` stands twice", "f:2:1"),
        ("x:\n  b: 1\n  b: 1\n", "the key `b` stands twice", "f:3:3"),
        ("a: 1\nb: [c\nd: e\n", "expected ',' or ']', but got ':' while parsing a flow sequence", "f:3:2"),
        ("a: 1\nb: \x01", "the character U+0001 is not allowed", "f:2:4"),
        ("a: *b", "found undefined alias 'b'", "f:1:4"),
        ("a: 2024-99-99", "month must be in 1..12", "f"),
        ("a: !!python/name:os.system", "could not determine a constructor for the tag", "f:1:4"),
        ("[" * 20_000, "it is nested too deeply", "f"),
    ],
)
def test_what_is_no_yaml_is_told_in_one_line(text: str, reason: str, place: str) -> None:
    with pytest.raises(NotYaml) as caught:
        strict_yaml.load(text)
    assert reason in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.place("f") == place
