"""Kernels named by hand, and two lists compared."""

from __future__ import annotations

import pytest

from mtc.delegates.registry import backends
from mtc.diagnostics import MtcError
from mtc.selection.by_hand import BY_HAND, named
from mtc.selection.comparing import compare
from mtc.selection.ops_list import OpsList, parse

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
        ("max_pool2d@qnnpack", {"max_pool2d@qnnpack:qu8/1"}),
        ("conv2d@xnnpack:f32", {f"conv2d.{name}@xnnpack:f32/1" for name in ("dense", "depthwise", "single")}),
        ("conv2d.depthwise@xnnpack:qi8", {"conv2d.depthwise@xnnpack:qi8,qi8/1"}),
        ("conv2d.dense:f32", {"conv2d.dense@xnnpack:f32/1", "conv2d@portable:f32/1"}),
        ("linear.constant:f64/1", {"linear.constant@portable:f64/1"}),
        ("logical_not", {"logical_not@portable/1"}),
    ],
)
def test_what_a_name_means(text: str, keys: set[str]) -> None:
    found = named([text], XNNPACK)
    assert set(found.kernels) == keys
    assert all(users == {BY_HAND: (f"--op {text}",)} for users in found.kernels.values())


def test_all_names_that_mean_nothing_are_told_at_once() -> None:
    texts = ["addd", "add@qnn", "add:q8", "add@portable:f32/9", "relu:f32", "conv2d.deep", "conv2d.dense@portable"]
    with pytest.raises(MtcError) as caught:
        named(texts, XNNPACK)
    said = [str(diagnostic.help) for diagnostic in caught.value.diagnostics]
    assert "`conv2d.depthwise@xnnpack:f32/1`" in said[4] and "`conv2d@portable:f32/1`" in said[5]
    assert len(said) == 6 and "did you mean `add`?" in said[0] and "qnnpack" in said[1]
    assert "`add@xnnpack:f32/1`" in said[2] and "`add@portable:f32/1`" in said[3]


@pytest.mark.parametrize(("text", "mark"), [("add:", ":"), ("add@", "@"), ("conv2d.", "."), ("add@:f32", "@")])
def test_a_part_that_is_empty_does_not_mean_all(text: str, mark: str) -> None:
    with pytest.raises(MtcError, match=f"nothing stands after `[{mark}]`"):
        named([text], XNNPACK)


def test_lists_differ_by_kernels_and_not_by_their_users() -> None:
    old = OpsList({"add@portable:f32/1": {"a": ("a.py:1",)}, "relu@portable:f32/1": {"a": ()}})
    new = OpsList({"add@portable:f32/1": {"b": ()}, "mul@portable:f32/1": {"b": ("b.py:2",)}})
    changes = compare(old, new)
    assert changes.added == {"mul@portable:f32/1": {"b": ("b.py:2",)}}
    assert changes.dropped == {"relu@portable:f32/1": {"a": ()}}
    assert not compare(old, OpsList({key: {} for key in old.kernels}))


def test_a_list_may_name_a_kernel_without_its_variant() -> None:
    """So lists stay what they meant that were written before the kernel had any."""
    listed = {
        "conv2d@xnnpack:f32/1": {"a.mtc": ["a.py:1"]},
        "conv2d.depthwise@xnnpack:f32/1": {"b.mtc": ["b.py:2"]},
    }
    found = parse({"version": 1, "count": 2, "kernels": listed}, "ops.yaml")
    assert found.kernels == {
        "conv2d.dense@xnnpack:f32/1": {"a.mtc": ("a.py:1",)},
        "conv2d.single@xnnpack:f32/1": {"a.mtc": ("a.py:1",)},
        "conv2d.depthwise@xnnpack:f32/1": {"a.mtc": ("a.py:1",), "b.mtc": ("b.py:2",)},
    }
    with pytest.raises(MtcError) as caught:
        parse({"version": 1, "kernels": {"conv2d.deep@xnnpack:f32/1": {}}}, "ops.yaml")
    assert "conv2d.de" in str(caught.value.diagnostics[0].help)
