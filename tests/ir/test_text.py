"""What is printed parses back to the same module; what is no IR is refused with line and column."""

from __future__ import annotations

import re

import numpy as np
import pytest
import toy_ops
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_modules import modules

from mtc.diagnostics import IR_SYNTAX, MtcError
from mtc.ir.constant import Constant
from mtc.ir.equality import equal
from mtc.ir.module import Module
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ir.typeparser import parse_type
from mtc.ir.types import QParams
from mtc.ir.verifier import verify

TEXT = """\
module {form=canonical}

state @cache : f32[1,2] {initial=[1.0, -inf], trainable, space=vulkan}

func @forward<n: 1..64, s0, k: 0..>(%x: f32[n,3,s0,k], %"odd x": f32[2,2], %y: i64[(n+1)//2]) {
  %w = constant @features.0.weight : f32[2,2]
  %c = constant [0.1, nan, -0.0, 0x7fc00001, inf, 10000000000.0] : f32[6]
  %d = constant [0.5, -1.0] : bf16[2]
  %0 = conv(%"odd x", %w, none) {stride=[2,2], clamp=(0.0, inf)} : f32[2,2] loc("features.0" "model.py:12", "b")
  %a, %b = split(%0) : f32[2,2], f32[2,2]
  %1 = cond(%a, %b) with func @then(%x: f32[2,2]) {
    return %x
  }, func @otherwise(%x: f32[2,2]) {
    %0 = add(%x, %x) : f32[2,2]
    return %0
  } : f32[2,2]
  %q = constant [1, -8, 7] : qi4(scale=0.5)[3]
  %2 = reshape(%x) {shape=[n,3*k*s0]} : f32[n,3*k*s0]
  sink(%q)
  %s = state @cache : f32[1,2]
  state_update @cache, %s
  return %1 as logits, %2 as "second one"
}
"""
CONSTANTS = {"features.0.weight": Constant.of(np.ones((2, 2), np.float32), "features.0.weight")}


def test_canonical_text_is_printed_as_it_was_read() -> None:
    assert print_module(parse(TEXT, toy_ops.OPS, CONSTANTS)) == TEXT


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(modules())
def test_printed_module_parses_to_the_same(module: Module) -> None:
    verify(module)
    text = print_module(module)
    read = parse(text, toy_ops.OPS, module.constants)
    verify(read)
    assert equal(module, read)
    assert print_module(read) == text


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    _parse_or_refuse(text)


TOKENS = re.findall(r"\s+|[\w.]+|\"[^\"]*\"|.", TEXT)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(TOKENS) - 1), st.sampled_from(TOKENS) | st.text(max_size=3)), max_size=4))
def test_changed_text_is_parsed_or_refused(changes: list[tuple[int, str]]) -> None:
    tokens = list(TOKENS)
    for index, token in changes:
        tokens[index] = token
    _parse_or_refuse("".join(tokens))


@pytest.mark.parametrize("end", range(0, len(TEXT), 7))
def test_truncated_text_is_parsed_or_refused(end: int) -> None:
    _parse_or_refuse(TEXT[:end])


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("func @f() {\n  %0 = nothing() : f32\n}", "line 2, column 8", "there is no operator `nothing`"),
        ("func @f() {\n  return %x\n}", "line 2, column 10", "not defined before it is used"),
        ("func @f(%x: f33) {}", "line 1, column 13", "no dtype"),
        ("func @f(%x: f32, %x: f32) {}", "line 1, column 18", "defined twice"),
        ("func @f() { %c = constant @w : f32 }", "line 1, column 27", "no constant `@w`"),
        ("func @f() { %c = constant [1] : f32[2] }", "line 1, column 18", "do not fill"),
        ("func @f() { %c = constant 300 : u8 }", "line 1, column 18", "no u8"),
        ("func @f() { %c = constant 9 : qi4 }", "line 1, column 18", "no qi4"),
        ("func @f(%x: f32[1//0]) {}", "line 1, column 18", "division by zero"),
        ("func @f(%x: qi8(scale=[1.0], zero_point=[])[2]) {}", "line 1, column 17", "zero points"),
        ("func @f(%x: f32) { %0 = add(%x, %x) {z=1} : f32 }", "line 1, column 38", "no attribute `z`"),
        ("func @f(%x: f32) { %0 = reshape(%x) : f32 }", "line 1, column 25", "`shape` of `reshape` is missing"),
        ("func @f(%x: f32) { %0 = conv(%x) {layout=n} : f32 }", "line 1, column 42", "no value of `layout`"),
        ("func @f(%x: f32) { %0, %1 = add(%x, %x) : f32 }", "line 1, column 29", "1 types for 2 results"),
        ("func @f() {} func @f() {}", "line 1, column 14", "defined twice"),
        ("func @f() {", "line 1, column 12", "before the text ended"),
    ],
)
def test_refusal_says_where_and_why(text: str, where: str, why: str) -> None:
    with pytest.raises(MtcError) as caught:
        parse(text, toy_ops.OPS)
    assert caught.value.code is IR_SYNTAX
    assert caught.value.diagnostics[0].at == where
    assert why in caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    "text",
    [
        f"func @f(%x: f32[{'(' * 100_000}n{')' * 100_000}]) {{}}",
        f"func @f(%x: f32[{'min(n, ' * 5_000}n{')' * 5_000}]) {{}}",
        f"func @f(%x: f32[{'*'.join(['(a+b+c+d)'] * 5_000)}]) {{}}",
        f"func @f(%x: f32[{'*'.join(['n'] * 50_000)}]) {{}}",
        f"func @f(%x: f32[{'-' * 100_000}n]) {{}}",
        f"func @f(%x: f32[{'9' * 100_000}]) {{}}",
        f"func @f() {{ %c = constant {'[' * 100_000} : f32 }}",
        f"func @f() {{ %c = constant {'9' * 100_000} : i64 }}",
        "func @f(%x: f32) {" + "%y = cond(%x, %x) with func @g(%x: f32) {" * 5_000,
        'func @"' + "[" * 100_000,
    ],
)
def test_nesting_and_length_are_bounded(text: str) -> None:
    _parse_or_refuse(text)


def test_names_are_made_unique_and_stable() -> None:
    text = "func @f(%a: f32) {\n  %x = add(%a, %a) : f32\n  %y = add(%x, %a) : f32\n  return %y\n}\n"
    module = parse(text, toy_ops.OPS)
    for node in module.functions["f"]:
        for value in node.outputs:
            value.name = "a"
    printed = print_module(module)
    assert "%a_1 = add(%a, %a)" in printed
    assert "%a_2 = add(%a_1, %a)" in printed
    assert print_module(parse(printed, toy_ops.OPS)) == printed


def test_type_alone() -> None:
    type = parse_type("qi8(scale=[0.1, 0.2], zero_point=[0, 3], axis=0)[2,4]")
    assert type.qparams is not None
    assert type.qparams == QParams((0.1, 0.2), (0, 3), 0)
    assert parse_type("qu8(scale=0.5, zero_point=7)").qparams == QParams(0.5, 7)
    with pytest.raises(MtcError):
        parse_type("f32[2] f32")


def _parse_or_refuse(text: str) -> None:
    try:
        print_module(parse(text, toy_ops.OPS, CONSTANTS))
    except MtcError as error:
        assert error.code is IR_SYNTAX
        assert error.diagnostics[0].at is not None
