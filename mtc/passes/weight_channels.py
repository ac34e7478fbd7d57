"""Weights by their output channels, or by their input channels: where these stand, for every operator that has them."""

from __future__ import annotations

import numpy as np

from mtc import ops
from mtc.ir.module import Node
from mtc.ir.opspec import OpSpec

CONVOLUTIONS = (ops.conv1d, ops.conv2d, ops.conv3d)
TRANSPOSED = (ops.conv_transpose2d, ops.conv_transpose3d)


def channel_axis(op: OpSpec) -> int | None:
    """The axis of a product's weights along which its output channels stand; None if they have one scale."""
    if op is ops.matmul:
        return None
    return 1 if op in TRANSPOSED else 0


def by_output(node: Node, weight: np.ndarray) -> np.ndarray:
    """A view of weights, of a norm's weights or of a bias, as [groups, others, outputs of a group, others]."""
    if weight.ndim == 1 or node.op not in TRANSPOSED:  # [out, ...]
        return weight.reshape(1, 1, weight.shape[0], -1)
    groups = node.attrs["groups"]  # [in, out / groups, ...]
    return weight.reshape(groups, -1, weight.shape[1], int(np.prod(weight.shape[2:])))


def by_input(node: Node, weight: np.ndarray) -> np.ndarray:
    """A view of weights as [groups, others, inputs of a group, others]."""
    if node.op in TRANSPOSED:
        return weight.reshape(1, 1, weight.shape[0], -1)
    groups = node.attrs.get("groups", 1)  # [out, in / groups, ...]
    return weight.reshape(groups, -1, weight.shape[1], int(np.prod(weight.shape[2:])))


def scaled(channels: np.ndarray, shape: tuple[int, ...], factors: np.ndarray) -> np.ndarray:
    """A copy of what `by_output` or `by_input` returns, in its old shape, times one factor for each channel."""
    return np.asarray(channels * factors.reshape(channels.shape[0], 1, channels.shape[2], 1)).reshape(shape)


def scale_outputs(node: Node, weight: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Times one factor for each output channel."""
    return scaled(by_output(node, weight), weight.shape, factors)


def scale_inputs(node: Node, weight: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Times one factor for each input channel."""
    return scaled(by_input(node, weight), weight.shape, factors)


def largest(channels: np.ndarray) -> np.ndarray:
    """The largest magnitude of each channel of what `by_output` or `by_input` returns."""
    return np.asarray(np.abs(channels).max(axis=(1, 3), initial=0.0)).reshape(-1)
