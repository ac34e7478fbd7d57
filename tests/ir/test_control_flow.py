"""The rules of nodes with nested functions: what these take and return decides the node's types."""

from __future__ import annotations

import pytest

from mtc.diagnostics import MtcError
from mtc.ir.clone import clone
from mtc.ir.equality import equal
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ir.verifier import verify
from mtc.ops import OPS

COND = """func @f<n>(%p: bool, %x: f32[n,2], %q: f32[2*n], %r: bool[2]) {{
  %0 = cond({operands}) with func @then<k>(%a: f32[k,2]) {{ return %a }}, func @otherwise{otherwise} : {type}
  return %0
}}"""
LOOP = """func @f(%i: i64, %x: f32[2]) {{
  %0, %1 = while_loop(%i, %x) {{carried={carried}}} with func @condition(%i: i64, %x: f32[2]) {{ {condition} }},
    func @body(%i: i64, %x: f32[2]) {{ return {results} }} : i64, f32[2]
  return %0
}}"""
SCAN = """func @f<n, m>(%h: f32[2], %x: f32[n,2], %y: f32[m,2]) {{
  %0, %1 = scan({operands}) {{carried=1, scanned={scanned}}} with func @body(%h: f32[2], %x: f32[2]) {{
    return {results}
  }} : f32[2], f32[{length},2]
  return %0
}}"""
SAME = "<k>(%a: f32[k,2]) { return %a }"
LESS = "%0 = lt(%i, %i) : bool return %0"


def cond(operands: str = "%p, %x", otherwise: str = SAME, type: str = "f32[n,2]") -> str:
    return COND.format(operands=operands, otherwise=otherwise, type=type)


def loop(carried: int = 2, condition: str = LESS, results: str = "%i, %x") -> str:
    return LOOP.format(carried=carried, condition=condition, results=results)


def scan(operands: str = "%h, %x", scanned: int = 1, results: str = "%h, %x", length: str = "n") -> str:
    return SCAN.format(operands=operands, scanned=scanned, results=results, length=length)


@pytest.mark.parametrize("text", [cond(), loop(), scan()])
def test_valid_modules_keep_their_text_and_copies(text: str) -> None:
    module = parse(text, OPS)
    verify(module)
    assert equal(parse(print_module(module), OPS), module)
    assert equal(clone(module), module)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (cond(operands="%r, %x"), "the predicate has one element"),
        (cond(operands="%x, %x"), "operand `predicate` of `cond` is bool, not f32"),
        (cond(operands="%p"), "`@then` takes 1 operands, not 0"),
        (cond(operands="%p, %q"), "an operand of `@then` is f32[2*n], not f32[k,2]"),
        (cond(otherwise="<k>(%a: f32[k,2]) { return %a, %a }"), "the branches disagree: 2 results, not 1"),
        (
            cond(otherwise="<k>(%a: f32[k,2]) { %0 = reshape(%a) {shape=[2,k]} : f32[2,k] return %0 }"),
            "the branches disagree: result 0 is f32[2,n], not f32[n,2]",
        ),
        (cond(type="f32[2,2]"), "its result is f32[n,2], not f32[2,2]"),
        (loop(carried=3), "3 carried operands of 2"),
        (loop(carried=1), "the loop changes a type: 2 results, not 1"),
        (loop(condition="return %i"), "the condition is one bool"),
        (loop(results="%x, %i"), "the loop changes a type: result 0 is f32[2], not i64"),
        (scan(scanned=0), "at least one is scanned"),
        (scan(operands="%h, %x, %y", scanned=2), "different lengths"),
        (scan(operands="%h"), "1 scanned operands of 1"),
        (scan(length="2"), "its result is f32[n,2], not f32[2,2]"),
        (scan(results="%x"), "it has 1 results, not 2"),
    ],
)
def test_broken_rule_is_reported(text: str, why: str) -> None:
    with pytest.raises(MtcError) as caught:
        verify(parse(text, OPS))
    assert any(why in finding.message for finding in caught.value.diagnostics)
