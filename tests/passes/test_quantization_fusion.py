"""Roundings between float operators, in graphs that golden files would be too long for."""

from __future__ import annotations

from mtc.ir.parser import parse
from mtc.ops import OPS
from mtc.passes.quantization_fusion import FUSE_QUANTIZATION


def test_paths_of_a_deep_residual_network_are_followed_once() -> None:
    """Each block doubles the paths from the reshape to the rounding."""
    lines = [
        "func @forward(%x: f32[1,2]) {",
        "%q = quantize(%x) {dtype=qi8} : qi8(scale=0.1)[1,2]",
        "%real = dequantize(%q) {dtype=f32} : f32[1,2]",
        "%y0 = reshape(%real) {shape=[2]} : f32[2]",
    ]
    blocks = 500
    for i in range(blocks):
        lines += [f"%e{i} = exp(%y{i}) : f32[2]", f"%y{i + 1} = add(%y{i}, %e{i}) : f32[2]"]
    lines += [f"%out = quantize(%y{blocks}) {{dtype=qi8}} : qi8(scale=0.2)[2]", "return %out, %real", "}"]
    module = parse("\n".join(lines), OPS)
    FUSE_QUANTIZATION.run(module)
    (reshape,) = (node for node in module.nodes() if node.op.name == "reshape")
    assert reshape.operand(0).type.dtype.is_quantized
