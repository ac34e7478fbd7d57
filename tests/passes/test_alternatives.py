"""Every alternative of an operator computes what torch computes, on ordinary numbers and on those at the border."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import OpSpec, Trait
from mtc.ir.types import DType, QParams, TensorType
from mtc.ir.verifier import verify
from mtc.ops.activation import Approximate
from mtc.passes.alternatives import ALTERNATIVES
from mtc.passes.checking import largest_excess, run_once

RULES = {rule.name: rule for rule in ALTERNATIVES}
RANDOM = np.random.default_rng(0)


def randn(*shape: int) -> np.ndarray:
    return RANDOM.normal(0, 2, shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return np.abs(randn(*shape)) + np.float32(0.25)


def integers(*shape: int, most: int = 5) -> np.ndarray:
    return RANDOM.integers(0, most, shape)


BORDER = np.array([0, -0.0, 1e-3, -1e-3, 0.5, -0.5, 3, -3, 6, 20, -20, 80, np.inf, -np.inf, np.nan], np.float32)
TRUTHS = np.array([True, False])


@dataclass(frozen=True)
class Fixed:
    """An operand that is a constant."""

    array: np.ndarray


@dataclass(frozen=True)
class Case:
    rule: str
    op: OpSpec
    torch: Callable[..., torch.Tensor]
    operands: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.rule

    @property
    def arrays(self) -> list[np.ndarray]:
        """The inputs; an array that is named twice is one."""
        return list({id(array): array for array in self.operands if isinstance(array, np.ndarray)}.values())

    def module(self) -> Module:
        inputs = {
            id(array): Value(TensorType(DType.of(array.dtype), array.shape), f"x{i}")
            for i, array in enumerate(self.arrays)
        }
        function = Function("forward", list(inputs.values()))
        build = Builder(function)
        operands = [
            build.constant(operand.array) if isinstance(operand, Fixed) else inputs.get(id(operand))
            for operand in self.operands
        ]
        node = build.node(self.op, *operands, **self.attrs)
        build.results(*node.outputs)
        module = Module({"forward": function}, form="canonical")
        module.register_constants()
        return module

    def want(self) -> list[np.ndarray]:
        given = [None if a is None else torch.as_tensor(getattr(a, "array", a)) for a in self.operands]
        result = self.torch(*given)
        return [tensor.numpy() for tensor in (result if isinstance(result, tuple | list) else [result])]


def case(rule: str, op: OpSpec, function: Callable[..., Any], *operands: Any, **attrs: Any) -> Case:
    return Case(rule.replace("_", "-"), op, function, operands, attrs)


def mean(x: torch.Tensor) -> torch.Tensor:
    return x.mean((2, 3))


def pad(x: torch.Tensor) -> torch.Tensor:
    """torch's padding begins with the last axis."""
    return F.pad(x, (1, 2, 0, 0, 0, 0, 0, 3), "constant", 1.5)


def batch_norm(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, *statistics: torch.Tensor) -> torch.Tensor:
    return F.batch_norm(x, *statistics, weight, bias)


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return x * torch.cat((cos, cos), -1) + torch.cat((-second, first), -1) * torch.cat((sin, sin), -1)


SMALL = randn(2, 3, 4)
IMAGE = randn(2, 4, 6, 6)
ROWS, WEIGHT, BIAS = randn(2, 3, 8), randn(5, 8), randn(5)
QUERY, KEY, VALUE = randn(2, 4, 8), randn(2, 5, 8), randn(2, 5, 6)
MASK = np.where(np.eye(4, 5, dtype=np.bool_), 0, -np.inf).astype(np.float32)
BATCH_NORM = [Fixed(array) for array in (randn(4), randn(4), randn(4), positive(4))]
BORDERS = BORDER.reshape(1, 3, 5, 1)
WHOLE: dict[str, Any] = {"kernel_size": (6, 6), "stride": (6, 6)}

