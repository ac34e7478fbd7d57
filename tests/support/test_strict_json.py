"""JSON of files that anyone may have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtc.build.runtime_folder import RECORD, read_record
from mtc.diagnostics import MtcError
from mtc.support import strict_json

DEEP = "[" * 200_000


def test_what_it_says() -> None:
    assert strict_json.load('{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]} == strict_json.load(b'{"a":[1,2.5,null]}')


@pytest.mark.parametrize("text", ["", "{", "nothing", b"\xff", DEEP], ids=["empty", "cut off", "word", "bytes", "deep"])
def test_what_is_none_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        strict_json.load(text)


def test_a_hostile_runtime_is_no_bug_of_mtc(tmp_path: Path) -> None:
    (tmp_path / RECORD).parent.mkdir(parents=True)
    (tmp_path / RECORD).write_text(DEEP)
    with pytest.raises(MtcError, match="is not a runtime"):
        read_record(tmp_path)
