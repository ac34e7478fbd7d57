"""Kernels named by hand, and two lists compared."""

from __future__ import annotations

import pytest

from mtc.delegates.registry import backends
from mtc.diagnostics import MtcError
from mtc.selection.by_hand import BY_HAND, named
from mtc.selection.comparing import compare
from mtc.selection.ops_list import OpsList

XNNPACK = backends("xnnpack")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("add:f32", {"add@portable:f32/1", "add@xnnpack:f32/1"}),
        ("add@xnnpack:f32", {"add@xnnpack:f32/1"}),
        ("add@portable:f32/1", {"add@portable:f32/1"}),
        ("linear@xnnpack:qi8", {"linear@xnnpack:qi8,qi8/1"}),
        ("linear@xnnpack:f32,qi8", {"linear@xnnpack:f32,qi8/1"}),
        ("erf:f64", {"erf@portable:f64/1"}),
        ("conv2d@qnnpack", {"conv2d@qnnpack:qu8,qi8/1", "conv2d@qnnpack:qu8,qu8/1"}),
        ("logical_not", {"logical_not@portable/1"}),
    ],
)
def test_what_a_name_means(text: str, keys: set[str]) -> None:
    found = named([text], XNNPACK)
    assert set(found.kernels) == keys
    assert all(users == {BY_HAND: (f"--op {text}",)} for users in found.kernels.values())


def test_all_names_that_mean_nothing_are_told_at_once() -> None:
    with pytest.raises(MtcError) as caught:
        named(["addd", "add@qnn", "add:q8", "add@portable:f32/9", "relu:f32"], XNNPACK)
    said = [str(diagnostic.help) for diagnostic in caught.value.diagnostics]
    assert len(said) == 4 and "did you mean `add`?" in said[0] and "qnnpack" in said[1]
    assert "`add@xnnpack:f32/1`" in said[2] and "`add@portable:f32/1`" in said[3]


def test_lists_differ_by_kernels_and_not_by_their_users() -> None:
    old = OpsList({"add@portable:f32/1": {"a": ("a.py:1",)}, "relu@portable:f32/1": {"a": ()}})
    new = OpsList({"add@portable:f32/1": {"b": ()}, "mul@portable:f32/1": {"b": ("b.py:2",)}})
    changes = compare(old, new)
    assert changes.added == {"mul@portable:f32/1": {"b": ("b.py:2",)}}
    assert changes.dropped == {"relu@portable:f32/1": {"a": ()}}
    assert not compare(old, OpsList({key: {} for key in old.kernels}))