CASES = [
    case("relu_by_clamp", ops.relu, F.relu, BORDER),
    case("relu_by_maximum", ops.relu, F.relu, integers(8) - 2),
    case("clamp_by_relu", ops.clamp, F.relu, BORDER, min=0.0),
    case("clamp_by_extremes", ops.clamp, F.relu6, BORDER, min=0.0, max=6.0),
    case("leaky_relu_by_prelu", ops.leaky_relu, partial(F.leaky_relu, negative_slope=0.2), BORDER, negative_slope=0.2),
    case("leaky_relu_by_parts", ops.leaky_relu, partial(F.leaky_relu, negative_slope=2), BORDER, negative_slope=2.0),
    case("prelu_by_parts", ops.prelu, lambda x, w: torch.where(x > 0, x, x * w), SMALL, Fixed(randn(3, 1))),
    case("hardswish_by_hardsigmoid", ops.hardswish, F.hardswish, randn(64)),
    case("hardsigmoid_by_clamp", ops.hardsigmoid, F.hardsigmoid, BORDER),
    case("sigmoid_by_tanh", ops.sigmoid, torch.sigmoid, BORDER),
    case("sigmoid_by_exp", ops.sigmoid, torch.sigmoid, BORDER),
    case("tanh_by_sigmoid", ops.tanh, torch.tanh, BORDER),
    case("silu_by_sigmoid", ops.silu, F.silu, BORDER),
    case("gelu_by_definition", ops.gelu, F.gelu, randn(64)),
    case("gelu_by_definition", ops.gelu, partial(F.gelu, approximate="tanh"), randn(64), approximate=Approximate.TANH),
    case("elu_by_parts", ops.elu, F.selu, BORDER, alpha=1.6732632423543772, scale=1.0507009873554805),
    case("softplus_by_log1p", ops.softplus, partial(F.softplus, beta=2), BORDER, beta=2.0),
    case("mish_by_softplus", ops.mish, F.mish, BORDER),
    case("log_sigmoid_by_softplus", ops.log_sigmoid, F.logsigmoid, BORDER),
    case("softshrink_by_clamp", ops.softshrink, partial(F.softshrink, lambd=0.6), BORDER, lambd=0.6),
    case("threshold_by_relu", ops.threshold, lambda x: F.threshold(x, 0, 0), BORDER, threshold=0.0, value=0.0),
    case("sub_by_add", ops.sub, torch.sub, BORDER, BORDER[::-1].copy()),
    case("add_by_sub", ops.add, torch.add, BORDER, BORDER[::-1].copy()),
    case("neg_by_mul", ops.neg, torch.neg, BORDER),
    case("neg_by_sub", ops.neg, torch.neg, integers(8) - 2),
    case("abs_by_maximum", ops.abs, torch.abs, BORDER),
    case("square_by_mul", ops.square, torch.square, BORDER),
    case("pow_by_products", ops.pow, torch.pow, BORDER, Fixed(np.float32(3))),
    case("pow_by_products", ops.pow, torch.pow, BORDER, Fixed(np.float32(-1))),
    case("div_by_mul", ops.div, torch.div, BORDER, BORDER[::-1].copy()),
    case("div_by_mul", ops.div, torch.div, SMALL, Fixed(positive(4))),
    case("reciprocal_by_div", ops.reciprocal, torch.reciprocal, BORDER),
    case("reciprocal_by_pow", ops.reciprocal, torch.reciprocal, BORDER),
    case("rsqrt_by_sqrt", ops.rsqrt, torch.rsqrt, BORDER),
    case("sqrt_by_rsqrt", ops.sqrt, torch.sqrt, positive(64)),
    case("log2_by_log", ops.log2, torch.log2, positive(64)),
    case("log10_by_log", ops.log10, torch.log10, positive(64)),
    case("exp2_by_exp", ops.exp2, torch.exp2, randn(64)),
    case("extreme_by_clamp", ops.maximum, torch.maximum, BORDER, Fixed(np.float32(0.5))),
    case("extreme_by_clamp", ops.minimum, torch.minimum, integers(8), Fixed(np.int64(3))),
    case("comparison_mirrored", ops.le, torch.le, BORDER, BORDER[::-1].copy()),
    case("equality_by_opposite", ops.ne, torch.ne, BORDER, BORDER[::-1].copy()),
    case("order_by_complement", ops.gt, torch.gt, integers(16), integers(16)),
    case("not_by_comparison", ops.logical_not, torch.logical_not, TRUTHS),
    case(
        "layer_norm_by_means",
        ops.layer_norm,
        lambda x, w, b: F.layer_norm(x, (3, 4), w, b),
        *(SMALL, randn(3, 4), randn(3, 4)),
        normalized_axes=2,
    ),
    case("rms_norm_by_mean", ops.rms_norm, lambda x, w: F.rms_norm(x, (4,), w, 1e-5), SMALL, randn(4)),
    case(
        "group_norm_by_layer_norm",
        ops.group_norm,
        lambda x, w, b: F.group_norm(x, 2, w, b),
        *(IMAGE, randn(4), randn(4)),
        num_groups=2,
    ),
    case("batch_norm_by_affine", ops.batch_norm, batch_norm, IMAGE, *BATCH_NORM),
    case("softmax_by_exp", ops.softmax, partial(torch.softmax, dim=1), SMALL, axis=1),
    case("softmax_along_the_last_axis", ops.softmax, partial(torch.softmax, dim=1), SMALL, axis=1),
    case("log_softmax_by_sum", ops.log_softmax, partial(torch.log_softmax, dim=-1), SMALL, axis=-1),
    case("var_by_means", ops.var, lambda x: x.var((0, 2)), SMALL, axes=(0, 2)),
    case("mean_by_sum", ops.mean, lambda x: x.mean(1), SMALL, axes=(1,)),
    case("sum_by_mean", ops.sum, torch.sum, SMALL),
    case("reduction_axis_by_axis", ops.mean, lambda x: x.mean((0, 2)), SMALL, axes=(0, 2)),
    case("reduction_axis_by_axis", ops.amax, lambda x: x.amax((0, 2), keepdim=True), SMALL, axes=(0, -1), keepdim=True),
    case("reduction_by_pooling", ops.mean, mean, IMAGE, axes=(2, 3)),
    case("reduction_by_pooling", ops.amax, lambda x: x.amax((2, 3), True), IMAGE, axes=(-1, -2), keepdim=True),
    case("pooling_by_reduction", ops.avg_pool2d, partial(F.avg_pool2d, kernel_size=6), IMAGE, **WHOLE),
    case("pooling_by_reduction", ops.max_pool2d, partial(F.max_pool2d, kernel_size=6), IMAGE, **WHOLE),
    case(
        "adaptive_pooling_by_windows",
        ops.adaptive_avg_pool2d,
        partial(F.adaptive_avg_pool2d, output_size=(2, 3)),
        IMAGE,
        size=(2, 3),
    ),
    case("extreme_by_opposite", ops.amin, lambda x: x.amin(1), SMALL, axes=(1,)),
    case("logsumexp_by_sum", ops.logsumexp, partial(torch.logsumexp, dim=0), np.stack([BORDER, BORDER]), axes=(0,)),
    case("linear_by_matmul", ops.linear, F.linear, ROWS, Fixed(WEIGHT), Fixed(BIAS)),
    case("linear_by_conv2d", ops.linear, F.linear, ROWS, Fixed(WEIGHT), Fixed(BIAS)),
    case("matmul_by_linear", ops.matmul, torch.matmul, ROWS, Fixed(WEIGHT.T.copy())),
    case("conv2d_by_linear", ops.conv2d, F.conv2d, IMAGE, Fixed(randn(5, 4, 1, 1)), Fixed(BIAS)),
    case("limits_by_convolution", ops.clamp, F.relu6, BORDERS, min=0.0, max=6.0),
    case("limits_by_convolution", ops.relu, F.relu, BORDERS),
    case("affine_by_convolution", ops.add, torch.add, IMAGE, Fixed(randn(4, 1, 1))),
    case("affine_by_convolution", ops.div, torch.div, IMAGE, Fixed(np.float32(7))),
    case("affine_by_convolution", ops.batch_norm, batch_norm, IMAGE, *BATCH_NORM),
    case(
        "conv1d_by_conv2d",
        ops.conv1d,
        partial(F.conv1d, stride=2, padding=1),
        *(ROWS, Fixed(randn(4, 3, 3)), Fixed(randn(4))),
        stride=(2,),
        padding=(1, 1),
    ),
    case(
        "attention_by_products",
        ops.scaled_dot_product_attention,
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m, scale=0.3),
        *(QUERY, KEY, VALUE, Fixed(MASK)),
        scale=0.3,
    ),
    case(
        "attention_by_products",
        ops.scaled_dot_product_attention,
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3),
        *(QUERY, KEY[:, :4].copy(), VALUE[:, :4].copy(), None),
        scale=0.3,
        is_causal=True,
    ),
    case("rotation_by_halves", ops.rotary_embedding, rotated, ROWS, randn(3, 4), randn(3, 4)),
    case("embedding_by_selection", ops.embedding, lambda w, i: F.embedding(i, w), WEIGHT, integers(2, 3)),
    case("selection_by_embedding", ops.index_select, lambda x, i: x[i], SMALL, integers(3, most=2), axis=0),
    case("padding_by_concat", ops.pad, pad, IMAGE, padding=(0, 3, 0, 0, 0, 0, 1, 2), value=1.5),
    case("expansion_by_sum", ops.expand, lambda x: x.expand(2, 3, 4), SMALL[:1], shape=(2, 3, 4)),
    case("mul_by_square", ops.mul, torch.mul, BORDER, BORDER),
]


