"""Products of integers on a library that packs their weights: rows of a wider tensor, and weights that are shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mtc
from mtc import interp, stages
from mtc.ir.constant import Constant
from mtc.ir.module import Module
from mtc.ir.parser import parse
from mtc.ir.typeparser import parse_type
from mtc.ops import OPS

X = "qi8(scale=0.03, zero_point=-9)"
Y = "qi8(scale=0.0625, zero_point=5)"


def module(body: str, inputs: str, dims: str = "", **weights: str) -> Module:
    """A function of one input, with random weights of the given types."""
    rng = np.random.default_rng(0)
    constants = {}
    for name, described in weights.items():
        type = parse_type(described)
        constants[name] = Constant(name, type, rng.integers(-127, 128, type.shape).astype(type.dtype.numpy))
    lines = [f"  %{name} = constant @{name} : {described}" for name, described in weights.items()]
    text = "\n".join(["module {form=canonical}", f"func @forward{dims}({inputs}) {{", *lines, body, "}"])
    return parse(text, OPS, constants)


def test_results_stand_in_a_wider_one(tmp_path: Path) -> None:
    """A kernel writes a part of each row of a concat, and the next one reads it there."""
    made = module(
        f"""
  %q = quantize(%x) {{dtype=qi8}} : {X}[2,6,5,4]
  %a = conv2d(%q, %w, none) {{padding=[1,1,1,1]}} : {Y}[2,7,5,4]
  %b = conv2d(%a, %v, none) {{clamp=(0.0, inf)}} : {Y}[2,9,5,4]
  %c = concat(%a, %b) {{axis=1}} : {Y}[2,16,5,4]
  %y = dequantize(%c) {{dtype=f32}} : f32[2,16,5,4]
  return %y""",
        "%x: f32[2,6,5,4]",
        w="qi8(scale=0.004)[7,6,3,3]",
        v="qi8(scale=0.001)[9,7,1,1]",
    )
    path = tmp_path / "m.mtp"
    mtc.package(made, path, backend="xnnpack")
    program = stages.load_any(path)
    assert sum(value.isPitched for value in program.tables.functions[0].values) == 2
    assert [step.library for step in program.instructions if step.op == "conv2d"] == ["xnnpack"] * 2
    x = np.random.default_rng(1).normal(0, 1.5, (2, 6, 5, 4)).astype(np.float32)
    with mtc.Session(path) as session:
        (got,) = session.run(x)
    (want,) = interp.run(made, [x])
    np.testing.assert_allclose(got, want, atol=0.0625)


@pytest.mark.parametrize("op", ["conv2d", "linear"])
@pytest.mark.parametrize(
    ("other", "copies"),
    [
        (("qi8(scale=0.03, zero_point=-9)", "qi8(scale=0.5, zero_point=5)"), 1),
        (("qi8(scale=0.03, zero_point=-9)", "qi8(scale=0.5, zero_point=7)"), 1),
        (("qi8(scale=0.03, zero_point=-9)", "qi8(scale=0.25, zero_point=5)"), 2),
        (("qi8(scale=0.03, zero_point=4)", "qi8(scale=0.5, zero_point=5)"), 2),
        (("qi8(scale=0.02, zero_point=-9)", "qi8(scale=0.5, zero_point=5)"), 2),
    ],
)
def test_weights_are_packed_for_each_scale(op: str, other: tuple[str, str], copies: int, tmp_path: Path) -> None:
    """What is packed has the scales and the zero point of the operand in it: another needs a copy of its own."""
    shape, weight = ("[3,40]", "[24,40]") if op == "linear" else ("[1,40,1,3]", "[24,40,1,1]")
    result = shape.replace("40", "24")

    def layer(name: str, x: str, out: str) -> str:
        return f"""
  %{name}x = quantize(%x) {{dtype=qi8}} : {x}{shape}
  %{name}y = {op}(%{name}x, %w, %b) : {out}{result}
  %{name} = dequantize(%{name}y) {{dtype=f32}} : f32{result}"""

    first = layer("first", "qi8(scale=0.03, zero_point=-9)", "qi8(scale=0.5, zero_point=5)")
    x = np.random.default_rng(1).normal(0, 1.5, parse_type("f32" + shape).shape).astype(np.float32)
    packed = []
    for body, results in ((first, "%first"), (first + layer("second", *other), "%first, %second")):
        made = module(
            f"  %b = constant {np.linspace(-2, 2, 24).tolist()} : f32[24]{body}\n  return {results}",
            f"%x: f32{shape}",
            w=f"qi8(scale=0.01){weight}",
        )
        path = tmp_path / "m.mtp"
        mtc.package(made, path, backend="xnnpack")
        with mtc.Session(path) as session:
            found = session.run(x)
            packed.append(session.memory().packed)
        for got, want in zip(found, interp.run(made, [x]), strict=True):
            np.testing.assert_allclose(got, want, atol=0.5)
    assert packed[1] == copies * packed[0]


def test_transposed_convolutions_of_any_size(tmp_path: Path) -> None:
    """Results smaller than the stride are cut out of larger ones: one operator follows the other."""
    made = module(
        f"""
  %q = quantize(%x) {{dtype=qi8}} : {X}[1,6,n,n]
  %y = conv_transpose2d(%q, %w, none) {{stride=[3,3], padding=[1,1,1,1]}} : {Y}[1,5,3*n - 2,3*n - 2]
  %z = dequantize(%y) {{dtype=f32}} : f32[1,5,3*n - 2,3*n - 2]
  return %z""",
        "%x: f32[1,6,n,n]",
        "<n>",
        w="qi8(scale=0.004)[6,5,3,3]",
    )
    path = tmp_path / "m.mtp"
    mtc.package(made, path, backend="xnnpack")
    with mtc.Session(path) as session:
        for size in (4, 1, 1, 3):
            x = np.random.default_rng(size).normal(0, 1.5, (1, 6, size, size)).astype(np.float32)
            (want,) = interp.run(made, [x])
            np.testing.assert_allclose(session.run(x)[0], want, atol=0.0625)
