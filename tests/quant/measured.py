"""What a quantized program loses, against torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

import mtc
from mtc.ir.module import Module


def sqnr(
    net: nn.Module,
    quantized: Module,
    batches: Iterable[tuple[torch.Tensor, ...]],
    folder: Path,
    backend: str | None = None,
) -> float:
    """The signal-to-quantization-noise ratio of the first output, in dB."""
    path = folder / "measured.mtp"
    mtc.package(quantized, path, backend=backend)
    signal = noise = 0.0
    with mtc.Session(path) as session, torch.no_grad():
        for batch in batches:
            want = net(*batch).numpy().astype(np.float64)
            got = session.run(*[tensor.numpy() for tensor in batch])[0]
            signal += float((want**2).sum())
            noise += float(((want - got) ** 2).sum())
    return float(10 * np.log10(signal / noise))
