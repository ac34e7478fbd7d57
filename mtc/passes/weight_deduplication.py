"""Store equal weights once: tied embeddings that lost their tie, layers that were copied, several functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtc.ir.constant import Constant, Encoded, FileRange
from mtc.ir.module import Module
from mtc.ir.structural import CONSTANT
from mtc.ir.types import TensorType

_SMALLEST = 64  # bytes


@dataclass(frozen=True)
class DeduplicateWeights:
    """Of constants with the same type and bytes, the first remains.

    Only constants that share type and first bytes with another are read, and in pieces: memory stays small.
    """

    name: str = "deduplicate-weights"

    def run(self, module: Module) -> int:
        same_type: dict[TensorType, list[Constant]] = {}
        for constant in module.constants.values():
            if constant.nbytes >= _SMALLEST:
                same_type.setdefault(constant.type, []).append(constant)
        kept: dict[Constant, Constant] = {}
        for candidates in same_type.values():
            same_start: dict[bytes, list[Constant]] = {}
            for constant in candidates if len(candidates) > 1 else ():
                same_start.setdefault(_start(constant), []).append(constant)
            for likely in same_start.values():
                if len(likely) > 1:
                    kept |= _kept(likely)
        if kept:
            _replace(module, kept)
        return len(kept)


def _kept(candidates: list[Constant]) -> dict[Constant, Constant]:
    """For each constant that equals an earlier one, that one."""
    by_place: dict[object, Constant] = {}
    by_digest: dict[bytes, Constant] = {}
    kept: dict[Constant, Constant] = {}
    for constant in candidates:
        first = by_place.setdefault(_place(constant), constant)
        if first is constant:
            first = by_digest.setdefault(constant.digest(), constant)
        if first is not constant:
            kept[constant] = kept.get(first, first)
    return kept


def _start(constant: Constant) -> bytes:
    return bytes(next(iter(constant.chunks()))[:_SMALLEST])


def _place(constant: Constant) -> object:
    """Equal for constants that read the same memory or the same part of a file."""
    data = constant.data
    if isinstance(data, FileRange):
        return (data.path, data.offset, data.size, id(data.file))
    if isinstance(data, Encoded):
        return id(data)
    interface: dict[str, object] = np.asarray(data).__array_interface__
    return (interface["data"], data.strides)


def _replace(module: Module, kept: dict[Constant, Constant]) -> None:
    for node in module.nodes():
        if node.op is CONSTANT and node.attrs["value"] in kept:
            node.attrs["value"] = kept[node.attrs["value"]]
    for state in module.states.values():
        if state.initial in kept:
            state.initial = kept[state.initial]
    for constant in kept:
        if constant.name is not None:
            module.constants.pop(constant.name, None)


DEDUPLICATE_WEIGHTS = DeduplicateWeights()
