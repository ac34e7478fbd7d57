"""The page of a runtime's bytes: a map whose areas are the bytes, and tables that say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from mtc.build.size_html import to_html
from mtc.build.size_report import Bill, SizeReport, SizeRow
from mtc.build.treemap import Rect, squarified

ROWS = (
    SizeRow("mtc kernels", "add@portable", 900, ("add@portable:f32/1",)),
    SizeRow("mtc core", "interpreter/session", 600),
    SizeRow("C and C++ libraries", "<internal> & more", 100),
)


@pytest.mark.parametrize("sizes", [[1], [5, 3, 2, 1, 1], [1000, 1], [7] * 50, [2**i for i in range(30, 0, -1)]])
@pytest.mark.parametrize("area", [Rect(0, 0, 1200, 620), Rect(3, 5, 20, 400)], ids=["wide", "tall"])
def test_a_treemap_fills_its_area_in_proportion(sizes, area):
    places = squarified(sizes, area)
    unit = area.width * area.height / sum(sizes)
    assert [place.width * place.height for place in places] == pytest.approx([size * unit for size in sizes])
    for place in places:
        assert area.x - 1e-6 <= place.x and place.x + place.width <= area.x + area.width + 1e-6
        assert area.y - 1e-6 <= place.y and place.y + place.height <= area.y + area.height + 1e-6
    for i, a in enumerate(places):
        for b in places[:i]:
            across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            assert across < 1e-6 or down < 1e-6


def test_equal_parts_are_nearly_square():
    places = squarified([1] * 12, Rect(0, 0, 400, 300))
    assert all(0.5 < place.width / place.height < 2 for place in places)


def test_the_page_needs_nothing_else_and_says_all_in_text():
    users = {"add@portable:f32/1": {"<m>.mtc": ("model.py:7",)}}
    page = to_html(Bill((SizeReport("lib/libmtc.so", 1600, ROWS),), users), "A <runtime>")
    assert not re.search(r"<script|<link|src=|href=|url\(|https?:", page)
    drawing = ElementTree.fromstring(re.search(r"<svg.*?</svg>", page, re.DOTALL)[0])
    titles = [title.text for title in drawing.iter("title")]
    assert "mtc kernels: add@portable  900 bytes (56.2%)\nfor add@portable:f32/1" in titles
    assert "C and C++ libraries: <internal> & more  100 bytes (6.2%)\nfor every runtime" in titles
    tables = page.split("</svg>")[1]
    assert "<td>add@portable:f32/1</td>" in tables and "&lt;m&gt;.mtc: model.py:7" in tables
    assert "A &lt;runtime&gt;" in page and "&lt;internal&gt; &amp; more" in tables
