"""The runner: names, options, and the check that finds the pass that changed a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mtc import ops
from mtc.delegates.registry import LIBRARIES
from mtc.diagnostics import PASS_CHANGED_RESULT, UNKNOWN_NAME, MtcError
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Module, Node, Sample, Value
from mtc.ir.parser import parse
from mtc.ir.rewriter import rewrite
from mtc.ir.types import BF16
from mtc.lower import lowering
from mtc.ops import OPS
from mtc.passes.base import Group, Pass, Rewrites
from mtc.passes.registry import all_passes
from mtc.passes.runner import PassOptions, run_passes
from mtc.stages.optimize import CANONICALIZE
from mtc.stages.quantize import INTEGERS

MODEL = """
func @forward(%x: f32[4]) {
  %0 = constant 1.0 : f32
  %1 = mul(%x, %0) : f32[4]
  %2 = neg(%1) : f32[4]
  return %2
}
"""


@rewrite(ops.neg)
def forget_sign(node: Node, build: Builder) -> Value | None:
    return build.emit(ops.abs, node.inputs[0])


WRONG = Rewrites("forget-sign", (forget_sign,))


@pytest.fixture
def module() -> Module:
    module = parse(MODEL, OPS)
    x = np.array([1, -2, 3, -4], np.float32)
    module.samples["forward"] = [Sample((Constant.of(x),), (Constant.of(-x),))]
    return module


def named(module: Module) -> list[str]:
    return [node.op.name for node in module.nodes()]


def flat(passes: tuple[Pass, ...]) -> list[Pass]:
    return [inner for step in passes for inner in (flat(step.passes) if isinstance(step, Group) else [step])]


def test_every_pass_is_used_and_every_used_one_has_its_name_in_the_registry() -> None:
    used = flat((*CANONICALIZE, *INTEGERS, *lowering(tuple(LIBRARIES.values()))))
    assert {step.name for step in used} == set(all_passes())


def test_disabled_pass_is_left_out(module: Module) -> None:
    run_passes(module, CANONICALIZE, PassOptions(disabled=("simplify-algebra",)))
    assert "mul" in named(module)
    run_passes(module, CANONICALIZE)
    assert named(module) == ["neg", "return"]


def test_unknown_name_is_refused_with_a_suggestion(module: Module) -> None:
    with pytest.raises(MtcError) as caught:
        run_passes(module, CANONICALIZE, PassOptions(disabled=("fold-constant", "fuse-clamp")))
    assert caught.value.code is UNKNOWN_NAME
    assert "`fold-constants`" in str(caught.value)
    assert "fuse-clamp" not in str(caught.value)


def test_verify_each_names_the_pass_that_changed_a_result(module: Module) -> None:
    with pytest.raises(MtcError, match="`forget-sign`") as caught:
        run_passes(module, (*CANONICALIZE, WRONG, all_passes()["fold-constants"]), PassOptions(verify_each=True))
    assert caught.value.code is PASS_CHANGED_RESULT


def test_verify_each_looks_into_groups(module: Module) -> None:
    with pytest.raises(MtcError, match="`forget-sign`"):
        run_passes(module, (Group("several", (WRONG,)),), PassOptions(verify_each=True))


def test_passes_that_undo_each_other_are_a_bug(module: Module) -> None:
    swap = Rewrites("recall-sign", (rewrite(ops.abs)(lambda node, build: build.emit(ops.neg, node.inputs[0])),))
    with pytest.raises(RuntimeError, match="`back-and-forth`: `forget-sign`, `recall-sign` still changed"):
        run_passes(module, (Group("back-and-forth", (WRONG, swap)),))


def test_rounding_is_no_change(module: Module) -> None:
    run_passes(module, CANONICALIZE, PassOptions(verify_each=True))


def test_rounding_of_half_precision_is_no_change() -> None:
    module = parse(MODEL.replace("f32[4]", "bf16[99]").replace("1.0 : f32", "3.0 : bf16").replace("mul", "pow"), OPS)
    x = np.random.default_rng(0).standard_normal(99).astype(BF16.numpy)
    module.samples["forward"] = [Sample((Constant.of(x),), (Constant.of(x),))]
    run_passes(module, CANONICALIZE, PassOptions(verify_each=True))
    assert "pow" not in named(module)


def test_after_sees_passes_that_changed_something_and_timings_all(module: Module) -> None:
    seen: list[str] = []
    timings: dict[str, float] = {}
    run_passes(module, CANONICALIZE, PassOptions(after=lambda step, _: seen.append(step.name), timings=timings))
    assert "simplify-algebra" in seen
    assert "fold-batch-norm" not in seen
    assert set(timings) == {step.name for step in flat(CANONICALIZE)}


@dataclass(frozen=True)
class Returns:
    """Changes which values the function returns."""

    order: tuple[int, ...]
    name: str = "change-outputs"

    def run(self, module: Module) -> int:
        node = module.functions["forward"].return_node
        node.set_inputs([node.inputs[index] for index in self.order])
        return 1


@pytest.mark.parametrize("order", [(), (0, 0)], ids=["one-less", "one-more"])
def test_verify_each_counts_the_outputs(module: Module, order: tuple[int, ...]) -> None:
    with pytest.raises(MtcError, match="`change-outputs`") as caught:
        run_passes(module, (Returns(order),), PassOptions(verify_each=True))
    assert caught.value.code is PASS_CHANGED_RESULT


@dataclass(frozen=True)
class Broken:
    name: str = "break"

    def run(self, module: Module) -> int:
        node = module.functions["forward"].return_node
        node.set_input(0, Value(module.functions["forward"].inputs[0].type))
        return 1


def test_ir_is_verified_after_a_pass(module: Module) -> None:
    with pytest.raises(MtcError, match="before it is defined"):
        run_passes(module, (Broken(),))
