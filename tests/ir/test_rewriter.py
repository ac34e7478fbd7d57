"""The worklist applies rewrites until none matches, and leaves the function in order."""

from __future__ import annotations

import numpy as np
import pytest
import toy_ops

from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Node, Value
from mtc.ir.parser import parse
from mtc.ir.printer import print_module
from mtc.ir.rewriter import Rewrite, apply_rewrites, rewrite
from mtc.ir.structural import CONSTANT
from mtc.ir.verifier import verify


@rewrite(toy_ops.CLAMP)
def drop_clamp_of_clamp(node: Node, build: Builder) -> Value | None:
    """The inner of two clamps that are the same does nothing."""
    feeder = node.inputs[0].producer if node.inputs[0] is not None else None
    if feeder is None or feeder.op is not toy_ops.CLAMP or feeder.attrs != node.attrs:
        return None
    return build.emit(toy_ops.CLAMP, *feeder.inputs, **node.attrs)


@rewrite(toy_ops.SPLIT)
def split_is_copies(node: Node, build: Builder) -> list[Value]:
    """Replaces several results at once."""
    return [build.emit(toy_ops.CLAMP, *node.inputs, max=float(i)) for i, _ in enumerate(node.outputs)]


@rewrite(toy_ops.SINK)
def drop_sink(node: Node, build: Builder) -> tuple[Value, ...]:
    """Replaces a node without results by nothing."""
    return ()


@rewrite(toy_ops.ADD)
def give_up_halfway(node: Node, build: Builder) -> None:
    """Emits a node and then does not match."""
    build.emit(toy_ops.CLAMP, node.inputs[0])


@rewrite()
def forward_single_concat(node: Node, build: Builder) -> Value | None:
    """A rewrite that sees every node, and returns a value that was there."""
    return node.inputs[0] if node.op is toy_ops.CONCAT and len(node.inputs) == 1 else None


def _rewritten(text: str, *rules: Rewrite) -> tuple[Module, int]:
    module = parse(text, toy_ops.OPS)
    verify(module)
    applied = apply_rewrites(module, rules)
    verify(module)
    return module, applied


def _assert_becomes(before: str, after: str, applied: int, *rules: Rewrite) -> None:
    module, count = _rewritten(before, *rules)
    assert print_module(module) == print_module(parse(after, toy_ops.OPS))
    assert count == applied


def test_a_match_that_another_makes_possible_is_found() -> None:
    chain = "".join(f'%v{i + 1} = clamp(%v{i}) : f32 loc("{i}")\n' for i in range(6))
    _assert_becomes(
        f"func @f(%v0: f32) {{ {chain} return %v6 }}",
        'func @f(%v0: f32) { %v6 = clamp(%v0) : f32 loc("5") return %v6 }',
        5,
        drop_clamp_of_clamp,
    )


def test_several_results_are_replaced_in_order() -> None:
    _assert_becomes(
        "func @f(%x: f32) { %a, %b = split(%x) : f32, f32 return %b, %a }",
        "func @f(%x: f32) { %a = clamp(%x) {max=0.0} : f32 %b = clamp(%x) {max=1.0} : f32 return %b, %a }",
        1,
        split_is_copies,
    )


def test_a_node_without_results_may_be_replaced_by_nothing() -> None:
    _assert_becomes(
        "func @f(%x: f32) { %a = clamp(%x) : f32 sink(%a) return %x }", "func @f(%x: f32) { return %x }", 1, drop_sink
    )


def test_what_a_rewrite_emitted_before_it_gave_up_is_removed() -> None:
    text = "func @f(%x: f32) { %a = add(%x, %x) : f32 return %a }"
    _assert_becomes(text, text, 0, give_up_halfway)


def test_a_rewrite_without_roots_sees_every_node() -> None:
    _assert_becomes(
        "func @f(%x: f32) { %a = concat(%x) : f32 %b = concat(%a) : f32 %c = concat(%b, %x) : f32 return %c }",
        "func @f(%x: f32) { %c = concat(%x, %x) : f32 return %c }",
        2,
        forward_single_concat,
    )


def test_rewrites_that_undo_each_other_are_an_error() -> None:
    @rewrite(toy_ops.CLAMP)
    def flip_limit(node: Node, build: Builder) -> Value | None:
        return build.emit(toy_ops.CLAMP, *node.inputs, max=-node.attrs["max"])

    with pytest.raises(RuntimeError, match="`flip-limit` was still applied to `clamp`"):
        _rewritten("func @f(%x: f32) { %a = clamp(%x) {max=1.0} : f32 return %a }", flip_limit)


def test_nested_functions_are_rewritten() -> None:
    _assert_becomes(
        "func @f(%x: f32) { %0 = cond(%x, %x) with func @a(%x: f32) { %0 = concat(%x) : f32 return %0 }, "
        "func @b(%x: f32) { return %x } : f32 return %0 }",
        "func @f(%x: f32) { %0 = cond(%x, %x) with func @a(%x: f32) { return %x }, "
        "func @b(%x: f32) { return %x } : f32 return %0 }",
        1,
        forward_single_concat,
    )


def test_a_node_whose_nested_function_has_an_effect_stays() -> None:
    text = (
        "state @c : f32 func @f(%x: f32) { %0 = cond(%x, %x) with "
        "func @a(%x: f32) { state_update @c, %x return %x }, func @b(%x: f32) { return %x } : f32 return %x }"
    )
    _assert_becomes(text, text, 0, forward_single_concat)


def test_dead_nodes_go_and_constants_stay_registered() -> None:
    module, _ = _rewritten(
        "func @f(%x: f32) { %a = clamp(%x) : f32 %b = clamp(%a) {max=1.0} : f32 %c = constant 1.0 : f32 return %x }",
        forward_single_concat,
    )
    assert [node.op for node in module.functions["f"]][:1] == [CONSTANT]
    assert len(module.functions["f"]) == 2


@rewrite(toy_ops.SINK)
def sink_constants_too(node: Node, build: Builder) -> tuple[Value, ...] | None:
    """Emits numbers: few and many."""
    if node.operand(0).constant is not None:
        return None
    for count in (16, 17, 17):
        build.node(toy_ops.SINK, build.constant(np.zeros(count, np.float32), called="w"))
    return ()


def test_large_constants_are_the_module_s_and_have_names_of_their_own() -> None:
    module = parse("func @forward(%x: f32[2]) {\n  sink(%x)\n  return\n}", toy_ops.OPS)
    module.add_constant(Constant.of(np.ones(2, np.float32), "w"))
    apply_rewrites(module, (sink_constants_too,))
    verify(module)
    named = [node.attrs["value"].name for node in module.nodes() if node.op is CONSTANT]
    assert named == [None, "w.1", "w.2"]
    assert list(module.constants) == ["w", "w.1", "w.2"]
