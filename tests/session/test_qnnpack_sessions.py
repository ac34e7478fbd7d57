"""Sessions of QNNPACK's kernels: what is packed and how often, sizes that vary, parts of wider tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import mtc
from mtc import interp, ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.dims import Bounds, dim
from mtc.ir.module import Function, Module, Value
from mtc.ir.types import F32, QI8, QU8, QParams, TensorType

IN, OUT = QParams(0.1, 100), QParams(0.5, 128)
CHANNELS = 9


class Model:
    """Operators between one that makes integers of the input and those that make numbers of the results."""

    def __init__(self, *shape: int | str) -> None:
        self.x = Value(TensorType(F32, tuple(dim(s) if isinstance(s, str) else s for s in shape)), "x")
        names = {size: Bounds(1) for size in shape if isinstance(size, str)}
        self.function = Function("forward", [self.x], symbols=names)
        self.build = Builder(self.function)
        self.results: list[Value] = []

    def input(self, qparams: QParams = IN) -> Value:
        return self.build.emit(ops.quantize, self.x, dtype=QU8, qparams=qparams)

    def constant(self, *shape: int, axis: int = 0) -> Value:
        steps = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
        type = TensorType(QI8, shape, QParams(np.linspace(0.01, 0.02, shape[axis]), 3, axis))
        return self.build.constant(Constant("w", type, steps))

    def run(self, path: Path, *inputs: np.ndarray) -> list[int]:
        """Compares each run with the reference; the bytes of packed weights after each."""
        self.build.results(*(self.build.emit(ops.dequantize, value, dtype=F32) for value in self.results))
        module = Module({"forward": self.function})
        module.register_constants()
        placed = mtc.package(module, path, backend="qnnpack").placements
        others = {node.op.name for node, placement in placed.items() if placement.library.name != "qnnpack"}
        assert others <= {"quantize", "dequantize", "permute", "concat"}
        packed = []
        with mtc.Session(path, threads=2) as session:
            for given in inputs:
                for found, value, want in zip(
                    session.run(given), self.results, interp.run(module, [given]), strict=True
                ):
                    assert value.type.qparams is not None
                    np.testing.assert_allclose(found, want, atol=float(value.type.qparams.scale[0]) * 1.001)
                packed.append(session.memory().packed)
        return packed


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32) * 5


def test_operators_share_packed_weights_unless_the_bias_would_be_other_integers(tmp_path: Path) -> None:
    packed = []
    for scales in ([0.1], [0.1, 0.1], [0.1, 0.2]):
        model = Model(2, CHANNELS)
        weight, bias = model.constant(16, CHANNELS), model.build.constant(np.linspace(-9, 9, 16, dtype=np.float32))
        for scale in scales:
            x = model.input(QParams(scale, 100))
            model.results.append(model.build.emit(ops.linear, x, weight, bias, qparams=OUT))
        packed += model.run(tmp_path / "m.mtp", numbers(2, CHANNELS))
    assert packed[0] == packed[1] == packed[2] / 2


def test_images_of_any_size_take_the_same_weights(tmp_path: Path) -> None:
    """Of depthwise ones too, and of pooling, whose windows are listed for each size."""
    model = Model("n", CHANNELS, "h", "w")
    x = model.input()
    for weight, groups in ((model.constant(6, CHANNELS, 2, 3), 1), (model.constant(CHANNELS, 1, 3, 3), CHANNELS)):
        model.results.append(
            model.build.emit(ops.conv2d, x, weight, None, padding=(1, 1, 1, 1), groups=groups, qparams=OUT)
        )
    kernel = {"kernel_size": (2, 2), "stride": (1, 2), "padding": (1, 1, 1, 1)}
    model.results += [
        model.build.emit(ops.max_pool2d, x, **kernel),
        model.build.emit(ops.avg_pool2d, x, qparams=OUT, **kernel),
        model.build.emit(ops.mean, model.results[0], axes=(2, 3), qparams=OUT),
    ]
    sizes = ((1, 5, 5), (2, 17, 3), (1, 1, 1), (3, 5, 5))
    packed = model.run(tmp_path / "m.mtp", *(numbers(n, CHANNELS, h, w) for n, h, w in sizes))
    assert len({*packed}) == 1


def test_operands_and_results_that_are_channels_of_wider_images(tmp_path: Path) -> None:
    """Each writes its channels of a concat, and reads a tensor that is a part of one itself."""
    model = Model(1, CHANNELS, 6, 6)
    x = model.input()
    kernel = {"kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1)}
    y = model.build.emit(ops.conv2d, x, model.constant(5, CHANNELS, 1, 1), None, qparams=OUT)
    parts = [
        y,
        model.build.emit(ops.add, y, y, qparams=OUT),
        model.build.emit(ops.relu, y, qparams=OUT),
        model.build.emit(ops.hardswish, y, qparams=OUT),
        model.build.emit(ops.avg_pool2d, y, qparams=OUT, **kernel),
        model.build.emit(ops.max_pool2d, y, **kernel),
        model.build.emit(ops.conv_transpose2d, y, model.constant(5, 3, 1, 1, axis=1), None, qparams=OUT),
        model.build.emit(ops.conv2d, y, model.constant(5, 1, 3, 3), None, padding=(1,) * 4, groups=5, qparams=OUT),
    ]
    wide = model.build.emit(ops.concat, *parts, axis=1)
    model.results.append(wide)
    model.run(tmp_path / "m.mtp", numbers(1, CHANNELS, 6, 6))
