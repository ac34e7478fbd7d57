"""Runs of a model on data, of which any value can be seen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mtc.build.progress import Progress, silent
from mtc.ir.module import Module
from mtc.quant.calibration import Arrays, Run, Runs
from mtc.quant.data import Data
from mtc.session import Session
from mtc.stages.package import package


def tapped_runs(module: Module, data: Data, threads: int = 1, progress: Progress = silent) -> Runs:
    """Of `@forward`, whose values have names (`taps.named`), on the host runtime. States begin anew with each batch."""
    function = module.functions["forward"]
    inputs = {value.name: index for index, value in enumerate(function.inputs)}

    @contextmanager
    def opened(names: Sequence[str]) -> Iterator[Run]:
        inner = [name for name in names if name not in inputs]
        with tempfile.TemporaryDirectory(prefix="mtc-taps-") as folder:
            path = Path(folder, "taps.mtp")
            package(module, path, taps=inner)
            with Session(path, threads=threads) as session:

                def run(arrays: Arrays) -> Arrays:
                    session.reset_state()
                    results = session.run(*arrays)
                    tapped = dict(zip(inner, results[len(function.outputs) :], strict=True))
                    return [np.asarray(arrays[inputs[name]]) if name in inputs else tapped[name] for name in names]

                yield run

    return Runs(function, opened, data.batches, data.count, max(threads, 1), progress)