def rewritten(module: Module, rule: str) -> Module:
    """With the one node said by a rule."""
    (function,) = module.functions.values()
    (node,) = (node for node in function if not node.op.has(Trait.STRUCTURAL))
    build = Builder(function, before=node)
    result = RULES[rule].apply(node, build)
    assert result is not None
    for old, new in zip(node.outputs, [result] if isinstance(result, Value) else result, strict=True):
        assert old.type == new.type
        old.replace_by(new)
    node.erase()
    module.register_constants()
    verify(module)
    return module


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_alternative_computes_what_torch_does(case: Case) -> None:
    module = rewritten(case.module(), case.rule)
    assert case.op not in {node.op for node in module.nodes()} or case.rule in SAME_OPERATOR
    got = run_once(module, "forward", case.arrays)
    want = dict(zip(got, case.want(), strict=True))
    excess, where = largest_excess(module, got, want)
    assert excess <= 1, (where, got, want)


SAME_OPERATOR = {"softmax-along-the-last-axis", "reduction-axis-by-axis"}

HALVES = randn(3, 4).astype(np.float16)
BYTES = np.array([-128, -127, -1, 0, 1, 100, 127], np.int8)
COUNTS = np.array([0, 1, 127, 200, 255], np.uint8)
DTYPE_CASES = [
    case("f16_in_f32", ops.add, torch.add, HALVES, HALVES + 1),
    case("f16_in_f32", ops.silu, F.silu, HALVES),
    case("i8_in_i32", ops.add, torch.add, BYTES, BYTES[::-1].copy()),
    case("i8_in_i16", ops.neg, torch.neg, BYTES),
    case("u8_in_i32", ops.mul, torch.mul, COUNTS, COUNTS[::-1].copy()),
    case("u8_in_f32", ops.maximum, torch.maximum, COUNTS, COUNTS[::-1].copy()),
    case("i16_in_i32", ops.square, torch.square, BYTES.astype(np.int16) * 300),
    case("i32_in_i64", ops.sum, lambda x: x.sum(dtype=torch.int32), BYTES.astype(np.int32)),
    case("bool_in_u8", ops.concat, lambda x, y: torch.cat((x, y)), TRUTHS, ~TRUTHS, axis=0),
    case("bool_in_f32", ops.where, torch.where, TRUTHS, TRUTHS, ~TRUTHS),
    case("i8_in_f32", ops.lt, torch.lt, BYTES, BYTES[::-1].copy()),
    case("i64_in_i32", ops.flip, lambda x: x.flip(0), Fixed(integers(4)), axes=(0,)),
]


