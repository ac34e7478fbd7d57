"""What XNNPACK's kernels for integers do not take, and the reason that is given."""

from __future__ import annotations

import pytest

from mtc.delegates.registry import LIBRARIES
from mtc.ir.parser import parse
from mtc.ops import OPS

XNNPACK = LIBRARIES["xnnpack"]


def why_not(op: str, x: str, out: str, *weights: str, attrs: str = "") -> str | None:
    """The reason for the only node that is no constant; weights are given as `type = value`."""
    lines, names = [], ["%x"]
    for index, weight in enumerate(weights):
        type_, _, value = weight.partition(" = ")
        lines.append(f"  %w{index} = constant {value} : {type_}")
        names.append(f"%w{index}")
    node_text = f"  %y = {op}({', '.join(names)}) {attrs} : {out}"
    text = "\n".join([f"func @f(%x: {x}) {{", *lines, node_text, "  return %y", "}"])
    node = next(node for node in parse(text, OPS).functions["f"] if node.op.name == op)
    return XNNPACK.why_not(node)


Q, U = "qi8(scale=0.1, zero_point=3)", "qu8(scale=0.1, zero_point=3)"


@pytest.mark.parametrize(
    ("x", "weight", "bias", "out", "reason"),
    [
        (f"{Q}[1,2]", "qi8(scale=[0.5, 0.25], axis=0)[2,2]", "[1.0, 2.0]", f"{Q}[1,2]", None),
        (f"{U}[1,2]", "qu8(scale=0.5, zero_point=7)[2,2]", "[1.0, 2.0]", f"{U}[1,2]", None),
        (
            f"{Q}[1,2]",
            "qi8(scale=0.5, zero_point=1)[2,2]",
            "[1.0, 2.0]",
            f"{Q}[1,2]",
            "its weights are not symmetric: they have zero points other than 0",
        ),
        (
            f"{U}[1,2]",
            "qu8(scale=[0.5, 0.25], zero_point=[7, 7], axis=0)[2,2]",
            "[1.0, 2.0]",
            f"{U}[1,2]",
            "its weights have several scales",
        ),
        (f"{Q}[1,2]", "qi8(scale=1e-39)[2,2]", "[1.0, 2.0]", f"{Q}[1,2]", "a scale of 1e-39"),
        (
            f"{Q}[1,2]",
            "qi8(scale=[0.5, 300.0], axis=0)[2,2]",
            "[1.0, 2.0]",
            f"{Q}[1,2]",
            "the scale of its products is 300 times that of its result",
        ),
        (
            f"{Q}[1,2]",
            "qi8(scale=1e-9)[2,2]",
            "[1.0, -2.0]",
            f"{Q}[1,2]",
            "sums of 2 products and a bias may not fit 32 bits",
        ),
        (f"{U}[1,2]", "qi8(scale=0.5)[2,2]", "[1.0, 2.0]", f"{U}[1,2]", "xnnpack's `linear` does not take qu8, qi8"),
    ],
)
def test_linear_layers(x: str, weight: str, bias: str, out: str, reason: str | None) -> None:
    assert why_not("linear", x, out, f"{weight} = [[1, 2], [3, 4]]", f"f32[2] = {bias}") == reason


@pytest.mark.parametrize(
    ("op", "y", "out", "reason"),
    [
        ("add", "qi8(scale=0.1)", "qi8(scale=0.1)", None),
        ("add", "qi8(scale=0.00009765625)", "qi8(scale=0.1)", None),
        ("sub", "qi8(scale=0.00009)", "qi8(scale=0.1)", "its scales are 0.0009 times that of its result"),
        ("add", "qi8(scale=25.6)", "qi8(scale=0.1)", "its scales are 256 times that of its result"),
        ("mul", "qi8(scale=25.6)", "qi8(scale=0.1)", None),
        ("mul", "qi8(scale=256.0)", "qi8(scale=0.1)", "its scales are 256 times that of its result"),
        ("mul", "qi8(scale=0.00001)", "qi8(scale=0.1)", "its scales are 1e-05 times that of its result"),
        ("add", "qi8(scale=[0.1, 0.2], axis=0)", "qi8(scale=0.1)", "an operand has several scales"),
    ],
)
def test_elementwise(op: str, y: str, out: str, reason: str | None) -> None:
    assert why_not(op, "qi8(scale=0.1)[2]", f"{out}[2]", f"{y}[2] = [1, 2]") == reason


def test_transposed_convolutions() -> None:
    weight, attrs = "qi8(scale=0.5)[1,1,1,1] = [[[[1]]]]", "{dilation=[2,2], output_padding=[0,1]}"
    reason = why_not("conv_transpose2d", f"{Q}[1,1,2,2]", f"{Q}[1,1,2,3]", weight, "f32[1] = [1.0]", attrs=attrs)
    assert reason == "its output padding of 1 is not smaller than its stride of 1"
