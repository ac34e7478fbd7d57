"""Recurrent layers: torch's operators hold all layers and directions, an op one of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.rows.slicing import part
from mtc.frontends.torch.table import row
from mtc.ir.module import Value
from mtc.ops.recurrent import Nonlinearity

# One layer in one direction: operand, its states, its weights and biases, and whether backwards; all states at the end.
Layer = Callable[[Value, list[Value], Sequence[Value], bool], Sequence[Value]]


def _stacked(
    importer: Importer,
    x: Value,
    states: Sequence[Value],
    params: Sequence[Value],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
    layer: Layer,
) -> tuple[Value, ...]:
    """The result of the last layer, and the last states of all layers and directions."""
    if train and dropout > 0 and num_layers > 1:
        raise Unsupported("dropout in training mode draws random numbers; call model.eval() before the export")
    directions = 1 + bidirectional
    per_cell = len(params) // (num_layers * directions)
    if per_cell != 2 + 2 * has_biases:
        raise Unsupported("a recurrent layer with a projection")
    is_batched = x.type.rank == 3
    if not is_batched:
        x = importer.reshape(x, (1, *x.type.shape) if batch_first else (x.type.shape[0], 1, x.type.shape[1]))
    finals: list[list[Value]] = [[] for _ in states]
    for index in range(num_layers):
        outs = []
        for direction in range(directions):
            cell = index * directions + direction
            given = [_state_of(importer, state, cell) for state in states]
            weights = params[cell * per_cell : (cell + 1) * per_cell]
            out, *last = layer(x, given, weights, direction == 1)
            outs.append(out)
            for kept, value in zip(finals, last, strict=True):
                kept.append(importer.reshape(value, (1, *value.type.shape)))
        x = outs[0] if len(outs) == 1 else importer.emit(ops.concat, *outs, axis=-1)
    joined = [kept[0] if len(kept) == 1 else importer.emit(ops.concat, *kept, axis=0) for kept in finals]
    return tuple(importer.reshape(value, importer.result_type(index).shape) for index, value in enumerate((x, *joined)))


def _state_of(importer: Importer, state: Value, cell: int) -> Value:
    """[cells, batch, hidden], or without the batch."""
    one = part(importer, state, 0, cell, cell + 1)
    return importer.reshape(one, (state.type.shape[1] if state.type.rank == 3 else 1, state.type.shape[-1]))


def _one_bias(importer: Importer, weights: Sequence[Value]) -> Value | None:
    return importer.emit(ops.add, weights[2], weights[3]) if len(weights) > 2 else None


@row("lstm.input")
def lstm(
    importer: Importer,
    x: Value,
    hx: Sequence[Value],
    params: Sequence[Value],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Value, ...]:
    def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
        operands = (x, *states, *weights[:2], _one_bias(importer, weights))
        return importer.several(ops.lstm, *operands, reverse=reverse, batch_first=batch_first)

    if hx[0].type.shape[-1] != hx[1].type.shape[-1]:
        raise Unsupported("an LSTM with a projection")
    return _stacked(importer, x, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, layer)


@row("gru.input")
def gru(
    importer: Importer,
    x: Value,
    hx: Value,
    params: Sequence[Value],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Value, ...]:
    def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
        biases = weights[2:] or (None, None)
        return importer.several(ops.gru, x, *states, *weights[:2], *biases, reverse=reverse, batch_first=batch_first)

    return _stacked(
        importer, x, [hx], params, has_biases, num_layers, dropout, train, bidirectional, batch_first, layer
    )


def _plain(name: str, nonlinearity: Nonlinearity) -> None:
    @row(name)
    def rnn(
        importer: Importer,
        x: Value,
        hx: Value,
        params: Sequence[Value],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[Value, ...]:
        def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
            operands = (x, *states, *weights[:2], _one_bias(importer, weights))
            attrs = {"nonlinearity": nonlinearity, "reverse": reverse, "batch_first": batch_first}
            return importer.several(ops.rnn, *operands, **attrs)

        return _stacked(
            importer, x, [hx], params, has_biases, num_layers, dropout, train, bidirectional, batch_first, layer
        )


_plain("rnn_tanh.input", Nonlinearity.TANH)
_plain("rnn_relu.input", Nonlinearity.RELU)