@pytest.mark.parametrize("case", DTYPE_CASES, ids=str)
def test_another_dtype_keeps_every_number(case: Case) -> None:
    module = rewritten(case.module(), case.rule)
    got = run_once(module, "forward", case.arrays)
    want = dict(zip(got, case.want(), strict=True))
    assert largest_excess(module, got, want)[0] <= 1, (got, want)


ATTENTION = ops.scaled_dot_product_attention
REFUSED = [
    case("i64_in_i32", ops.flip, torch.flip, integers(4), axes=(0,)),
    case("i64_in_i32", ops.flip, torch.flip, Fixed(np.array([1 << 40])), axes=(0,)),
    case("i8_in_f32", ops.add, torch.add, BYTES, BYTES),
    case("bool_in_i32", ops.sum, torch.sum, BYTES),
    case("clamp_by_relu", ops.clamp, F.relu6, SMALL, min=0.0, max=6.0),
    case("linear_by_matmul", ops.linear, F.linear, SMALL[0, 0], Fixed(randn(5, 4)), None),
    case("softplus_by_log1p", ops.softplus, F.softplus, SMALL, threshold=3.0),
    case("order_by_complement", ops.lt, torch.lt, SMALL, SMALL + 1),
    case("abs_by_maximum", ops.abs, torch.abs, COUNTS),
    case("extreme_by_clamp", ops.maximum, torch.maximum, SMALL, Fixed(np.float32(np.nan))),
    case("div_by_mul", ops.div, torch.div, SMALL, Fixed(np.zeros(4, np.float32))),
    case("attention_by_products", ATTENTION, F.linear, QUERY, KEY, VALUE, MASK, scale=1.0),
    case("attention_by_products", ATTENTION, F.linear, QUERY, KEY, VALUE, Fixed(MASK - np.float32(np.inf)), scale=1.0),
    case("conv2d_by_linear", ops.conv2d, F.conv2d, IMAGE, Fixed(randn(5, 4, 3, 3)), None),
    case("adaptive_pooling_by_windows", ops.adaptive_avg_pool2d, F.relu, IMAGE, size=(4, 4)),
    # A step of these is beyond the largest half, 65504, or below the smallest, where the result is not.
    case("mean_by_sum", ops.mean, torch.mean, HALVES, axes=(0, 1)),
    case("sum_by_mean", ops.sum, torch.sum, HALVES, axes=(0, 1)),
    case("var_by_means", ops.var, torch.var, HALVES, axes=(0,), correction=0),
    case("logsumexp_by_sum", ops.logsumexp, torch.logsumexp, HALVES, axes=(1,)),
    case("softmax_by_exp", ops.softmax, torch.softmax, HALVES, axis=1),
    case("log_softmax_by_sum", ops.log_softmax, torch.log_softmax, HALVES, axis=1),
    case("layer_norm_by_means", ops.layer_norm, F.layer_norm, HALVES, None, None, eps=1e-5),
    case("rms_norm_by_mean", ops.rms_norm, F.rms_norm, HALVES, None, eps=1e-5),
    case("attention_by_products", ATTENTION, F.linear, *[HALVES[None, None]] * 3, None, scale=1.0),
    case("div_by_mul", ops.div, torch.div, HALVES, HALVES + 9),
    case("div_by_mul", ops.div, torch.div, HALVES, Fixed(np.float16(60000))),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_would_change_a_number_is_refused(case: Case) -> None:
    module = case.module()
    (function,) = module.functions.values()
    (node,) = (node for node in function if not node.op.has(Trait.STRUCTURAL))
    assert RULES[case.rule].apply(node, Builder(function, before=node)) is None


SCALES = [QParams(np.array([scale], np.float32), np.array([zero], np.int32)) for scale, zero in ((0.1, 3), (0.25, -7))]


@pytest.mark.parametrize("rule", ["integers-in-floats", "requantize-by-floats"])
def test_integers_are_computed_in_floats(rule: str) -> None:
    x = Value(TensorType(DType("qi8"), (256,), SCALES[0]), "x")
    function = Function("forward", [x])
    build = Builder(function)
    if rule == "integers-in-floats":
        made = build.emit(ops.hardswish, x, qparams=SCALES[1])
    else:
        made = build.emit(ops.requantize, x, dtype=DType("qi8"), qparams=SCALES[1])
    build.results(made)
    module = Module({"forward": function}, form="canonical")
    every = np.arange(-128, 128).astype(np.int8)
    before = run_once(module, "forward", [every])
    real = (every.astype(np.float32) - 3) * np.float32(0.1)
    real = F.hardswish(torch.as_tensor(real)).numpy() if rule == "integers-in-floats" else real
    want = np.clip(np.rint(real / np.float32(0.25)) - 7, -128, 127)
    after = run_once(rewritten(module, rule), "forward", [every])
    for results in (before, after):
        (got,) = results.values()
        assert np.abs(got.astype(np.float32) - want).max() <= 1 and (got != want).mean() < 0.02


def test_every_rule_has_a_case() -> None:
    tested = {case.rule for case in (*CASES, *DTYPE_CASES)} | {"integers-in-floats", "requantize-by-floats"}
    alike = {name for name in RULES if "-in-" in name}  # one rule for each pair of dtypes
    assert RULES.keys() - tested <= alike
