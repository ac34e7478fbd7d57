"""What `bench_peers.py --int8` prepares: each peer's own static int8 of the same weights, from the same 32 batches.

ONNX Runtime quantizes QDQ with a scale for each output channel (its `quantize_static`), ExecuTorch takes PT2E with its
XNNPACK quantizer, mtc its default scheme `int8`; `mtc-float` is mtc without quantization.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from bench_models import BenchModel

CALIBRATION = range(100, 132)  # seeds
TEST = range(1000, 1016)


def batches(model: BenchModel, seeds: range) -> Iterator[tuple[torch.Tensor, ...]]:
    for seed in seeds:
        yield model.batch(seed)


def prepare(peer: str, model: BenchModel, folder: Path) -> None:
    """Writes what `peer` loads, in int8."""
    module, inputs = model.make(), model.inputs()
    if peer == "mtc":
        import mtc

        optimized = mtc.optimize(mtc.export(module, inputs))
        mtc.package(mtc.quantize(optimized, "int8", batches(model, CALIBRATION)), folder / f"{model.name}.int8.mtp")
    elif peer == "onnxruntime":
        _onnxruntime(module, model, folder)
    elif peer == "executorch":
        _executorch(module, model, folder)


def _onnxruntime(module: torch.nn.Module, model: BenchModel, folder: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    plain, ready = folder / f"{model.name}.float.onnx", folder / f"{model.name}.ready.onnx"
    torch.onnx.export(module, model.inputs(), str(plain), dynamo=True, verbose=False, external_data=False)
    quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            import onnx

            names = [value.name for value in onnx.load(str(ready)).graph.input]
            self.rows = (
                dict(zip(names, (t.numpy() for t in batch), strict=True)) for batch in batches(model, CALIBRATION)
            )

        def get_next(self) -> Any:
            return next(self.rows, None)

    quantize_static(
        str(ready),
        str(folder / f"{model.name}.int8.onnx"),
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def _executorch(module: torch.nn.Module, model: BenchModel, folder: Path) -> None:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from executorch.exir import to_edge_transform_and_lower
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(torch.export.export(module, model.inputs()).module(), quantizer)
    with torch.inference_mode():
        for batch in batches(model, CALIBRATION):
            prepared(*batch)
    program = torch.export.export(convert_pt2e(prepared), model.inputs())
    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()]).to_executorch()
    (folder / f"{model.name}.int8.pte").write_bytes(lowered.buffer)
