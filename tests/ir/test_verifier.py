"""Each rule of the IR has a module that breaks it; all that is broken is reported at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import toy_ops

from mtc.diagnostics import INVALID_IR, MtcError
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant, FileRange
from mtc.ir.module import Function, Module, Node, State, Value
from mtc.ir.parser import parse
from mtc.ir.structural import CONSTANT, RETURN
from mtc.ir.types import F32, QI8, QParams, TensorType
from mtc.ir.verifier import verify

TYPE = TensorType(F32, (2,))


def _module(text: str) -> Module:
    return parse(text, toy_ops.OPS)


def _findings(module: Module) -> list[str]:
    with pytest.raises(MtcError) as caught:
        verify(module)
    assert {finding.code for finding in caught.value.diagnostics} == {INVALID_IR}
    return [finding.message for finding in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("module {form=odd} func @f() { return }", "`odd` is no form"),
        ("func @f() { }", "does not end with return"),
        ("func @f(%x: f32) { return %x sink(%x) }", "not at the end"),
        ("func @f(%x: f32) { return %x return %x }", "not at the end"),
        ("func @f(%x: f32) { return none }", "in place of a value"),
        ("func @f(%x: f32) { return %x as a, %x as a }", "same name"),
        ("func @f(%x: f32[n]) { return }", "dim `n` is not declared"),
        ("func @f<n>(%x: f32[2*n]) { return }", "not the size of an input"),
        ("func @f<n: 5..4>(%x: f32[n]) { return }", "no size between its bounds"),
        ("func @f<min>(%x: f32[min]) { return }", "cannot be the name of a dim"),
        ("func @f(%x: f32[-1]) { return }", "out of range"),
        ("func @f(%x: f32[4611686018427387904]) { return }", "too big"),
        ("func @f(%x: qi8[2]) { return }", "no scale and zero point"),
        ("func @f(%x: qi8(scale=[0.0], zero_point=[0])[2]) { return }", "not a positive number"),
        ("func @f(%x: qu8(scale=[1.0], zero_point=[-1])[2]) { return }", "not in 0..255"),
        ("func @f(%x: qi8(scale=[1.0], zero_point=[0], axis=1)[2]) { return }", "quantization axis 1"),
        ("func @f(%x: qi8(scale=[1.0], zero_point=[0], axis=0)[2]) { return }", "1 scales where the shape needs 2"),
        ("func @f(%x: qi8(scale=[1.0], zero_point=[0], axis=1, block=4)[2,8]) { return }", "shape needs 4"),
        ("func @f(%x: qi8(scale=[1.0], zero_point=[0], axis=0, block=0)[2]) { return }", "block of 0"),
        ("func @f(%x: f32) { %0 = add(%x) : f32 return }", "takes 2 operands, not 1"),
        ("func @f(%x: f32) { %0 = add(%x, none) : f32 return }", "operand `y` of `add` is missing"),
        ("func @f(%x: f32, %y: i8) { %0 = add(%x, %y) : f32 return }", "different dtypes"),
        ("func @f(%x: f32) { %0 = add(%x, %x) : f64 return }", "its result is f32, not f64"),
        ("func @f(%x: f32) { %0 = add(%x, %x) : f32[1] return }", "its result is f32, not f32[1]"),
        ("func @f(%x: f32) { add(%x, %x) return }", "it has 1 results, not 0"),
        ("func @f(%x: f32) { %0 = split(%x) {parts=9} : f32 return }", "9 parts"),
        ("func @f(%x: f32[2]) { %0 = reshape(%x) {shape=[k]} : f32[k] return }", "dim `k` is not declared"),
        ("func @f(%x: f32) { %0 = conv(%x, %x) {layout=nhwc} : f32 return }", "layout `nhwc` before lowering"),
        ("func @f(%x: f32) { %0 = cond(%x, %x) : f32 return }", "takes 2 functions, not 0"),
        ("func @f() { %s = state @c : f32 return }", "state `@c` is not declared"),
        ("state @c : f32 func @f() { %s = state @c : f64 return }", "state `@c` is f32"),
        ("state @c : f32 func @f(%x: f64) { state_update @c, %x return }", "state `@c` is f32"),
        ("state @c : f32[n] func @f() { return }", "its shape is symbolic"),
        (
            "state @c : f32 func @f(%x: f32) { state_update @c, %x %s = state @c : f32 return }",
            "old value of state `@c` is read after its update",
        ),
        (
            "state @c : f32 func @f(%x: f32) { %s = state @c : f32 state_update @c, %x return %s }",
            "old value of state `@c` is read after its update",
        ),
        (
            "state @c : f32 func @f(%x: f32) { %s = state @c : f32 %v = reshape(%s) {shape=[1]} : f32[1] "
            "state_update @c, %x sink(%v) return }",
            "old value of state `@c` is read after its update",
        ),
        (
            "state @c : f32 func @f(%x: f32) { %s = state @c : f32 "
            "%0 = cond(%x, %x) with func @a(%x: f32) { state_update @c, %x return %x }, "
            "func @b(%x: f32) { return %x } : f32 return %s }",
            "old value of state `@c` is read after its update",
        ),
        (
            "state @c : f32 func @f(%x: f32) { %s = state @c : f32 "
            "%0 = cond(%x, %s) with func @a(%x: f32) { state_update @c, %x return %x }, "
            "func @b(%x: f32) { return %x } : f32 return }",
            "state `@c` is an operand of a function that updates it",
        ),
        (
            "func @f<n>(%x: f32[n]) { %0 = cond(%x, %x) with func @a(%x: f32[n]) { return %x }, "
            "func @b<n>(%x: f32[n]) { return %x } : f32[n] return }",
            "`@a`: %x: dim `n` is not declared",
        ),
        (
            "func @f(%q: qi8(scale=[1.0], zero_point=[0])) { "
            "%0 = clamp(%q) : qi8(scale=[2.0], zero_point=[0]) return }",
            "keeps its operand's scale",
        ),
        (
            "func @f(%q: qi8(scale=[1.0], zero_point=[0]), %r: qi8(scale=[2.0], zero_point=[0])) { "
            "%0 = concat(%q, %r) : qi8(scale=[1.0], zero_point=[0]) return }",
            "keeps its operand's scale",
        ),
        (
            "func @f(%q: qi8(scale=[1.0], zero_point=[0])[2]) { "
            "%0 = reshape(%q) {shape=[1,2]} : qi8(scale=[1.0], zero_point=[1])[1,2] return }",
            "keeps its operand's scale",
        ),
        (
            "func @f(%q: qi8(scale=[1.0], zero_point=[0])) { "
            "%0 = add(%q, %q) : qi8(scale=[1.0], zero_point=[0]) return }",
            "not qi8",
        ),
    ],
)
def test_broken_rule_is_reported(text: str, why: str) -> None:
    assert any(why in finding for finding in _findings(_module(text)))


@pytest.mark.parametrize(
    "text",
    [
        "func @f() { return }",
        "func @f(%x: f32) { return %x, %x }",
        "module {form=lowered} func @f(%x: f32) { %0 = conv(%x, %x) {layout=nhwc} : f32 return }",
        "state @c : f32 func @f(%x: f32) { %s = state @c : f32 %0 = add(%s, %x) : f32 state_update @c, %0 return %0 }",
        "func @f<n>(%x: f32[n]) { %0 = cond(%x, %x) with func @a<n>(%x: f32[n]) { return %x }, "
        "func @b<k>(%x: f32[k]) { return %x } : f32[n] return %0 }",
        "func @f(%x: qi8(scale=[1.0,2.0], zero_point=[0,0], axis=1, block=4)[1,8]) { return }",
        "func @f(%q: qu8(scale=[0.5], zero_point=[3])[2]) { "
        "%0 = concat(%q, %q) : qu8(scale=[0.5], zero_point=[3])[2] return %0 }",
        "func @f(%q: qi8(scale=[1.0,2.0], zero_point=[0,0], axis=0)[2]) { "
        "%0 = reshape(%q) {shape=[1,2]} : qi8(scale=[1.0,2.0], zero_point=[0,0], axis=1)[1,2] return %0 }",
    ],
)
def test_valid_module_passes(text: str) -> None:
    verify(_module(text))


def _with(change: Callable[[Module, Function], None]) -> Module:
    module = _module("func @f(%x: f32[2]) { %0 = add(%x, %x) : f32[2] %1 = add(%0, %x) : f32[2] return %1 }")
    change(module, module.functions["f"])
    return module


def _foreign_operand(module: Module, function: Function) -> None:
    next(iter(function)).set_input(0, Value(TYPE, "foreign"))


def _use_before_definition(module: Module, function: Function) -> None:
    first, second, *_ = function
    first.set_input(0, second.output)


def _forgotten_user(module: Module, function: Function) -> None:
    function.inputs[0].users.clear()


def _invented_user(module: Module, function: Function) -> None:
    first, second, *_ = function
    second.output.users[first, 0] = None


def _user_outside(module: Module, function: Function) -> None:
    Node(toy_ops.SINK, [function.inputs[0]], {}, [])


def _captured_value(module: Module, function: Function) -> None:
    regions = []
    for name in ("then", "otherwise"):
        regions.append(Function(name, [Value(TYPE, "x")]))
        Builder(regions[-1]).results(function.inputs[0])
    x = function.inputs[0]
    Builder(function, before=function.return_node).node(toy_ops.COND, x, x, regions=regions)


def _unregistered_constant(module: Module, function: Function) -> None:
    Builder(function, before=function.return_node).constant(Constant.of(np.zeros(2), "w"))


def _constant_of_another_type(module: Module, function: Function) -> None:
    constant = Constant.of(np.zeros(2))
    function.insert(Node(CONSTANT, (), {"value": constant}, [TYPE]), function.return_node)


def _missing_attribute(module: Module, function: Function) -> None:
    x = function.inputs[0]
    Builder(function, before=function.return_node).node(toy_ops.CLAMP, x).attrs.clear()


def _unknown_attribute(module: Module, function: Function) -> None:
    next(iter(function)).attrs["speed"] = 1


def _attribute_of_another_kind(module: Module, function: Function) -> None:
    x = function.inputs[0]
    Builder(function, before=function.return_node).node(toy_ops.CLAMP, x).attrs["max"] = "high"


def _two_returns(module: Module, function: Function) -> None:
    function.insert(Node(RETURN, [function.inputs[0]], {}, []))


def _registered_under_other_names(module: Module, function: Function) -> None:
    module.functions["g"] = module.functions.pop("f")


def _broken_links(module: Module, function: Function) -> None:
    first, second, *_ = function
    second.previous = None
    assert first.next is second


def _two_inputs_of_one_name(module: Module, function: Function) -> None:
    function.inputs.append(Value(TYPE, "x"))


def _names_that_do_not_fit(module: Module, function: Function) -> None:
    function.output_names = ["a", "b"]


def _array_of_another_type(module: Module, function: Function) -> None:
    module.constants["w"] = Constant("w", TYPE, np.zeros(2, np.float64))


def _file_of_another_size(module: Module, function: Function) -> None:
    module.constants["w"] = Constant("w", TYPE, FileRange(__file__, 0, 7))  # type: ignore[arg-type]


def _initial_value_of_another_type(module: Module, function: Function) -> None:
    module.states["c"] = State("c", TYPE, Constant.of(np.zeros(3, np.float32)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_foreign_operand, "belongs to another function"),
        (_use_before_definition, "used before it is defined"),
        (_forgotten_user, "does not know this use"),
        (_invented_user, "lists a use that is none"),
        (_user_outside, "used by a node outside"),
        (_captured_value, "belongs to another function"),
        (_unregistered_constant, "constant `@w` is not registered"),
        (_constant_of_another_type, "does not have the constant's type"),
        (_missing_attribute, "attribute `max` is missing"),
        (_unknown_attribute, "has no attribute `speed`"),
        (_attribute_of_another_kind, "is float, not `high`"),
        (_two_returns, "not at the end"),
        (_registered_under_other_names, "registered as `@g`"),
        (_broken_links, "links to the function are broken"),
        (_two_inputs_of_one_name, "two inputs are called `x`"),
        (_names_that_do_not_fit, "2 names for 1 results"),
        (_array_of_another_type, "holds another type"),
        (_file_of_another_size, "7 bytes of a file do not fill"),
        (_initial_value_of_another_type, "its initial value f32[3]"),
    ],
)
def test_broken_structure_is_reported(change: Callable[[Module, Function], None], why: str) -> None:
    assert any(why in finding for finding in _findings(_with(change)))


def test_all_findings_are_reported_at_once_with_their_places() -> None:
    module = _module(
        "func @f(%x: f32) {\n"
        '  %0 = add(%x, %x) : f64 loc("block.0" "model.py:3")\n'
        "  %1 = split(%x) {parts=9} : f32\n"
        "  return %1\n"
        "}"
    )
    with pytest.raises(MtcError) as caught:
        verify(module)
    assert len(caught.value.diagnostics) == 2
    assert caught.value.diagnostics[0].at == "model.py:3 (block.0)"


def test_a_builder_gives_results_the_scale_that_they_share() -> None:
    type = TensorType(QI8, (2,), QParams((0.5,), (3,)))
    function = Function("f", [Value(type, "q")])
    build = Builder(function)
    moved = build.emit(toy_ops.RESHAPE, build.emit(toy_ops.CONCAT, *function.inputs), shape=(1, 2))
    build.results(moved)
    verify(Module({"f": function}))
    assert moved.type == TensorType(QI8, (1, 2), type.qparams)
