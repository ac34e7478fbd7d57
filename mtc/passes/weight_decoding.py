"""Make f32 weights of those that are stored in fewer bits, where no kernel reads them as they are.

The program keeps the small ones; its runtime decodes them once, when it is loaded, so that kernels and their rules see
constants like any others.
"""

from __future__ import annotations

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant, Encoded
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites
from mtc.passes.constant_folding import is_decoding


@rewrite(ops.dequantize, ops.cast, quantized=True)
def decode_when_loaded(node: Node, build: Builder) -> Value | None:
    """A constant that the runtime makes of another."""
    stored = node.operand(0).constant
    if stored is None or not is_decoding(node):
        return None
    return build.constant(Constant(stored.name, node.output.type, Encoded(stored)))


DECODE_WEIGHTS = Rewrites("decode-weights", (decode_when_loaded,))
