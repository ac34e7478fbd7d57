"""What torch's recurrent operators are told, behind operand, states and parameters."""

from __future__ import annotations

from typing import NamedTuple


class Layers(NamedTuple):
    """In the order of the operators' arguments."""

    has_biases: bool
    num_layers: int
    dropout: float
    train: bool
    bidirectional: bool
    batch_first: bool
